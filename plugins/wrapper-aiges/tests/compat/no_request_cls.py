"""awesome-wrapper python/noob/once: no requestCls, no fields, no serviceId that anybody uses."""

from aiges.core.types import *
try:
    from aiges_embed import ResponseData, Response, DataListCls, SessionCreateResponse, callback
except:
    from aiges.dto import Response, ResponseData, DataListCls, SessionCreateResponse, callback
from aiges.sdk import WrapperBase
from aiges.utils.log import getFileLogger, log


class Wrapper(WrapperBase):
    serviceId = "atp"
    version = "v1"

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
