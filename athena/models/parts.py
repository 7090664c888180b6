"""Named pieces of data: what they hold, and where they stand in their stream."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import frozen

from athena.errors import Fault, ServiceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EMPTY", "END_MARK", "LAST", "Buffer", "Expectation", "Kind", "Part", "Sealed", "Stage", "lasting"]

EMPTY: Mapping[str, str] = MappingProxyType({})
"""The mapping that is shared wherever there is nothing to say."""


Buffer = bytes | memoryview


class Sealed(bytearray):
    """Memory that nobody writes to any more: what was received into it lasts as long as somebody looks at it."""

    __slots__ = ()


class Kind(IntEnum):
    """What a part holds; the numbers are upstream's ``DataType``."""

    TEXT = 0
    AUDIO = 1
    IMAGE = 2
    VIDEO = 3
    OTHER = 4


class Stage(IntEnum):
    """Where a part stands in its stream; the numbers are upstream's ``DataStatus``."""

    BEGIN = 0
    CONTINUE = 1
    END = 2
    ONCE = 3


LAST = frozenset({Stage.END, Stage.ONCE})
"""The stages after which nothing more of that stream comes."""


@frozen(eq=False, repr=False)
class Part:
    """One named piece of data.

    Attributes:
        key: Its name in the request or reply.
        data: Read-only bytes, valid until the hook returns (in a session: until its next hook); keep ``tobytes()``.
        kind: What the bytes are.
        stage: Where this piece stands in the stream of that key.
        seq: Its number in the stream, or None where the sender does not count.
        attributes: Encoding, format, sample rate and the like, as strings.
    """

    key: str
    data: Buffer = b""
    kind: Kind = Kind.OTHER
    stage: Stage = Stage.ONCE
    seq: int | None = None
    attributes: Mapping[str, str] = EMPTY

    @classmethod
    def from_text(cls, key: str, text: str, stage: Stage = Stage.ONCE, **attributes: str) -> Part:
        """A TEXT part in UTF-8."""
        return cls(key, text.encode(), Kind.TEXT, stage, None, attributes or EMPTY)

    @classmethod
    def from_json(cls, key: str, value: object, stage: Stage = Stage.ONCE) -> Part:
        """A TEXT part with ``format=json``: wires that speak JSON embed the value itself."""
        # Imported when first asked for, as numpy below: it is a thirtieth of what `import athena` costs.
        dumps = importlib.import_module("json").dumps
        text: str = dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return cls(key, text.encode(), Kind.TEXT, stage, None, {"encoding": "utf8", "format": "json"})

    @classmethod
    def from_array(cls, key: str, array: NDArray[Any], stage: Stage = Stage.ONCE) -> Part:  # Any: every dtype
        """An OTHER part with the array's bytes in C order and the attributes ``dtype`` and ``shape`` (``2x3``)."""
        attributes = {"dtype": array.dtype.str, "shape": "x".join(map(str, array.shape))}
        return cls(key, array.tobytes(), Kind.OTHER, stage, None, attributes)

    @property
    def text(self) -> str:
        """The data as text.

        Raises:
            ServiceError: BAD_REQUEST, when it is not UTF-8.
        """
        try:
            return str(self.data, "utf-8")
        except UnicodeDecodeError as error:
            raise ServiceError(Fault.BAD_REQUEST, f"{self.key}: not UTF-8 at byte {error.start}") from error

    def tobytes(self) -> bytes:
        """The data as bytes of its own, to keep beyond the hook."""
        return bytes(self.data)

    @property
    def lasting(self) -> Buffer:
        """The data as they are where nobody can change them any more; else a copy."""
        return lasting(self.data)

    def array(self) -> NDArray[Any]:  # Any: the dtype is data
        """The data as a read-only numpy array, shaped by the attributes ``dtype`` and ``shape``; else 1-d uint8."""
        # Imported when first asked for: the kernel does not depend on numpy, and most wrappers never need it.
        numpy = importlib.import_module("numpy")
        flat = numpy.frombuffer(self.data, dtype=self.attributes.get("dtype", "u1"))
        shape = self.attributes.get("shape")
        # Any: numpy is not a dependency of the kernel, so the module is untyped here.
        shaped: NDArray[Any] = flat if shape is None else flat.reshape([int(size) for size in shape.split("x") if size])
        return shaped

    def __repr__(self) -> str:
        seq = "" if self.seq is None else f", seq={self.seq}"
        return f"Part({self.key!r}, {len(self.data)} bytes, {self.kind.name}, {self.stage.name}{seq})"


def lasting(data: Buffer) -> Buffer:
    """Data as they are where nobody can change them any more; else a copy."""
    if isinstance(data, memoryview):
        return data if type(data.obj) is Sealed else bytes(data)
    return data


@frozen
class Expectation:
    """How the client wants one result: its key, and encoding, format, compression and the like."""

    key: str
    kind: Kind | None = None
    attributes: Mapping[str, str] = EMPTY


END_MARK = Part("", b"", Kind.OTHER, Stage.END)
"""The part that half-closes a session without carrying data; every transport writes it when its wire half-closes."""
