"""The files of a new wrapper; NAME stands for its name."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["TEMPLATES"]

_WRAPPER = '''"""NAME: says what it was told, once and in sessions."""

from aiges.core.types import *
from aiges.dto import DataListCls, Response, ResponseData, SessionCreateResponse, callback
from aiges.sdk import StringBodyField, StringParamField, WrapperBase
from aiges.utils.log import log


class UserRequest(object):
    params1 = StringParamField(key="ending", maxLength=8, required=False, value="!")
    input1 = StringBodyField(key="text", value=b"hello")


class UserResponse(object):
    accept1 = StringBodyField(key="result")


class Wrapper(WrapperBase):
    serviceId = "NAME"
    version = "v1"
    requestCls = UserRequest()
    responseCls = UserResponse()
    config = {}

    def wrapperInit(self, config: {}) -> int:
        """Load the model; anything but 0 refuses the start."""
        log.info("init with %s", config)
        self.sessions = {}
        return 0

    def wrapperFini(self) -> int:
        return 0

    def wrapperError(self, ret: int) -> str:
        return "there is no text" if ret == 100 else ""

    def answer(self, params: {}, data: bytes, status: int) -> Response:
        res = Response()
        resd = ResponseData()
        resd.key = "result"
        resd.setDataType(DataText)
        resd.status = status
        resd.setData(data + params.get("ending", "").encode("utf-8"))
        res.list = [resd]
        return res

    def wrapperOnceExec(self, params: {}, reqData: DataListCls) -> Response:
        """Answer one request."""
        node = reqData.get("text")
        if node is None or not node.data:
            return Response().response_err(100)
        return self.answer(params, node.data, Once)

    def wrapperCreate(self, params: {}, sid: str) -> SessionCreateResponse:
        """Begin a session."""
        s = SessionCreateResponse()
        s.handle = sid
        s.error_code = 0
        self.sessions[sid] = params
        return s

    def wrapperWrite(self, handle: str, req: DataListCls) -> int:
        """Take one write; results go to the callback, from any thread."""
        node = req.list[0]
        callback(self.answer(self.sessions[handle], node.data, node.status), handle)
        return 0

    def wrapperDestroy(self, handle: str) -> int:
        del self.sessions[handle]
        return 0


if __name__ == "__main__":
    m = Wrapper()
    print(m.schema())
    m.run()
'''
_TOML = """[services.NAME]
wrapper = "./wrapper/wrapper.py"

[services.NAME.config]

[transports.http]
port = 8080

[transports.grpc]
port = 5090
"""
_README = """# NAME

```bash
python wrapper/wrapper.py     # tries it with the values its fields carry
athena run aiges.toml         # serves it
athena call http://127.0.0.1:8080 NAME text=hello
```
"""
_DOCKERFILE = """FROM python:3.11-slim
WORKDIR /home/aiges
COPY . .
# What is on no index yet can lie beside this file, in wheels/.
RUN pip install --no-cache-dir --find-links wheels -r requirements.txt
CMD ["athena", "run", "aiges.toml", "--set", "transports.http.host=0.0.0.0", "--set", "kernel.unguarded=true"]
"""
_REQUIREMENTS = """athena-serving[cli]~=0.1
athena-transport-http~=0.1
athena-transport-grpc~=0.1
athena-wrapper-aiges~=0.1
"""

TEMPLATES: Mapping[str, str] = {
    "wrapper/wrapper.py": _WRAPPER,
    "aiges.toml": _TOML,
    "README.md": _README,
    "Dockerfile": _DOCKERFILE,
    "requirements.txt": _REQUIREMENTS,
}
"""Path to text."""
