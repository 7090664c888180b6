"""The base class of upstream's wrappers, and everything they import from beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from . import local, schemas
from .dto import DataListCls, DataListNode, Response, ResponseData, SessionCreateResponse
from .fields import (
    AudioBodyField,
    BooleanParamField,
    Field,
    ImageBodyField,
    IntegerParamField,
    JsonBodyField,
    NumberParamField,
    ParamField,
    PayloadField,
    StringBodyField,
    StringParamField,
)
from .mappings import mappings_of
from .stream import SessionManager, StreamHandleThread
from .utils.log import log

__all__ = [
    "AudioBodyField",
    "BooleanParamField",
    "DataListCls",
    "DataListNode",
    "Field",
    "ImageBodyField",
    "IntegerParamField",
    "JsonBodyField",
    "Metaclass",
    "NumberParamField",
    "ParamField",
    "PayloadField",
    "Response",
    "ResponseData",
    "SessionCreateResponse",
    "SessionManager",
    "StreamHandleThread",
    "StringBodyField",
    "StringParamField",
    "WrapperBase",
    "log",
]


class Metaclass(type):
    """Finds the fields of ``requestCls`` and ``responseCls`` when the class is made."""

    def __init__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> None:  # Any: a class body
        super().__init__(name, bases, attributes)
        cls.__mappings__ = mappings_of(cls)


class Defaults:
    """What a wrapper may leave out altogether."""

    # Any, below: the signatures are upstream's, and every wrapper has its own.

    def wrapperOnceExecAsync(self, params: Any, reqData: Any, sid: str = "", persId: int = 0) -> Any:
        """Answer one request through the callback; 0 is well."""
        raise NotImplementedError("wrapperOnceExecAsync")

    def wrapperRead(self, handle: str) -> Any:
        """What a session has ready."""
        return []

    def wrapperLoadRes(self, reqData: Any, resId: Any) -> Any:
        """Take a personalised resource; 0 is well."""
        return 0

    def wrapperUnloadRes(self, resId: Any) -> Any:
        """Forget it; 0 is well."""
        return 0

    def check_resp(self, resp: Any) -> bool:
        """Say what is wrong with an answer."""
        return local.check(self, resp)

    def gradio(self) -> None:
        """Upstream's page to try a wrapper on; a running kernel has one at its root."""
        log.warning("gradio() has no page here: athena run serves one at the root of its HTTP address")


class WrapperBase(Defaults, metaclass=Metaclass):
    """What a wrapper inherits; it overrides what it needs.

    Attributes:
        serviceId, version: Its name and its own version.
        requestCls, responseCls: Objects whose attributes are fields.
        config: Its configuration where the toml gives none.
    """

    serviceId: ClassVar[str] = ""
    version: ClassVar[str] = ""
    config: ClassVar[Any] = {}  # Any: a flat map, of whatever its author wrote

    def __init__(self, legacy: bool = True, is_aipaas: bool = True, keep_schema_default_value: bool = True) -> None:
        self.legacy = legacy
        self.session = SessionManager()

    # Any, below: the signatures are upstream's, and every wrapper has its own.

    def wrapperInit(self, config: Any) -> Any:
        """Get ready; 0 is well."""
        raise NotImplementedError("wrapperInit")

    def wrapperFini(self) -> Any:
        """Let go; 0 is well."""
        raise NotImplementedError("wrapperFini")

    def wrapperOnceExec(self, params: Any, reqData: Any, usrTag: str = "", persId: int = 0) -> Any:
        """Answer one request with a Response."""
        raise NotImplementedError("wrapperOnceExec")

    def wrapperError(self, ret: int) -> str:
        """The text of an error code."""
        return "user error" if ret == 100 else ""

    def wrapperCreate(self, params: Any, sid: str, persId: int = 0, usrTag: str = "") -> Any:
        """Begin a session; a SessionCreateResponse."""
        return None

    def wrapperWrite(self, handle: str, datas: Any) -> Any:
        """Take one write of a session; 0 is well."""
        return 0

    def wrapperDestroy(self, handle: str) -> Any:
        """End a session; 0 is well."""
        return 0

    def schema(self) -> str:
        """What it takes and gives, as upstream's JSON document."""
        return schemas.document(type(self))

    def run(self, stream: bool = False) -> bool:
        """Try it here, with the fields' own values, and say what is wrong with the answer."""
        return local.run_stream(self) if stream else local.run_once(self)

    def run_once(self) -> bool:
        """As ``run()``."""
        return local.run_once(self)

    def run_stream(self) -> bool:
        """As ``run(stream=True)``."""
        return local.run_stream(self)
