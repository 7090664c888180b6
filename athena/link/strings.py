"""What heads have in common inside: protobuf's maps of strings, and who is calling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..models import EMPTY, Principal
from . import worker_pb2 as pb

__all__ = ["principal_into", "principal_of", "strings_into", "strings_of"]


def strings_into(target: Any, strings: Iterable[tuple[str, str]]) -> None:
    """Put strings into one of protobuf's maps."""
    # Any: protobuf's maps have no type that its stubs would name. Twice as fast as their own update().
    for key, value in strings:
        target[key] = value


def strings_of(found: Any) -> Mapping[str, str]:
    """The strings of one of protobuf's maps."""
    # Any: as above. dict() of a protobuf map goes through Python's Mapping, item by item and slowly; most are empty.
    return {key: found[key] for key in found} if found else EMPTY


def principal_into(head: pb.Principal, principal: Principal) -> None:
    """Put a principal into its message."""
    head.id = principal.id
    head.guard = principal.guard
    if principal.scopes is not None:
        head.scopes.services.extend(sorted(principal.scopes))
        head.scopes.SetInParent()
    if principal.expires is not None:
        head.expires = principal.expires
    if principal.body_sha256 is not None:
        head.body_sha256 = principal.body_sha256


def principal_of(head: pb.Principal) -> Principal:
    """The principal of its message."""
    return Principal(
        head.id,
        head.guard,
        frozenset(head.scopes.services) if head.HasField("scopes") else None,
        head.expires if head.HasField("expires") else None,
        head.body_sha256 if head.HasField("body_sha256") else None,
    )
