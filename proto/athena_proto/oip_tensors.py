"""Tensors of the Open Inference Protocol ↔ parts: what a declaration, a shape and a datatype make of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from athena.errors import Executed, Fault, ServiceError
from athena.models import EMPTY, Description, Field, Kind, Part, Stage

from .oip_datatypes import BYTES, DATATYPES, Buffer, Datatype, datatype_of, swapped
from .strict import malformed, utf8

__all__ = [
    "MAX_ELEMENTS",
    "OTHER_WAYS",
    "Tensor",
    "Told",
    "checked",
    "framed",
    "parts_of",
    "resolved",
    "shape_of",
    "sizes_of",
    "tensors_of",
    "unframed",
]

MAX_ELEMENTS = 4096
"""Of a BYTES tensor: each is a part."""
MAX_AXES = 16
_LARGEST = 2**48
_KINDS = {kind.name.lower(): kind for kind in Kind}
_OURS = frozenset({"binary_data", "binary_data_size", "classification", "dtype", "kind", "seq", "shape", "stage"})
_SHAPED = ("dtype", "shape")
OTHER_WAYS = ("shared_memory_region", "shared_memory_byte_size", "shared_memory_offset")

Told = Mapping[str, str]


class Tensor(NamedTuple):
    """One tensor, as both wires have it.

    Attributes:
        name: Its name, a part's key.
        datatype: Its datatype.
        shape: Its shape.
        elements: Of BYTES, every element's bytes; of a numeric tensor one buffer, little-endian, in row-major order.
        parameters: What is said of it beside that.
    """

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    elements: Sequence[Buffer]
    parameters: Told = EMPTY


def checked(name: str, datatype: str, shape: Sequence[int]) -> tuple[Datatype, int]:
    """The datatype, and how many elements the shape has.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    kind = DATATYPES.get(datatype)
    if kind is None:
        raise malformed(f"inputs.{name}.datatype", f"expected one of {', '.join(DATATYPES)}; got {datatype[:64]!r}")
    if len(shape) > MAX_AXES or (shape and not 0 <= min(shape) <= max(shape) < _LARGEST):
        raise malformed(f"inputs.{name}.shape", f"expected at most {MAX_AXES} sizes, none negative")
    count = prod(shape)
    if kind is BYTES and count > MAX_ELEMENTS:
        raise malformed(f"inputs.{name}", f"{count} elements of BYTES; at most {MAX_ELEMENTS} are taken")
    return kind, count


