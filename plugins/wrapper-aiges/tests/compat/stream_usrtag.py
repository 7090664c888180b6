"""awesome-wrapper python/noob/stream: Create(params, sid, persId, usrTag), callback(res, user_tag); no requestCls."""

import threading

from aiges.core.types import *
try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse, callback
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse, callback
from aiges.sdk import WrapperBase
from aiges.utils.log import log, getFileLogger


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
    serviceId = "atp"
    version = "v1"

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

    def wrapperCreate(self, params: {}, sid: str, persId: int = 0, usrTag: str = "") -> SessionCreateResponse:
        s = SessionCreateResponse()
        if params.get("fail"):
            s.error_code = int(params["fail"])
            return s
        s.handle = "handle-of-" + sid
        self.tags[s.handle] = usrTag
        s.error_code = 0
        return s

    def wrapperWrite(self, handle: str, req: DataListCls) -> int:
        node = req.get("data")
        if node.data == b"fail":
            return 100
        threading.Thread(target=self.answer, args=(handle, node)).start()
        return 0

    def wrapperDestroy(self, handle: str) -> int:
        del self.tags[handle]
        return 0

    def answer(self, handle, node):
        callback(echo(node), self.tags[handle])


if __name__ == "__main__":
    m = Wrapper()
    m.run(stream=True)
