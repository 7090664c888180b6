"""Lists on their way in, lent for one call; and on their way out, copied before anybody can free them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from athena import Fault, Kind, Part, ServiceError, Stage

from .abi import FFI, NULL, Pointer

__all__ = ["Lent", "parts_of", "words"]

_MOST_NODES = 65536
"""Nodes of one list; one with more is taken for a ring."""
_LONGEST_KEY = 65536
_KINDS = {kind.value: kind for kind in Kind}
_STAGES = {stage.value: stage for stage in Stage}
_raw = FFI.new_allocator(should_clear_after_alloc=False)


class Lent:
    """What one call is lent. Its memory is gone when this object is: keep it until the call has returned.

    Data is copied: a library may write to what it is given, and a request's buffer is nobody's to change.
    """

    def __init__(self, *, dummies: bool = False) -> None:
        """Args:
        dummies: Lists without anything in them are one node without a key, as upstream's loader has it; else NULL.
        """
        self._dummies = dummies
        self._held: list[Pointer] = []

    def text(self, text: str) -> Pointer:
        """A string that ends with a NUL, whatever it holds."""
        return self._bytes(text.encode("utf-8", "replace"))

    def params(self, values: Mapping[str, str]) -> Pointer:
        """Names and values."""
        if not values:
            return self._keep(FFI.new("ParamList *")) if self._dummies else NULL
        array = self._keep(FFI.new("ParamList[]", len(values)))
        for index, (key, value) in enumerate(values.items()):
            node, data = array[index], value.encode("utf-8", "replace")
            node.key = self.text(key)
            node.value = self._bytes(data)
            node.vlen = len(data)
            if index:
                array[index - 1].next = array + index
        return array + 0  # a pointer to the first

    def parts(self, parts: Sequence[Part]) -> Pointer:
        """Named data."""
        if not parts:
            return self._keep(FFI.new("DataList *")) if self._dummies else NULL
        array = self._keep(FFI.new("DataList[]", len(parts)))
        for index, part in enumerate(parts):
            self.node(array[index], part.key, part.data, part.kind, part.stage)
            array[index].desc = self.params(part.attributes) if part.attributes else NULL
            if index:
                array[index - 1].next = array + index
        return array + 0  # a pointer to the first

    def node(self, node: Pointer, key: str, data: bytes | memoryview, kind: int, stage: int) -> None:
        """Fill one node."""
        node.key = self.text(key)
        node.data = self._bytes(data)
        node.len = len(data)
        node.type = int(kind)
        node.status = int(stage)

    def numbers(self, numbers: Iterable[int]) -> tuple[Pointer, int]:
        """Resource ids, and how many there are."""
        given = list(numbers)
        return (self._keep(FFI.new("unsigned int[]", given)), len(given)) if given else (NULL, 0)

    def _bytes(self, data: bytes | memoryview) -> Pointer:
        size = len(data)
        memory = self._keep(_raw("char[]", size + 1))
        FFI.memmove(memory, data, size)
        memory[size] = b"\0"  # behind binary data too: what reads it as text stops there
        return memory

    def _keep(self, memory: Pointer) -> Pointer:
        self._held.append(memory)
        return memory


def words(pointer: Pointer) -> str:
    """A library's string; "" for none."""
    return "" if pointer == NULL else bytes(FFI.string(pointer)).decode("utf-8", "replace")


def parts_of(head: Pointer, what: str, *, terminated: bool = False) -> list[Part]:
    """Copy a library's results. Nodes without a key and without data are nothing.

    Args:
        head: The first node.
        what: The function that gave it, for errors.
        terminated: Descriptions end with a NUL, as in callbacks; else they are as long as ``vlen`` says.

    Raises:
        ServiceError: USER_ERROR, for a list that cannot be one.
    """
    found: list[Part] = []
    node, count = head, 0
    while node != NULL:
        count += 1
        if count > _MOST_NODES:
            raise _broken(what, f"gave a list of more than {_MOST_NODES} nodes; its end must be NULL")
        if node.key != NULL or node.len:
            found.append(_part(node, what, terminated))
        node = node.next
    return found


def _part(node: Pointer, what: str, terminated: bool) -> Part:
    key = "" if node.key == NULL else bytes(FFI.string(node.key, _LONGEST_KEY)).decode("utf-8", "replace")
    size: int = node.len
    if node.data == NULL and size:
        raise _broken(what, f"gave {size} bytes for {key!r} and no data")
    data = bytes(FFI.buffer(node.data, size)) if size else b""
    kind, stage = _KINDS.get(node.type, Kind.OTHER), _STAGES.get(node.status, Stage.ONCE)
    attributes: dict[str, str] = {}
    desc, count = node.desc, 0
    while desc != NULL:
        count += 1
        if count > _MOST_NODES:
            raise _broken(what, f"described {key!r} with more than {_MOST_NODES} nodes; the list's end must be NULL")
        if desc.key != NULL:
            attributes[words(desc.key)] = _value(desc, terminated)
        desc = desc.next
    return Part(key, data, kind, stage, None, attributes)


def _value(desc: Pointer, terminated: bool) -> str:
    if desc.value == NULL:
        return ""
    if terminated:
        return words(desc.value)
    return bytes(FFI.buffer(desc.value, desc.vlen)).decode("utf-8", "replace")


def _broken(what: str, text: str) -> ServiceError:
    return ServiceError(Fault.USER_ERROR, f"{what} {text}")
