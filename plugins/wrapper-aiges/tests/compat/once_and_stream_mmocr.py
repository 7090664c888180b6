"""SDK examples/once/mmocr and wrapper_test.py: OnceExec(params, reqData), Create(params, sid), Write and Read(handle, sid); .data and .len assigned."""

import json
import queue

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse
from aiges.sdk import WrapperBase, StringParamField, ImageBodyField, StringBodyField
from aiges.core.types import *
from aiges.utils.log import log, getFileLogger


class UserRequest(object):
    input1 = StringBodyField(key="data", value=b"sample")
    input2 = StringParamField(key="p", value="x")


class UserResponse(object):
    accept1 = StringBodyField(key="result")


class Wrapper(WrapperBase):
    serviceId = "mmocr"
    version = "v1"
    call_type = 0
    requestCls = UserRequest()
    responseCls = UserResponse()
    queues = {}

    def wrapperInit(cls, config: {}) -> int:
        cls.filelogger = getFileLogger()
        cls.det = str(config.get("det", "DB_r18"))
        return 0

    def wrapperFini(cls) -> int:
        return 0

    def wrapperError(cls, ret: int) -> str:
        if ret == 100:
            return "told 100"
        return "user error defined here"

    def wrapperOnceExec(cls, params: {}, reqData: DataListCls) -> Response:
        cls.filelogger.info("got reqdata , %s" % reqData.list)
        r = Response()
        if params.get("fail"):
            r.error_code = int(params.get("fail"))
            return r
        l = ResponseData()
        l.key = "result"
        l.type = DataText
        l.status = Once
        d = reqData.list[0]["data"].decode() + "|" + params.get("p")
        l.data = d
        l.len = len(d)
        r.list = [l]
        return r

    def wrapperCreate(cls, params: {}, sid: str) -> SessionCreateResponse:
        s = SessionCreateResponse()
        code = int(params.get("fail", 0))
        if not code:
            s.handle = sid
            cls.queues[sid] = queue.Queue()
        s.error_code = code
        return s

    def wrapperWrite(cls, handle: str, req: DataListCls, sid: str) -> int:
        if handle != sid or req.get("data").data == b"fail":
            return 100
        cls.queues[handle].put(req.get("data"))
        return 0

    def wrapperRead(cls, handle: str, sid: str) -> Response:
        r = Response()
        r.list = []
        try:
            node = cls.queues[sid].get(timeout=0.05)
        except queue.Empty:
            return None
        l = ResponseData()
        l.key, l.type, l.status = "result", DataText, node.status
        l.data = node.data.decode().upper()
        l.len = len(l.data)
        r.list.append(l)
        return r

    def wrapperTestFunc(cls, data: [], respData: []):
        r = json.dumps({"keep": "do not delete"})


if __name__ == "__main__":
    m = Wrapper(legacy=False)
    m.schema()
    m.run()
