"""The same with aiges.types, init_rq() and no init_model: SDK examples of the first generation."""

from aiges.dto import *
from aiges.dto import init_rq
from aiges.sdk import WrapperBase, StringParamField, ImageBodyField, StringBodyField
from aiges.stream import SessionManager, StreamHandleThread
from aiges.types import *
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
        init_rq()
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


class MyReqDataThread(StreamHandleThread):
    def run(self):
        while True:
            req = self.in_q.get()
            res = echo(req.list[0])
            self.session_thread.callback_fn(res, self.session_thread.sid)
            if res.list[0].status == DataEnd:
                self.session_thread.reset()


if __name__ == "__main__":
    m = Wrapper()
    m.run(stream=True)
