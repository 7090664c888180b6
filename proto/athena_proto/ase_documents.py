"""The shape of an ASE JSON document: header, parameter, and a payload of units by key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from athena.models import Part

from .ase_styles import Style
from .ase_units import encode_unit

__all__ = ["DOCUMENT", "VERBATIM", "Document", "Units", "Verbatim", "payload_of", "verbatim_of"]

# Any: header, parameter and units are free objects; each value is checked where it is used.
Units = dict[str, dict[str, Any] | list[dict[str, Any]]]


class Document(msgspec.Struct):
    """The three members of every ASE document; others are dropped, as upstream drops them."""

    header: dict[str, Any] | None = None
    parameter: dict[str, dict[str, Any] | None] | None = None
    payload: Units | None = None


class Verbatim(msgspec.Struct):
    """The same, with the text of every content; decoded a second time, and only where a JSON value is embedded."""

    payload: dict[str, dict[str, msgspec.Raw] | list[dict[str, msgspec.Raw]]] | None = None


DOCUMENT = msgspec.json.Decoder(Document)
VERBATIM = msgspec.json.Decoder(Verbatim)


def payload_of(parts: Iterable[Part], *, plain: bool, embed: bool, style: Style | None = None) -> dict[str, object]:
    """Units by key; parts that share a key become a list of units."""
    payload: dict[str, Any] = {}  # Any: a unit, or a list of them
    for part in parts:
        unit = encode_unit(part, plain=plain, embed=embed, style=style)
        if part.key not in payload:
            payload[part.key] = unit
        elif isinstance(payload[part.key], list):
            payload[part.key].append(unit)
        else:
            payload[part.key] = [payload[part.key], unit]
    return payload


def verbatim_of(verbatim: Verbatim, key: str, index: int, name: str) -> bytes:
    """An embedded value as it was sent; both decodings are of the same text, so everything is there."""
    units = (verbatim.payload or {})[key]
    unit = units if isinstance(units, dict) else units[index]
    return bytes(unit[name]).strip()
