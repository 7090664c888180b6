"""awesome-wrapper python/vllm/wrapper_openai: settings from the environment, a thread pool of its own, many results for one write."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from aiges.core.types import *
try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse, callback
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse, callback
from aiges.sdk import WrapperBase
from aiges.utils.log import log, getFileLogger

os.environ.setdefault("FULL_MODEL_PATH", "/models/none")
THREAD_POOL_SIZE = int(os.environ.get("THREAD_POOL_SIZE", "8"))
GPU_MEMORY_UTILIZATION = float(os.getenv("GPU_MEMORY_UTILIZATION", "0.9"))


class Engine:
    """An asynchronous engine on a loop of its own thread."""

    def __init__(self, path):
        self.path = path
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    async def tokens(self, text, most):
        for number in range(most):
            await asyncio.sleep(0.001)
            yield "%s%d " % (text, number)

    def generate(self, text, most, on_token):
        async def run():
            async for token in self.tokens(text, most):
                on_token(token)

        asyncio.run_coroutine_threadsafe(run(), self.loop).result()


def resp_content(text, status, index):
    content = ResponseData()
    content.key = "result"
    content.setDataType(DataText)
    content.status = status
    content.setData(text.encode("utf-8"))
    content.desc = {"seq_no": str(index)}
    return content


class Wrapper(WrapperBase):
    serviceId = "openai"
    version = "v1"

    def wrapperInit(self, config: {}) -> int:
        self.engine = Engine(os.environ["FULL_MODEL_PATH"])
        self.pool = ThreadPoolExecutor(max_workers=THREAD_POOL_SIZE, thread_name_prefix="vllm")
        self.lock = threading.Lock()
        self.requests = {}
        return 0

    def wrapperFini(self) -> int:
        self.pool.shutdown(wait=False)
        return 0

    def wrapperError(self, ret: int) -> str:
        return "told 100" if ret == 100 else "unknown"

    def wrapperOnceExec(self, params: {}, reqData: DataListCls, usrTag: str = "", persId: int = 0) -> Response:
        raise NotImplementedError("only streams")

    def wrapperCreate(self, params: {}, sid: str, persId: int = 0, usrTag: str = "") -> SessionCreateResponse:
        s = SessionCreateResponse()
        s.handle = sid
        s.error_code = int(params.get("fail") or 0)
        with self.lock:
            self.requests[s.handle] = (usrTag, dict(params), [])
        return s

    def wrapperWrite(self, handle: str, req: DataListCls) -> int:
        user_tag, params, waiting = self.requests[handle]
        node = req.get("data")
        if node.data == b"fail":
            return 100
        before = waiting[-1] if waiting else None
        waiting.append(self.pool.submit(self._infer, before, node, user_tag, int(params.get("max_tokens", 0))))
        return 0

    def wrapperDestroy(self, handle: str) -> int:
        with self.lock:
            self.requests.pop(handle, None)
        return 0

    def _infer(self, before, node, user_tag, most):
        if before is not None:
            before.result()
        res = Response()
        if not most:
            res.list = [resp_content(node.data.decode().upper(), node.status, 0)]
            callback(res, user_tag)
            return
        sent = []

        def on_token(token):
            one = Response()
            one.list = [resp_content(token, DataContinue if sent else DataBegin, len(sent))]
            sent.append(token)
            callback(one, user_tag)

        self.engine.generate(node.data.decode(), most, on_token)
        res.list = [resp_content("", DataEnd, len(sent))]
        callback(res, user_tag)


if __name__ == "__main__":
    m = Wrapper()
    m.run(stream=True)
