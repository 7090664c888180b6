"""Where the bytes of resources lie: in files without a name, which are gone with this process, whatever ends it."""

from __future__ import annotations

import hashlib
import mmap
import tempfile

import attrs

from athena.models import Buffer, Resource

__all__ = ["digest", "spooled"]


def spooled(resource: Resource) -> Resource:
    """The same resource, its data in the system's file cache instead of our memory; runs in a thread."""
    size = sum(len(part.data) for part in resource.parts)
    if not size:
        return resource
    with tempfile.TemporaryFile(prefix="athena-resource-") as file:
        for part in resource.parts:
            file.write(part.data)
        file.flush()
        whole = memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
    parts, at = [], 0
    for part in resource.parts:
        data: Buffer = whole[at : at + len(part.data)] if len(part.data) else b""
        parts.append(attrs.evolve(part, data=data))
        at += len(part.data)
    return attrs.evolve(resource, parts=tuple(parts))


def digest(resource: Resource) -> str:
    """SHA-256 of all that a resource is but its id, in hexadecimal; runs in a thread."""
    told = hashlib.sha256()
    for name, value in sorted(resource.attributes.items()):
        _field(told, name.encode("utf-8", "replace"), value.encode("utf-8", "replace"))
    for part in resource.parts:
        _field(told, part.key.encode("utf-8", "replace"), bytes([part.kind]), part.data)
        for name, value in sorted(part.attributes.items()):
            _field(told, name.encode("utf-8", "replace"), value.encode("utf-8", "replace"))
    return told.hexdigest()


def _field(told: hashlib._Hash, *values: Buffer) -> None:
    for value in values:
        told.update(len(value).to_bytes(8, "big"))
        told.update(value)
