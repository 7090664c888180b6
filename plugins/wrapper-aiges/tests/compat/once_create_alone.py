"""aiges_demo mnist: OnceExec(params, reqData, usrTag, persId), LoadRes, and a wrapperCreate(params, sid, persId) with nothing behind it."""

import sys

sys.path.append("./")

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse
from aiges.sdk import WrapperBase, StringParamField, ImageBodyField, StringBodyField
from aiges.core.types import *
from aiges.utils.log import log, getFileLogger

from painting.brush import paint


class UserRequest(object):
    params1 = StringParamField(key="p", maxLength=44, required=True, value="x")
    input1 = ImageBodyField(key="data", path="painting/sample.txt")


class UserResponse(object):
    accept1 = StringBodyField(key="result")


class Wrapper(WrapperBase):
    serviceId = "mnist"
    version = "v1"
    requestCls = UserRequest()
    responseCls = UserResponse()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filelogger = None
        with open("painting/sample.txt", "rb") as file:
            self.sample = file.read()

    def wrapperInit(self, config: {}) -> int:
        self.filelogger = getFileLogger()
        assert self.requestCls.input1.test_value == self.sample
        return 0

    def wrapperLoadRes(self, reqData: DataListCls, resId: int) -> int:
        return 0

    def wrapperUnloadRes(self, resId: int) -> int:
        return 0

    def wrapperOnceExec(self, params: {}, reqData: DataListCls, usrTag: str = "", persId: int = 0) -> Response:
        try:
            if "fail" in params:
                raise ValueError(params["fail"])
            imagebytes = reqData.get("data").data
            painted = paint(imagebytes, params["p"])
        except Exception as e:
            self.filelogger.error("failed %s" % e, exc_info=True)
            res = Response()
            return res.response_err(int(str(e)))
        res = Response()
        resd = ResponseData()
        resd.key = "result"
        resd.setDataType(DataText)
        resd.status = Once
        resd.setData(painted.encode("utf-8"))
        res.list = [resd]
        return res

    def wrapperFini(cls) -> int:
        return 0

    def wrapperError(cls, ret: int) -> str:
        if ret == 100:
            return "told 100"
        return ""

    def wrapperCreate(self, params: {}, sid: str, persId: int = 0) -> SessionCreateResponse:
        print(sid)
        s = SessionCreateResponse()
        s.handle = sid
        s.error_code = 0
        return s

    def wrapperTestFunc(cls, data: [], respData: []):
        pass


if __name__ == "__main__":
    m = Wrapper(legacy=False)
    m.schema()
    m.run()
