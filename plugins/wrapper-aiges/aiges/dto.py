"""What travels between a wrapper and its host: requests as lists of nodes, results as lists of ResponseData."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterable
from typing import Any

from . import routing
from .core.types import (
    AUDIO,
    IMAGE,
    PROCESS_MODE,
    STRING,
    THREAD_MODE,
    VIDEO,
    DataAudio,
    DataBegin,
    DataContinue,
    DataEnd,
    DataImage,
    DataOnce,
    DataText,
    DataVideo,
    Once,
    Status,
    Types,
)

__all__ = [
    "AUDIO",
    "IMAGE",
    "PROCESS_MODE",
    "STRING",
    "THREAD_MODE",
    "VIDEO",
    "DataAudio",
    "DataBegin",
    "DataContinue",
    "DataEnd",
    "DataImage",
    "DataListCls",
    "DataListNode",
    "DataOnce",
    "DataText",
    "DataVideo",
    "Once",
    "Response",
    "ResponseData",
    "SessionCreateResponse",
    "Status",
    "Types",
    "callback",
    "init_rq",
]


class DataListNode:
    """One part of a request.

    Attributes:
        key, data, len, type, status: The part's name, bytes, their number, kind and stage.
        desc: Its attributes.
    """

    def __init__(
        self,
        key: str = "",
        data: bytes | str = "",
        len: int = 0,
        type: int = 0,
        status: int = Once,
        desc: dict[str, str] | None = None,
    ) -> None:
        self.key = key
        self.data = data
        self.len = len
        self.type = type
        self.status = status
        self.desc = {} if desc is None else desc

    def get_data(self) -> bytes | str:
        """The bytes, as a method."""
        return self.data

    def __getitem__(self, name: str) -> Any:  # Any: whichever of its values is asked for
        """The older, dict-like way: ``node["data"]``."""
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None

    def get(self, name: str, default: Any = None) -> Any:  # Any: as above
        """As a dict's ``get``."""
        return getattr(self, name, default)

    def __repr__(self) -> str:
        return f"DataListNode({self.key!r}, {self.len} bytes, type={self.type}, status={self.status})"


class DataListCls:
    """A request's parts.

    Attributes:
        list: The nodes, in order.
    """

    def __init__(self, list: Iterable[DataListNode] | None = None) -> None:
        self.list: Any = [*(list or ())]  # Any: the attribute bears the name of its own type

    def get(self, key: str) -> DataListNode | None:
        """The first node of that key, or None."""
        found: DataListNode | None = next((node for node in self.list if node.key == key), None)
        return found

    def __getitem__(self, index: int) -> DataListNode:
        node: DataListNode = self.list[index]
        return node

    def __len__(self) -> int:
        return len(self.list)


class ResponseData:
    """One part of a result. ``data`` and ``len`` may be assigned, in any order; a ``str`` means its UTF-8.

    Its arguments after ``key`` are ``data, length, type, status``, as in the SDK, or ``len, status, type``, as in the
    module of upstream's C++ loader: where the first of them is a number, it is the latter.

    Attributes:
        key, data, len, type, status: As in :class:`DataListNode`.
        desc: Attributes that go to the client.
    """

    def __init__(self, key: str = "", *values: Any, **named: Any) -> None:  # Any: whatever its author has
        names = ("len", "status", "type") if values and isinstance(values[0], int) else _ORDER
        given = {**dict(zip(names, values, strict=False)), **named}
        self.key = key
        self.data: Any = given.get("data", b"")
        self.type: int = given.get("type", 0)
        self.status: int = given.get("status", Once)
        self.len: int = given.get("len", given.get("length", 0)) or _length(self.data)
        self.desc: dict[str, str] = given.get("desc") or {}

    def setData(self, data: Any) -> None:
        """Set the data, and its length with it."""
        self.data = data
        self.len = _length(data)

    def setDataType(self, type: int) -> None:
        """Set the kind.

        Raises:
            ValueError: It is none of text 0, audio 1, image 2, video 3.
        """
        if type not in (0, 1, 2, 3):
            raise ValueError(f"data type {type!r}; expected 0 (text), 1 (audio), 2 (image) or 3 (video)")
        self.type = type

    def toJSON(self) -> str:
        """Its values as JSON text; bytes as text where they are."""
        data = bytes(self.data).decode("utf-8", "replace") if not isinstance(self.data, str) else self.data
        return json.dumps(
            {"key": self.key, "data": data, "len": self.len, "type": self.type, "status": self.status},
            ensure_ascii=False,
        )


class Response:
    """A result.

    Attributes:
        list: Its parts.
        error_code: 0, or the wrapper's own number; its text comes from ``wrapperError``.
    """

    def __init__(self, list: Iterable[ResponseData] | None = None, error_code: int = 0) -> None:
        self.list: Any = [ResponseData()] if list is None else [*list]  # Any: as in DataListCls
        self.error_code = error_code

    def response_err(self, code: int) -> Response:
        """Make this result an error."""
        self.error_code = code
        return self


class SessionCreateResponse:
    """What ``wrapperCreate`` returns.

    Attributes:
        handle: The session's name from here on.
        error_code: Not 0 refuses the session.
    """

    def __init__(self, handle: str = "", error_code: int = 0) -> None:
        self.handle = handle
        self.error_code = error_code


def init_rq() -> queue.Queue[Any]:  # Any: responses and their keys
    """The queue that takes results which belong to no session; sessions have their own way out."""
    return routing.spare(create=True)


def callback(response: Response, *keys: object, **named: object) -> int:
    """Hand over a session's result: ``callback(response, key)`` or ``callback(response, handle, sid)``.

    Each key may be the sid, the user's tag or the handle.

    Returns:
        0, or -1 where no such session is open any more.
    """
    return routing.deliver(response, (*keys, *named.values()))


_ORDER = ("data", "length", "type", "status")


def _length(data: Any) -> int:  # Any: as in ResponseData
    if isinstance(data, str):
        return len(data.encode())
    return len(data) if hasattr(data, "__len__") else 0
