"""wrapperOnceExecAsync alone: in no file of the survey, and in every loader's table."""

import threading

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse, callback
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse, callback
from aiges.sdk import WrapperBase, StringParamField, ImageBodyField, StringBodyField
from aiges.core.types import *
from aiges.utils.log import log, getFileLogger


class UserRequest(object):
    params1 = StringParamField(key="p", maxLength=44, required=True, value="x")
    input1 = StringBodyField(key="data", value=b"sample")


class UserResponse(object):
    accept1 = StringBodyField(key="result")


class Wrapper(WrapperBase):
    serviceId = "compat"
    version = "v1"
    requestCls = UserRequest()
    responseCls = UserResponse()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filelogger = None

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

    def wrapperOnceExecAsync(self, params: {}, reqData: DataListCls, usrTag: str = "", persId: int = 0) -> int:
        if params.get("fail") == "7":
            return 7
        threading.Thread(target=self.later, args=(params, reqData, usrTag)).start()
        return 0

    def later(self, params, reqData, usrTag):
        res = Response()
        if params.get("fail"):
            res.response_err(int(params["fail"]))
        else:
            resd = ResponseData()
            resd.key = "result"
            resd.setData(reqData.get("data").data + b"|" + params.get("p", "-").encode("utf-8"))
            res.list = [resd]
        callback(res, usrTag)
