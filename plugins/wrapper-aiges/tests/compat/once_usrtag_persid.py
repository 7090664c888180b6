"""(params, reqData, usrTag, persId): 4 of 60; SDK wrapper.py and tpls/wrapper.py.j2, aiges_demo mnist."""

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

    def wrapperOnceExec(self, params: {}, reqData: DataListCls, usrTag: str = "", persId: int = 0) -> Response:
        assert usrTag == params["sid"] and persId == 0
        if params.get("fail"):
            return Response().response_err(int(params["fail"]))
        text = reqData.get("data").data.decode("utf-8") + "|" + params.get("p", "-")
        res = Response()
        resd = ResponseData()
        resd.key = "result"
        resd.setDataType(DataText)
        resd.status = Once
        resd.setData(text.encode("utf-8"))
        res.list = [resd]
        return res


if __name__ == "__main__":
    m = Wrapper()
    m.schema()
    m.run()
