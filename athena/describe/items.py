"""How many items a request carries, where its description says which inputs hold many."""

from __future__ import annotations

from collections.abc import Callable

from athena.models import Description, Part, Request

__all__ = ["counter"]


def counter(description: Description) -> Callable[[Request], int] | None:
    """What counts a request's items; None where every request is one.

    A tensor's items are its first axis, ``4`` of the shape ``4x224x224``; of any other input each part of that key is
    one. Where several inputs hold many, they hold the same items, and the largest number counts.
    """
    keys = {field.key: bool(field.dtype or field.shape) for field in description.inputs if field.items}
    if not keys:
        return None

    def count(request: Request) -> int:
        found: dict[str, int] = {}
        for part in request.parts:
            tensor = keys.get(part.key)
            if tensor is not None:
                found[part.key] = _first_axis(part) if tensor else found.get(part.key, 0) + 1
        return max(1, *found.values()) if found else 1

    return count


def _first_axis(part: Part) -> int:
    """1 for a shape that makes no sense: refusing it is the wrapper's business."""
    first = part.attributes.get("shape", "").partition("x")[0]
    # Digits of other scripts are digits to isdigit, and a number of many digits takes long to read.
    return int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 1
