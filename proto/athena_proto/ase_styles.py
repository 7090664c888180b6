"""How a client wants its answer written: what its request said about numbers, folding and whose frame it is."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping

import msgspec

from athena.models import Expectation, Part

__all__ = ["INTEGERS", "Style", "merged", "number_of", "style_of"]

INTEGERS = frozenset({"sample_rate", "channels", "bit_depth"})
"""Attributes that the protocol's own tables call numbers: they always leave as such."""
_LONGEST = 20
_LEVEL = 1  # folding is asked for to save a line, not a byte more: the higher levels cost five times the time


class Style(msgspec.Struct, frozen=True, gc=False):
    """What a request said about its answer; most say nothing.

    Attributes:
        numbers: Attributes that came as whole numbers, and go back as such.
        folded: Results that are wanted with ``compress: gzip``.
        cid: ``header.cid``, which every frame of the answer carries too.
    """

    numbers: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    cid: str | int = ""

    def fold(self, part: Part) -> Part:
        """The part as it is wanted: folded, unless the wrapper has done that already."""
        if part.key not in self.folded or part.attributes.get("compress") == "gzip":
            return part
        data = gzip.compress(part.data, _LEVEL, mtime=0)
        return Part(part.key, data, part.kind, part.stage, part.seq, {**part.attributes, "compress": "gzip"})


def style_of(numbers: Iterable[str], expect: Iterable[Expectation], cid: str | int) -> Style | None:
    """The style of a request, None where it says nothing about it."""
    folded = [each.key for each in expect if each.attributes.get("compress") == "gzip"]
    if not (numbers or folded or cid != ""):
        return None
    return Style(frozenset(numbers), frozenset(folded), cid)


def merged(style: Style | None, more: Style | None) -> Style | None:
    """A session's style after one more frame: what the first one said stays."""
    if style is None or more is None or style == more:
        return style or more
    return Style(style.numbers | more.numbers, style.folded | more.folded, more.cid if style.cid == "" else style.cid)


def typed(unit: dict[str, object], attributes: Mapping[str, str], style: Style | None) -> None:
    """Write those attributes as numbers that came as numbers, where they still are whole ones."""
    names = INTEGERS if style is None else INTEGERS | style.numbers
    for name in attributes.keys() & names:
        value = unit.get(name)
        if isinstance(value, str) and (number := number_of(value)) is not None:
            unit[name] = number


def number_of(text: str) -> int | None:
    """The whole number that a string is the shortest form of; None for any other string."""
    if not text or len(text) > _LONGEST or not text.isascii() or not text.removeprefix("-").isdecimal():
        return None
    number = int(text)
    return number if str(number) == text and -(2**63) <= number < 2**63 else None
