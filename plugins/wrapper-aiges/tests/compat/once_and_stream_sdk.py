"""SDK wrapper.py: single calls and sessions in one file, every param class, an image in and out, LoadRes; asked by Read."""

import json
import threading

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse, callback
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse
from aiges.sdk import WrapperBase, StringParamField, NumberParamField, BooleanParamField, ImageBodyField, StringBodyField
from aiges.core.types import *
from aiges.utils.log import log


class UserRequest(object):
    params1 = StringParamField(key="p", enums=["x", "y"], value="x")
    params2 = BooleanParamField(key="draw", default=False)
    params3 = NumberParamField(key="scale", minimum=0, maximum=4, value=1)
    input1 = ImageBodyField(key="img", path="./not_there.png")
    input2 = StringBodyField(key="data", value=b"sample")


class UserResponse(object):
    accept1 = StringBodyField(key="result")
    accept2 = ImageBodyField(key="drawn", path="")


class Wrapper(WrapperBase):
    serviceId = "sdk"
    version = "v1"
    requestCls = UserRequest()
    responseCls = UserResponse()
    config = {"width": 3}
    lock = threading.Lock()

    def __init__(self, legacy=True, is_aipaas=True, keep_schema_default_value=True):
        super().__init__(legacy=legacy, is_aipaas=is_aipaas)
        self.patches = {}
        self.sessions = {}

    def wrapperInit(cls, config: {}) -> int:
        log.info(config)
        cls.width = int(config["width"])
        return 0

    def wrapperFini(cls) -> int:
        return 0

    def wrapperError(cls, ret: int) -> str:
        return {100: "told 100"}.get(ret, "")

    def wrapperLoadRes(self, reqData: DataListCls, resId: int) -> int:
        self.patches[resId] = reqData.list[0].data
        return 0

    def wrapperUnloadRes(self, resId: int) -> int:
        return 0 if self.patches.pop(resId, None) is not None else 100

    def wrapperOnceExec(self, params: {}, reqData: DataListCls, usrTag: str = "", persId: int = 0) -> Response:
        res = Response()
        if "fail" in params:
            return res.response_err(int(params["fail"]))
        node = reqData.get("data")
        text = ResponseData()
        text.key = "result"
        text.setDataType(DataText)
        text.status = Once
        text.setData(node.data + b"|" + params["p"].encode())
        res.list = [text]
        image = reqData.get("img")
        if params.get("draw") == "true" and image is not None:
            drawn = ResponseData()
            drawn.key = "drawn"
            drawn.setDataType(DataImage)
            drawn.status = Once
            drawn.setData(image.data * int(float(params.get("scale", "1"))))
            res.list.append(drawn)
        return res

    def wrapperCreate(self, params: {}, sid: str, userTag: str, persId: int) -> SessionCreateResponse:
        s = SessionCreateResponse()
        if "fail" in params:
            s.error_code = int(params["fail"])
            return s
        s.handle = "hdl-%d" % (len(self.sessions) + 1) + sid
        self.sessions[s.handle] = []
        s.error_code = 0
        return s

    def wrapperWrite(self, handle: str, req: DataListCls) -> int:
        for node in req.list:
            if node.data == b"fail":
                return 100
            with self.lock:
                self.sessions[handle].append(node)
        return 0

    def wrapperRead(self, handle: str) -> Response:
        res = Response()
        res.list = []
        with self.lock:
            for node in self.sessions[handle]:
                resd = ResponseData()
                resd.key = "result"
                resd.type = DataText
                resd.status = node.status
                resd.setData(bytes(node.data).upper())
                res.list.append(resd)
            self.sessions[handle].clear()
        return res

    def wrapperDestroy(self, handle: str) -> int:
        del self.sessions[handle]
        return 0

    def wrapperTestFunc(cls, data: [], respData: []):
        pass


if __name__ == "__main__":
    m = Wrapper(legacy=False)
    print(json.loads(m.schema())["meta"]["serviceId"])
    m.run()
