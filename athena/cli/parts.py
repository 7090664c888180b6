"""``key=text`` and ``key=@file`` as parts of a request."""

from __future__ import annotations

import json
import mimetypes
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click
from attrs import evolve, frozen

from ..models import EMPTY, Kind, Part, Stage

__all__ = ["STDIN", "Given", "given", "pairs", "staged"]

STDIN = "-"
KINDS = {kind.name.lower(): kind for kind in Kind}
BY_TYPE = {"text": Kind.TEXT, "image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}


@frozen
class Given:
    """One argument of ``athena call``.

    Attributes:
        part: What it says; without data when it comes from stdin.
        stdin: Whether the data comes from stdin.
    """

    part: Part
    stdin: bool = False


def given(argument: str) -> Given:
    """``KEY[:KIND]=TEXT``, ``KEY[:KIND]=@FILE``, ``KEY=@-``; ``KEY=@@TEXT`` is a text that begins with @.

    Raises:
        click.UsageError: It is none of these, or the file cannot be read.
    """
    name, equals, value = argument.partition("=")
    key, _, kind = name.partition(":")
    if not equals or not key:
        raise click.UsageError(f"{argument!r}: expected KEY=TEXT or KEY=@FILE")
    if kind and kind not in KINDS:
        raise click.UsageError(f"{argument!r}: {kind!r} is no kind; expected one of: {', '.join(KINDS)}")
    forced = KINDS.get(kind)
    if value == f"@{STDIN}":
        return Given(Part(key, b"", Kind.TEXT if forced is None else forced), stdin=True)
    if value.startswith("@") and not value.startswith("@@"):
        return Given(_from_file(key, Path(value[1:]).expanduser(), forced))
    text = value.removeprefix("@") if value.startswith("@@") else value
    if forced in {None, Kind.TEXT}:
        return Given(Part(key, text.encode(), Kind.TEXT, attributes={"encoding": "utf8"}))
    return Given(Part(key, text.encode(), forced or Kind.OTHER))


def _from_file(key: str, path: Path, forced: Kind | None) -> Part:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"{key}=@{path}: {(error.strerror or str(error)).lower()}") from error
    suffix = path.suffix.lower().removeprefix(".")
    guess = mimetypes.guess_type(path.name)[0] or ""
    kind = BY_TYPE.get(guess.partition("/")[0], Kind.OTHER) if forced is None else forced
    if suffix == "json" and forced in {None, Kind.TEXT}:
        try:
            json.loads(data)
        except ValueError as error:
            raise click.UsageError(f"{key}=@{path}: not JSON: {error}") from error
        return Part(key, data, Kind.TEXT, attributes={"encoding": "utf8", "format": "json"})
    if kind is Kind.TEXT:
        return Part(key, data, kind, attributes={"encoding": "utf8"})
    return Part(key, data, kind, attributes={"encoding": suffix} if suffix else EMPTY)


def pairs(arguments: Iterable[str], option: str) -> Mapping[str, str]:
    """``["k=v"]`` as a mapping.

    Raises:
        click.UsageError: One of them has no ``=``.
    """
    found = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{option} {argument}: expected KEY=VALUE")
        found[key] = value
    return found


def staged(parts: Sequence[Part], chunk: int, *, more: bool) -> Iterator[Part]:
    """The writes of a session: each part, or each ``chunk`` bytes of it, staged so that only the last one ends it.

    Args:
        parts: In order; several of one key are one stream.
        chunk: Bytes of one write; 0 writes each part whole.
        more: Whether stdin follows, so that none of these is the last.
    """
    pieces = [piece for part in parts for piece in _cut(part, chunk)]
    left = Counter(piece.key for piece in pieces)
    begun: set[str] = set()
    for number, piece in enumerate(pieces):
        left[piece.key] -= 1
        last = number == len(pieces) - 1 and not more
        # A stream that is done ends with the last write of all: an end with no other stream open would end the session.
        stage = Stage.END if last else Stage.CONTINUE if piece.key in begun else Stage.BEGIN
        begun.add(piece.key)
        yield evolve(piece, stage=stage)


def _cut(part: Part, chunk: int) -> Iterator[Part]:
    if not chunk or len(part.data) <= chunk:
        yield part
        return
    for start in range(0, len(part.data), chunk):
        yield evolve(part, data=part.data[start : start + chunk])
