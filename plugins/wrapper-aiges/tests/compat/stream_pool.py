"""StreamHandleThread behind a SessionManager: SDK examples/stream/mmocr and mock, aiges_demo stream_test; Read(handle, sid) that is never called."""

import queue

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse, callback
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse, callback
from aiges.sdk import WrapperBase, StringParamField, ImageBodyField, StringBodyField
from aiges.stream import StreamHandleThread
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

    def wrapperInit(self, config: {}) -> int:
        log.info("Initializing ...")
        self.filelogger = getFileLogger()
        self.session.init_wrapper_config(config)
        self.session.init_handle_pool("thread", 2, MyReqDataThread)
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
        handle = self.session.get_idle_handle()
        if not handle:
            s.error_code = -1
            s.handle = ""
            return s
        _session = self.session.get_session(handle=handle)
        if _session == None:
            return -1
        _session.setup_sid(sid)
        _session.setup_params(params)
        _session.setup_callback_fn(callback)
        s.handle = handle
        s.error_code = 0
        return s

    def wrapperWrite(self, handle: str, req: DataListCls, sid: str) -> int:
        _session = self.session.get_session(handle=handle)
        if _session == None:
            return -1
        if req.list[0].data == b"fail":
            return 100
        _session.in_q.put(req)
        return 0

    def wrapperRead(self, handle: str, sid: str) -> Response:
        """Never called where results come by callback."""
        raise Exception("asked")

    def wrapperOnceExec(self, params: {}, reqData: DataListCls) -> Response:
        pass
        return None


class MyReqDataThread(StreamHandleThread):
    def __init__(self, session_thread, in_q, out_q):
        super().__init__(session_thread, in_q, out_q)
        self.setDaemon(True)
        self.is_stopping = False

    def init_model(self, *args, **kwargs):
        self.filelogger = getFileLogger()

    def run(self):
        self.init_model(self.session_thread.handle)
        while not self.is_stopping:
            try:
                req = self.in_q.get(timeout=5)
                self.infer(req)
            except queue.Empty as e:
                pass

    def infer(self, req: DataListCls):
        res = echo(req.list[0])
        self.session_thread.callback_fn(res, self.session_thread.sid)
        if res.list[0].status == DataEnd:
            self.session_thread.reset()


if __name__ == "__main__":
    m = Wrapper()
    m.run_stream()
