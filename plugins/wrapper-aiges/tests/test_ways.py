"""Ways of writing a wrapper beyond the survey's: each is plausible Python, and none of them is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena import Kind, Part, Request, SessionContext, Stage
from athena.models import ANONYMOUS, EMPTY, WrapperContext

from .author import Box, loaded

ONCES = {
    "star imports, other class name": """
from aiges.sdk import *
from aiges.stream import *
from aiges.utils.log import *
class OCR(WrapperBase):
    serviceId="x"
    def wrapperInit(self, config): return 0
    def wrapperOnceExec(self, params, reqData):
        r = Response(); d = ResponseData(key="result"); d.setData(reqData.list[0].data); r.list=[d]; return r
""",
    "classmethod": """
class Wrapper(WrapperBase):
    @classmethod
    def wrapperOnceExec(cls, params, reqData, usrTag="", persId=0):
        r = Response(); d = ResponseData("result"); d.data = reqData[0].data; r.list=[d]; return r
""",
    "partial": """
import functools
def run(model, params, reqData):
    r = Response(); d = ResponseData("result"); d.setData(reqData.get("data").get_data()); r.list=[d]; return r
class Wrapper(WrapperBase):
    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        self.wrapperOnceExec = functools.partial(run, "model")
""",
    "callable object": """
class Run:
    def __call__(self, params, reqData, *args, **kwargs):
        r = Response([ResponseData("result", reqData.get("data").data)]); return r
class Wrapper(WrapperBase):
    wrapperOnceExec = Run()
""",
    "kwargs only": """
class Wrapper(WrapperBase):
    def wrapperOnceExec(self, **kwargs):
        return Response([ResponseData("result", kwargs["reqData"].get("data").data)])
""",
    "keyword only": """
class Wrapper(WrapperBase):
    def wrapperOnceExec(self, *, reqData, params, sid=None):
        assert sid
        return Response([ResponseData("result", reqData.get("data").data)])
""",
    "list of data": """
class Wrapper(WrapperBase):
    def wrapperOnceExec(self, params, data):
        return [ResponseData("result", data.get("data").data)]
""",
    "memoryview and numpy type": """
import numpy
class Wrapper(WrapperBase):
    def wrapperOnceExec(self, params, reqData):
        d = ResponseData("result", memoryview(reqData.get("data").data))
        d.type = numpy.int64(0); d.status = numpy.int32(3)
        return Response([d])
""",
    "a numpy array": """
import numpy
class Wrapper(WrapperBase):
    def wrapperOnceExec(self, params, reqData):
        d = ResponseData("result"); d.data = numpy.frombuffer(reqData.get("data").data, numpy.uint8);
        return Response([d])
""",
    "typed hints": """
from typing import Dict, List, Optional
class Wrapper(WrapperBase):
    def wrapperInit(cls, conf: Dict[str, str]) -> int: return None
    def wrapperOnceExec(
        cls, params: Dict[str, str], reqData: "DataListCls", usr_tag: str = "", psr_id: Optional[int] = None
    ) -> "Response":
        return Response([ResponseData("result", reqData.get("data").data)])
""",
    "dataclass responses": """
import dataclasses
@dataclasses.dataclass
class RD:
    key: str; data: bytes; len: int = 0; type: int = 0; status: int = 3
class R:
    def __init__(self, l): self.list = l; self.error_code = 0
class Wrapper(WrapperBase):
    def wrapperOnceExec(self, params, reqData):
        return R([RD("result", reqData.get("data").data)])
""",
    "inherits a base of its own": """
class Base(WrapperBase):
    def wrapperOnceExec(self, params, reqData):
        return Response([ResponseData("result", self.do(reqData.get("data").data))])
class Wrapper(Base):
    def do(self, data): return data
""",
    "v1 with str and kwargs names": """
def wrapperInit(config): return 0
def wrapperOnceExec(usrTag, params, reqData, respData, psrIds, psrCnt):
    for node in reqData:
        text = node["data"].decode()
        respData.append({"key": "result", "data": text, "len": 3, "status": 3, "type": 0, "desc": None})
    return 0
""",
}


@pytest.mark.parametrize("name", ONCES)
def test_a_single_call_is_answered(tmp_path: Path, name: str) -> None:
    plugin = loaded(tmp_path, ONCES[name])
    plugin.athena_describe()
    if "wrapperInit" in ONCES[name]:
        plugin.athena_init(WrapperContext("ways"))
    reply = plugin.athena_once_exec(Request("ways", "sid-1", parts=(Part("data", b"abc", Kind.TEXT),)))
    assert [(part.key, part.tobytes()) for part in reply.parts] == [("result", b"abc")]


SESSIONS = {
    "int handle": """
class Wrapper(WrapperBase):
    def wrapperCreate(self, params, sid, persId=0, usrTag=""):
        s = SessionCreateResponse(); s.handle = 7; self.sid = sid; return s
    def wrapperWrite(self, handle, req):
        assert handle == 7
        n = req.list[0]; callback(Response([ResponseData("result", n.data, status=n.status)]), self.sid); return 0
""",
    "greeting in create, none handle": """
class Wrapper(WrapperBase):
    def wrapperCreate(self, params, sid):
        self.sid = sid
    def wrapperWrite(self, handle, req, sid):
        n = req.list[0]; callback(Response([ResponseData("result", n.data, status=n.status)]), sid=sid) ; return None
""",
    "callback named handle": """
from aiges.callback import callback as cb
class Wrapper(WrapperBase):
    def wrapperCreate(self, params, sid, userTag=None):
        s = SessionCreateResponse(); s.handle = "h" + sid; return s
    def wrapperWrite(self, handle, datas):
        n = datas.list[0]; cb(Response([ResponseData("result", n.data, status=n.status)]), handle, ""); return 0
""",
    "read returns a list": """
class Wrapper(WrapperBase):
    def wrapperCreate(self, params, sid):
        self.q = []; return SessionCreateResponse(sid)
    def wrapperWrite(self, handle, req):
        self.q.append(req.list[0]); return 0
    def wrapperRead(self, handle):
        if not self.q: return []
        n = self.q.pop(0); return [ResponseData("result", n.data, status=n.status)]
""",
    "write returns Response": """
class Wrapper(WrapperBase):
    def wrapperCreate(self, params, sid): return sid
    def wrapperWrite(self, handle, req):
        n = req.list[0]; return Response([ResponseData("result", n.data, status=n.status)])
""",
}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_is_answered_write_by_write(tmp_path: Path, name: str) -> None:
    plugin = loaded(tmp_path, SESSIONS[name])
    box = Box()
    session = plugin.athena_session_create(SessionContext("sid-9", "ways", EMPTY, EMPTY, (), None, ANONYMOUS, box, box))
    for data, stage in ((b"1", Stage.BEGIN), (b"2", Stage.END)):
        part = Part("data", data, Kind.TEXT, stage)
        plugin.athena_session_write(session, Request("ways", "sid-9", parts=(part,)))
    got = list(box.replies)
    if hasattr(plugin, "athena_session_read"):
        got += [plugin.athena_session_read(session) for _ in range(2)]
    plugin.athena_session_destroy(session)
    assert [(part.key, part.tobytes()) for reply in got for part in reply.parts] == [("result", b"1"), ("result", b"2")]
    assert got[-1].stage is Stage.END
