"""A wrapper of upstream's shape that takes whatever its fields allow: what the contract of wrappers is asked of."""

from aiges.core.types import DataText
from aiges.dto import Response, ResponseData, SessionCreateResponse, callback
from aiges.sdk import IntegerParamField, StringBodyField, WrapperBase


class UserRequest:
    params1 = IntegerParamField(key="times", minimum=1, maximum=3, value=1)
    input1 = StringBodyField(key="data", value="hello")


class UserResponse:
    accept1 = StringBodyField(key="result")


class Wrapper(WrapperBase):
    serviceId = "tolerant"
    version = "v1"
    requestCls = UserRequest()
    responseCls = UserResponse()

    def wrapperInit(self, config):
        self.said = {}
        return 0

    def wrapperFini(self):
        return 0

    def answer(self, data, status):
        resd = ResponseData("result", data.upper(), type=DataText, status=status)
        return Response([resd])

    def wrapperOnceExec(self, params, reqData):
        return self.answer(reqData.get("data").data * int(params.get("times", 1)), 3)

    def wrapperCreate(self, params, sid):
        return SessionCreateResponse(sid)

    def wrapperWrite(self, handle, req):
        node = req.list[0]
        callback(self.answer(node.data, node.status), handle)
        return 0
