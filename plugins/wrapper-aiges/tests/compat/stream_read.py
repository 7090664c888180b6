"""Read(handle): results are asked for, one at a time, with an empty node for nothing yet; no callback anywhere."""

import queue

from aiges.dto import Response, ResponseData, DataListCls, SessionCreateResponse
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

    def wrapperCreate(self, params: {}, sid: str) -> SessionCreateResponse:
        s = SessionCreateResponse()
        if params.get("fail"):
            s.error_code = int(params["fail"])
            return s
        s.handle = sid[:8]
        s.error_code = 0
        self.tags[s.handle] = queue.Queue()
        return s

    def wrapperWrite(self, handle: str, req: DataListCls) -> int:
        if req.list[0].data == b"fail":
            return 100
        self.tags[handle].put(echo(req.list[0]))
        return 0

    def wrapperRead(self, handle: str) -> Response:
        if self.tags[handle].empty():
            nothing = ResponseData()
            nothing.key = "result"
            nothing.status = DataContinue
            nothing.len = 0
            nothing.data = b""
            res = Response()
            res.list = [nothing]
            return res
        return self.tags[handle].get()

    def wrapperDestroy(self, handle: str) -> int:
        del self.tags[handle]
        return 0


if __name__ == "__main__":
    m = Wrapper()
    m.run(stream=True)