def unframed(name: str, data: Buffer, count: int) -> list[Buffer]:
    """The elements of a BYTES tensor in binary: before each stands its length, four bytes little-endian.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    view = memoryview(data)
    elements: list[Buffer] = []
    at, end = 0, len(view)
    while at + 4 <= end and len(elements) <= count:
        size = int.from_bytes(view[at : at + 4], "little")
        at += 4 + size
        elements.append(view[at - size : at])
    if at != end or len(elements) != count:
        raise malformed(f"inputs.{name}", f"its binary data are not {count} elements, each behind its length")
    return elements


def framed(elements: Iterable[Buffer]) -> bytes:
    """The same the other way round."""
    pieces: list[Buffer] = []
    for element in elements:
        pieces += (len(element).to_bytes(4, "little"), element)
    return b"".join(pieces)


def parts_of(tensor: Tensor, declared: Mapping[str, Field], stage: Stage = Stage.ONCE) -> list[Part]:
    """The parts that a tensor of a request is.

    A numeric tensor is one part, with ``dtype`` and ``shape``; of a BYTES tensor each element is one, of the kind that
    the declaration or the tensor's own parameter ``kind`` says.

    Args:
        tensor: The tensor.
        declared: The service's inputs by key.
        stage: Where the parts stand in their session.

    Raises:
        ServiceError: BAD_REQUEST; UNSUPPORTED for tensors that lie elsewhere.
    """
    name, told = tensor.name, tensor.parameters
    if not name:
        raise malformed("inputs", "a tensor without a name")
    wanted = declared.get(name) or declared.get("*")
    attributes = {key: value for key, value in told.items() if key not in _OURS} if told else EMPTY
    if tensor.datatype is not BYTES:
        if wanted is not None and wanted.dtype:
            _fits(tensor, wanted)
        attributes = {**attributes, "dtype": tensor.datatype.dtype, "shape": _written(tensor.shape)}
        return [Part(name, tensor.elements[0], Kind.OTHER, stage, None, attributes)]
    if wanted is not None and wanted.dtype:
        _fits(tensor, wanted)
    kind = _kind(name, told, wanted)
    if kind is Kind.TEXT:
        for element in tensor.elements:
            utf8(element, f"inputs.{name}")
    if tensor.shape not in ((), (len(tensor.elements),)):
        attributes = {**attributes, "shape": _written(tensor.shape)}
    return [Part(name, element, kind, stage, None, attributes) for element in tensor.elements]


def _kind(name: str, told: Told, wanted: Field | None) -> Kind:
    said = told.get("kind")
    if said is not None:
        if said not in _KINDS:
            raise malformed(f"inputs.{name}.parameters.kind", f"expected one of {', '.join(_KINDS)}; got {said[:64]!r}")
        return _KINDS[said]
    return Kind.OTHER if wanted is None or wanted.kind is None else wanted.kind


def _fits(tensor: Tensor, wanted: Field) -> None:
    """Whether a tensor is what the declaration says of that input."""
    expected = datatype_of(wanted.dtype)
    if expected is not None and expected is not tensor.datatype:
        raise malformed(f"inputs.{tensor.name}.datatype", f"expected {expected.name}, got {tensor.datatype.name}")
    shape = wanted.shape
    same = len(shape) == len(tensor.shape) and all(
        axis in (-1, size) for axis, size in zip(shape, tensor.shape, strict=True)
    )
    if shape and not same:
        raise malformed(f"inputs.{tensor.name}.shape", f"expected {list(shape)}, got {list(tensor.shape)}")


def shape_of(one: Field) -> tuple[str, tuple[int, ...]]:
    """The datatype and the shape that metadata give a declared input or output."""
    kind = datatype_of(one.dtype) if one.dtype else None
    if kind is not None:
        return kind.name, one.shape
    return "BYTES", (-1,) if one.items else (1,)


def tensors_of(parts: Iterable[Part], description: Description) -> list[Tensor]:
    """The tensors that a reply's parts are, in the order in which their keys come.

    Raises:
        ServiceError: USER_ERROR: a part whose bytes are not what its dtype and shape say.
    """
    by_key: dict[str, list[Part]] = {}
    for part in parts:
        key = part.key
        if key in by_key:
            by_key[key].append(part)
        elif key:  # a session's end mark has none
            by_key[key] = [part]
    declared = {one.key: one for one in description.outputs}
    return [_tensor(key, found, declared.get(key)) for key, found in by_key.items()]


def _tensor(key: str, parts: list[Part], wanted: Field | None) -> Tensor:
    first = parts[0]
    dtype = first.attributes.get("dtype") or (wanted.dtype if wanted is not None else "")
    kind = datatype_of(dtype) if dtype else None
    if kind is not None:
        return _numeric(key, parts, kind, dtype, wanted)
    told = _about(first)
    shape = sizes_of(first.attributes["shape"]) if "shape" in first.attributes and not dtype else None
    if shape is None or prod(shape) != len(parts):
        shape = (len(parts),)
    return Tensor(key, BYTES, shape, [_flat(part.data) for part in parts], told)


def _numeric(key: str, parts: list[Part], kind: Datatype, dtype: str, wanted: Field | None) -> Tensor:
    """One tensor of one part; several parts of one shape, as an iterator or a session gives them, get an axis more."""
    said = parts[0].attributes.get("shape")
    one = len(parts) == 1
    data = _flat(parts[0].data) if one else b"".join(part.data for part in parts)
    if said is not None:
        shape = sizes_of(said)
    else:
        shape = resolved(wanted.shape if wanted is not None else (), len(data) // kind.size // len(parts))
    if not one and shape is not None:
        same = all(part.attributes.get("shape") == said for part in parts)
        shape = (len(parts), *shape) if same else None
    if shape is None or prod(shape) * kind.size != len(data):
        text = f"outputs.{key}: its {len(data)} bytes are not the {kind.name} that the shape {said} holds"
        raise ServiceError(Fault.USER_ERROR, text, executed=Executed.YES)
    if dtype.startswith(">"):
        data = swapped(data, kind.size)
    return Tensor(key, kind, shape, [data], _about(parts[0]))


@lru_cache(maxsize=1024)
def _written(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


@lru_cache(maxsize=1024)
def sizes_of(text: str) -> tuple[int, ...] | None:
    """``2x3`` as sizes; None for what is no shape."""
    sizes = [size for size in text.split("x") if size]
    if not all(size.isascii() and size.isdigit() and len(size) < 16 for size in sizes):
        return None
    return tuple(map(int, sizes))


def resolved(shape: tuple[int, ...], count: int) -> tuple[int, ...]:
    """A declared shape with its one free axis filled in; where that cannot be, one axis."""
    known = prod(size for size in shape if size >= 0)
    free = sum(size < 0 for size in shape)
    if shape and free == 1 and known and count % known == 0:
        return tuple(count // known if size < 0 else size for size in shape)
    return shape if shape and not free and known == count else (count,)


def _flat(data: Buffer) -> Buffer:
    return data if type(data) is bytes else memoryview(data).cast("B")


def _about(part: Part) -> Told:
    """What a part says beside its bytes: its attributes; kind, stage and number where they are not the usual."""
    attributes = part.attributes
    told = {key: value for key, value in attributes.items() if key not in _SHAPED} if attributes else {}
    if part.kind is not Kind.OTHER:
        told["kind"] = part.kind.name.lower()
    if part.stage is not Stage.ONCE:
        told["stage"] = part.stage.name.lower()
    if part.seq is not None:
        told["seq"] = str(part.seq)
    return told
