"""The Open Inference Protocol's datatypes: numpy's word for each, how wide it is, and how JSON writes its elements."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from attrs import frozen

from .strict import malformed

__all__ = ["BYTES", "DATATYPES", "Buffer", "Datatype", "datatype_of", "swapped"]

Buffer = bytes | memoryview
_BIG = sys.byteorder == "big"


@frozen
class Datatype:
    """One datatype.

    Attributes:
        name: The protocol's word.
        dtype: numpy's type string; "" for BYTES.
        size: Bytes of an element; 0 for BYTES.
        code: The code of ``array.array``; "e" is struct's half float, "" where neither knows it.
        element: What an element is in JSON.
    """

    name: str
    dtype: str
    size: int
    code: str
    element: type

    # Any: numbers of whatever kind the datatype holds.
    def pack(self, values: Sequence[Any], path: str) -> bytes:
        """Elements as little-endian bytes.

        Raises:
            ServiceError: BAD_REQUEST, for values that the datatype cannot hold.
        """
        try:
            if self.code == "e":
                return struct.pack(f"<{len(values)}e", *values)
            packed = array(self.code, values)
        except (OverflowError, TypeError, ValueError, struct.error):
            raise malformed(path, f"a value that is no {self.name}") from None
        if self.name == "BOOL" and packed and max(packed) > 1:
            raise malformed(path, "a value that is no BOOL")
        return swapped(packed.tobytes(), self.size) if _BIG else packed.tobytes()

    def unpack(self, data: Buffer) -> list[Any]:
        """The elements of little-endian bytes, as JSON writes them."""
        if self.name == "BOOL":
            return [value != 0 for value in data]
        if self.code == "e":
            return list(struct.unpack(f"<{len(data) // 2}e", data))
        values: array[Any] = array(self.code)
        values.frombytes(swapped(data, self.size) if _BIG else data)
        return values.tolist()


def _numbers(*rows: tuple[str, str, int, str, type]) -> dict[str, Datatype]:
    return {row[0]: Datatype(*row) for row in rows}


BYTES = Datatype("BYTES", "", 0, "", str)
DATATYPES = _numbers(
    ("BOOL", "|b1", 1, "B", bool),
    ("UINT8", "|u1", 1, "B", int),
    ("UINT16", "<u2", 2, "H", int),
    ("UINT32", "<u4", 4, "I", int),
    ("UINT64", "<u8", 8, "Q", int),
    ("INT8", "|i1", 1, "b", int),
    ("INT16", "<i2", 2, "h", int),
    ("INT32", "<i4", 4, "i", int),
    ("INT64", "<i8", 8, "q", int),
    ("FP16", "<f2", 2, "e", float),
    ("FP32", "<f4", 4, "f", float),
    ("FP64", "<f8", 8, "d", float),
    ("BF16", "bfloat16", 2, "", float),
) | {"BYTES": BYTES}

_LONG = {
    "bool": "BOOL",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "float": "FP64",
    "bfloat16": "BF16",
    **{name.lower(): name for name in DATATYPES if "INT" in name},
}
_SHORT = {kind.dtype[1:]: name for name, kind in DATATYPES.items() if kind.size and name != "BF16"} | {"?": "BOOL"}


@lru_cache(maxsize=256)
def datatype_of(dtype: str) -> Datatype | None:
    """The datatype of a numpy type string or name, whatever its byte order; None where the protocol has no word."""
    name = _LONG.get(dtype) or _SHORT.get(dtype.lstrip("<>|="))
    return DATATYPES[name] if name else None


def swapped(data: Buffer, size: int) -> bytes:
    """The same elements in the other byte order.

    Args:
        data: The elements.
        size: Bytes of one.
    """
    if size == 1:
        return bytes(data)
    values = array({2: "H", 4: "I", 8: "Q"}[size], bytes(data))
    values.byteswap()
    return values.tobytes()
