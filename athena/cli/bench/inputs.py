"""What is sent: texts, files, folders and lines of JSONL, drawn in turn or at random, cut into frames for sessions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from random import Random

import click
from attrs import evolve, frozen

from ...models import END_MARK, Part, Stage
from ..parts import given
from .plan import Plan, Source

__all__ = ["Frame", "Input", "Inputs", "load"]

MOST_BYTES = 512 * 1024 * 1024
"""Inputs are read once, before the load begins: a disk must not be what is measured."""


@frozen
class Frame:
    """One write of a session: so many seconds after its begin."""

    due: float
    part: Part


@frozen
class Input:
    """One call."""

    parts: tuple[Part, ...]
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    frames: tuple[Frame, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of its parts."""
        return sum(len(part.data) for part in self.parts)


class Inputs:
    """All that may be sent."""

    def __init__(
        self, plan: Plan, columns: tuple[tuple[Source, tuple[Part, ...]], ...], rows: tuple[Input, ...]
    ) -> None:
        """Args:
        plan: How it is drawn.
        columns: Each part of a call and what it is drawn from; or
        rows: Whole calls.
        """
        self._plan = plan
        self._columns = columns
        self._rows = rows
        self._made = lru_cache(1024)(self._make)
        self._single = len(rows) == 1 or (not rows and all(len(parts) == 1 for _, parts in columns))

    def draw(self, number: int, chance: Random | None) -> Input:
        """The call of that number, or any."""
        if self._single:
            return self._made(())
        if chance is not None:
            number = chance.randrange(1 << 30)
        if self._rows:
            return self._made((number % len(self._rows),))
        return self._made(tuple(number % len(parts) for _, parts in self._columns))

    def _make(self, places: tuple[int, ...]) -> Input:
        plan = self._plan
        if self._rows:
            found = self._rows[places[0] if places else 0]
        else:
            drawn = places or (0,) * len(self._columns)
            parts = [parts[place] for place, (_, parts) in zip(drawn, self._columns, strict=True)]
            found = Input(tuple(parts), plan.params, plan.headers)
        if plan.way != "session":
            return found
        return evolve(found, frames=tuple(_staged(list(self._cut(found)))))

    def _cut(self, found: Input) -> Iterator[Frame]:
        """Every part's frames, in the order in which they are due."""
        sources = [source for source, _ in self._columns] or [Source(part.key) for part in found.parts]
        each = [
            Frame(number * source.pace, piece)
            for place, (source, part) in enumerate(zip(sources, found.parts, strict=True))
            for number, piece in enumerate(self._pieces(place, source, part))
        ]
        yield from sorted(each, key=lambda frame: frame.due)

    def _pieces(self, place: int, source: Source, part: Part) -> Iterator[Part]:
        if source.by == "files":
            yield from self._columns[place][1]
        elif source.by == "lines":
            lines = part.tobytes().splitlines() or [b""]
            yield from (evolve(part, data=line) for line in lines)
        elif source.cut:
            for start in range(0, max(len(part.data), 1), source.cut):
                yield evolve(part, data=part.data[start : start + source.cut])
        else:
            yield part


def load(plan: Plan) -> Inputs:
    """Read everything that will be sent.

    Raises:
        click.UsageError: It cannot be read, or there is too much of it.
    """
    if plan.lines:
        rows = tuple(_rows(Path(plan.lines), plan))
        _bound(sum(row.size for row in rows), plan.lines)
        return Inputs(plan, (), rows)
    columns = tuple((source, tuple(_parts(source))) for source in plan.sources)
    _bound(sum(len(part.data) for _, parts in columns for part in parts), "the inputs")
    return Inputs(plan, columns, ())


def _bound(size: int, what: str) -> None:
    if size > MOST_BYTES:
        text = f"{what}: {size / 2**20:,.0f} MiB, more than the {MOST_BYTES // 2**20} MiB that are kept in memory"
        raise click.UsageError(text)


def _parts(source: Source) -> Iterator[Part]:
    """What one part is drawn from."""
    name = f"{source.key}:{source.kind}" if source.kind else source.key
    if source.text is not None:
        escaped = f"@{source.text}" if source.text.startswith("@") else source.text
        yield _told(given(f"{name}={escaped}").part, source)
        return
    path = Path(source.path)
    if not path.is_dir():
        yield _told(given(f"{name}=@{path.absolute()}").part, source)
        return
    files = sorted((file for file in path.iterdir() if file.is_file() and file.name[0] != "."), key=_natural)
    if not files:
        raise click.UsageError(f"{source.key}=@{path}: the folder has no files")
    _bound(sum(file.stat().st_size for file in files), str(path))
    for file in files if source.order == "ascending" else reversed(files):
        yield _told(given(f"{name}=@{file.absolute()}").part, source)


def _told(part: Part, source: Source) -> Part:
    return evolve(part, attributes={**part.attributes, **source.attributes}) if source.attributes else part


def _natural(file: Path) -> list[tuple[str, int]]:
    """``page-2`` before ``page-10``."""
    return [(text, int(word or 0)) for text, word in re.findall(r"(\D*)(\d*)", file.name)]


def _rows(path: Path, plan: Plan) -> Iterator[Input]:
    """Each line of a JSONL file as a call."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        text = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise click.UsageError(f"--inputs {path}: {(text or str(error)).lower()}") from error
    found = False
    for number, line in enumerate(lines, 1):
        if line.strip():
            found = True
            yield _row(f"{path}:{number}", line, path.parent, plan)
    if not found:
        raise click.UsageError(f"--inputs {path}: there is no line in it")


def _row(place: str, line: str, folder: Path, plan: Plan) -> Input:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise click.UsageError(f"{place}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise click.UsageError(f'{place}: expected an object, {{"KEY": "TEXT or @FILE"}}')
    whole = isinstance(value.get("parts"), dict)
    parts = value["parts"] if whole else value
    extra = {name: value.get(name, {}) for name in ("params", "headers")} if whole else {"params": {}, "headers": {}}
    for name, found in extra.items():
        if not isinstance(found, dict):
            raise click.UsageError(f"{place}: {name}: expected an object")
    told = {name: {key: _word(word) for key, word in found.items()} for name, found in extra.items()}
    return Input(
        tuple(_part(place, key, word, folder) for key, word in parts.items()),
        {**plan.params, **told["params"]},
        {**plan.headers, **{key.lower(): word for key, word in told["headers"].items()}},
    )


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _part(place: str, key: str, value: object, folder: Path) -> Part:
    if not isinstance(value, str):
        return Part.from_json(key, value)
    if value.startswith("@") and not value.startswith("@@"):
        value = f"@{(folder / value[1:]).absolute()}"
    try:
        return given(f"{key}={value}").part
    except click.UsageError as error:
        raise click.UsageError(f"{place}: {error.message}") from error


def _staged(frames: list[Frame]) -> Iterator[Frame]:
    """Begin, continue, and an end only in the last of all: one before it would end the session's input too soon."""
    begun: set[str] = set()
    for number, frame in enumerate(frames, 1):
        stage = Stage.CONTINUE if frame.part.key in begun else Stage.BEGIN
        begun.add(frame.part.key)
        # One stream ends with its last frame; several are ended together, by a mark that carries nothing.
        single = number == len(frames) and len(begun) == 1
        yield evolve(frame, part=evolve(frame.part, stage=Stage.END if single else stage))
    if len(begun) != 1:
        yield Frame(frames[-1].due if frames else 0.0, END_MARK)
