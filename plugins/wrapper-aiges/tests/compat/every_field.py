"""Every field class with every argument; a str as StringBodyField's value; samples that are not there."""

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse, callback
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse, callback
from aiges.sdk import (
    WrapperBase,
    StringParamField,
    NumberParamField,
    IntegerParamField,
    BooleanParamField,
    ImageBodyField,
    StringBodyField,
    JsonBodyField,
    AudioBodyField,
)
from aiges.core.types import *
from aiges.utils.log import log, getFileLogger


class UserRequest(object):
    params1 = StringParamField(key="p", minLength=1, maxLength=44, enums=["x", "y"], required=True, value="x")
    params2 = NumberParamField(key="scale", minimum=0, maximum=10, value=1)
    params3 = IntegerParamField(key="top", enums=[1, 2], value=1)
    params4 = BooleanParamField(key="switch", title="a switch", default=True, required=False)
    params5 = StringParamField(key="secret", value=b"bytes")
    input1 = StringBodyField(key="data", value="plain text, not bytes", need_base64=False, encoding="utf8", status=3)
    input2 = StringParamField(key="not_a_body", value="z")
    input3 = ImageBodyField(key="img", path="test_data/not_there.png", encoding="png")
    input4 = AudioBodyField(key="pcm", path="test_data/not_there.pcm", encoding="raw")
    input5 = JsonBodyField(key="doc", value='{"a": 1}')


class UserResponse(object):
    accept1 = StringBodyField(key="result")
    accept2 = ImageBodyField(key="drawn")


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

    def wrapperOnceExec(cls, params: {}, reqData: DataListCls) -> Response:
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
