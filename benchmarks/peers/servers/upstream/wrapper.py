"""What upstream's SDK imports by the name of this file: the input back; runs in the SDK's own environment."""

from __future__ import annotations

from aiges.dto import DataListCls, Response, ResponseData
from aiges.sdk import StringBodyField, WrapperBase


class Body:
    """What goes in, and what comes out."""

    data = StringBodyField(key="data", value=b"x")


class Wrapper(WrapperBase):
    """Gives the first input back."""

    serviceId = "echo"
    version = "v1"
    requestCls = Body()
    responseCls = Body()

    def wrapperInit(self, config: dict[str, str]) -> int:  # the SDK calls it so
        return 0

    def wrapperOnceExec(self, params: dict[str, str], reqData: DataListCls) -> Response:
        given = reqData.list[0]
        data = ResponseData(given.key)
        data.setData(given.data)
        answer = Response()
        answer.list = [data]
        return answer
