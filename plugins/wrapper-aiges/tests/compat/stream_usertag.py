"""Create(params, sid, userTag): ailab chat-gpt-lang-chain wrapper and wrapper_once; aiges.callback.callback(r, tag, sid)."""

import threading

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse
from aiges.callback import callback
from aiges.sdk import WrapperBase, StringParamField, ImageBodyField, StringBodyField
from aiges.core.types import *
from aiges.utils.log import log, getFileLogger


class UserRequest(object):
    params1 = StringParamField(key="p", maxLength=44, required=True, value="x")
    input1 = StringBodyField(key="data", value=b"sample")


class UserResponse(object):
    accept1 = StringBodyField(key="result")


def echo(node):
    res = Response()
    resd = ResponseData()
    resd.key = "result"
    resd.type = DataText
    resd.status = node.status
    resd.setData(node.data.upper())
    res.list = [resd]
    return res


class Wrapper(WrapperBase):
    serviceId = "compat"
    version = "v1"
    requestCls = UserRequest()
    responseCls = UserResponse()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filelogger = None
        self.tags = {}

    def wrapperInit(self, config: {}) -> int:
        log.info("Initializing ...")
        self.filelogger = getFileLogger()
        return 0

    def wrapperFini(cls) -> int:
        return 0

    def wrapperError(cls, ret: int) -> str:
        if ret == 100:
            return "told 100"
        return ""

    def wrapperTestFunc(cls, data: [], respData: []):
        pass

    def wrapperCreate(self, params: {}, sid: str, userTag: str = "") -> SessionCreateResponse:
        s = SessionCreateResponse()
        if params.get("fail"):
            s.error_code = int(params["fail"])
            return s
        s.handle = "handle-of-" + sid
        self.tags[s.handle] = (userTag, sid)
        s.error_code = 0
        return s

    def wrapperWrite(self, handle: str, req: DataListCls, sid: str) -> int:
        assert sid
        node = req.get("data")
        if node.data == b"fail":
            return 100
        threading.Thread(target=self.answer, args=(handle, node)).start()
        return 0

    def wrapperDestroy(self, handle: str) -> int:
        del self.tags[handle]
        return 0

    def answer(self, handle, node):
        callback(echo(node), *self.tags[handle])


if __name__ == "__main__":
    m = Wrapper()
    m.run(stream=True)
