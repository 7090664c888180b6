"""ailab chat_gpt_api_official: aiges.worker, FixedPool, callback(r, tag, sid); the last result has status Once."""

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse, callback
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse, callback
from aiges.callback import callback
from aiges.sdk import WrapperBase, StringParamField, ImageBodyField, StringBodyField
from aiges.utils.log import log, getFileLogger
from aiges.core.types import *
from aiges.concurrent.fixpool import FixedPool
from aiges.worker import Worker, InferClass


class UserRequest(object):
    params1 = StringParamField(key="p", maxLength=44, required=True, value="x")
    input1 = StringBodyField(key="data", value=b"sample")


class UserResponse(object):
    accept1 = StringBodyField(key="result")


class Infer(InferClass):
    def __init__(self, params={}, tag="", sid=None):
        self.tag = tag
        self.sid = sid

    def setHandle(self, hdl):
        self.handle = hdl

    def predict(self, *args, **kwargs):
        req = kwargs.get("req").get("data")
        r = Response()
        d = ResponseData()
        d.key = "result"
        d.setData(req.data.upper())
        all_done = req.status in (DataEnd, DataOnce)
        d.status = DataOnce if all_done else DataContinue
        r.list = [d]
        callback(r, self.tag, self.sid)
        return d, all_done


class Wrapper(WrapperBase):
    serviceId = "compat"
    call_type = 1
    version = "v1"
    requestCls = UserRequest()
    responseCls = UserResponse()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filelogger = None

    def wrapperInit(self, config: {}) -> int:
        log.info("Initializing ...")
        self.filelogger = getFileLogger()
        self.pool = FixedPool()
        self.pool.set_capacity(int(config.get("common.lic", 10)))
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
        sp = SessionCreateResponse()
        if params.get("fail"):
            sp.error_code = int(params["fail"])
            return sp
        worker = Worker()
        worker.register_infer_class(Infer(params, userTag, sid))
        worker.register_infer_func(self.wrapperOnceExec)
        worker.register_callback(callback)
        ok, handle = self.pool.add(worker)
        if not ok:
            sp.handle = ""
            sp.error_code = 40001
            return sp
        worker.setHandle(handle)
        worker.start()
        sp.handle = handle
        sp.error_code = 0
        return sp

    def wrapperWrite(self, handle: str, req: DataListCls, sid: str) -> int:
        worker = self.pool.get(handle)
        if worker == None:
            return -1
        if req.get("data").data == b"fail":
            return 100
        worker.in_q.put(req)
        return 0

    def wrapperOnceExec(self, params: {}, reqData: DataListCls) -> Response:
        pass
        return None

    def wrapperRead(self, handle: str, sid: str) -> Response:
        return None

    def wrapperDestroy(self, handle: str) -> int:
        self.pool.remove(handle)
        return 0


if __name__ == "__main__":
    m = Wrapper(legacy=False)
    m.schema()
