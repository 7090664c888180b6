"""What came back, for people, for programs (``--json``), for pipes (``--raw``), and into files (``-o``)."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import click
from rich.console import Console

from ..models import Kind, Part, Reply, Stage
from .terminal import coloured, note

__all__ = ["Printer", "told"]

SUFFIXES = {Kind.TEXT: "txt", Kind.OTHER: "bin"}


class Printer:
    """Prints replies as they come."""

    def __init__(self, *, as_json: bool = False, raw: str = "", folder: Path | None = None) -> None:
        """Args:
        as_json: One JSON object per reply and line.
        raw: The key of the part whose bytes alone are written.
        folder: Where parts are saved.
        """
        self._as_json = as_json
        self._raw = raw
        self._folder = folder
        self._saved: dict[str, int] = {}
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, reply: Reply) -> None:
        """One reply.

        Raises:
            click.UsageError: ``--raw`` names a part that the reply does not have.
        """
        if self._folder is not None:
            for part in reply.parts:
                self._save(part, self._folder)
        if self._raw:
            self._write_raw(reply)
        elif self._as_json:
            click.echo(json.dumps(told(reply), ensure_ascii=False))
        else:
            for part in reply.parts:
                self._show_part(part, titled=len(reply.parts) > 1)

    def _write_raw(self, reply: Reply) -> None:
        found = [part for part in reply.parts if part.key == self._raw]
        if not found and reply.parts:
            there = ", ".join(part.key for part in reply.parts)
            raise click.UsageError(f"--raw {self._raw}: the reply has no such part; it has: {there}")
        for part in found:
            sys.stdout.buffer.write(part.data)
        sys.stdout.buffer.flush()

    def _show_part(self, part: Part, *, titled: bool) -> None:
        text = _text(part)
        if text is None:
            hint = "" if self._folder is not None else "; -o FOLDER saves it, --raw KEY writes it"
            note(f"{click.style(part.key, fg='cyan')}  {_about(part)}{hint}")
            return
        if titled:
            note(click.style(part.key, fg="cyan"))
        value = _parsed(part, text)
        if value is None:
            click.echo(text)
        elif coloured(sys.stdout):
            self._console.print_json(json.dumps(value, ensure_ascii=False), ensure_ascii=False)
        else:
            click.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def _save(self, part: Part, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        suffix = part.attributes.get("format") or part.attributes.get("encoding") or ""
        if not suffix.isalnum() or suffix in {"utf8", "raw", "plain"}:
            suffix = SUFFIXES.get(part.kind, part.kind.name.lower())
        # The key is the other side's word: it names a file here and must not name one elsewhere.
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in part.key) or "part"
        number = self._saved[name] = self._saved.get(name, 0) + 1
        file = folder / (f"{name}.{suffix}" if number == 1 else f"{name}-{number}.{suffix}")
        file.write_bytes(part.data)
        note(f"{click.style(part.key, fg='cyan')}  {_about(part)} → {file}")


def told(reply: Reply) -> dict[str, object]:
    """A reply as JSON: text as ``text``, JSON as ``json``, bytes as ``base64``."""
    return {
        "stage": reply.stage.name,
        "attributes": dict(reply.attributes),
        "parts": [_told_part(part) for part in reply.parts],
    }


def _told_part(part: Part) -> dict[str, object]:
    about: dict[str, object] = {"key": part.key, "kind": part.kind.name, "stage": part.stage.name}
    if part.seq is not None:
        about["seq"] = part.seq
    if part.attributes:
        about["attributes"] = dict(part.attributes)
    text = _text(part)
    if text is None:
        about["base64"] = base64.b64encode(part.data).decode()
        return about
    value = _parsed(part, text)
    about |= {"text": text} if value is None else {"json": value}
    return about


def _text(part: Part) -> str | None:
    """The part as text, where it is meant to be text and is."""
    if part.kind is not Kind.TEXT:
        return None
    try:
        return str(part.data, "utf-8")
    except UnicodeDecodeError:
        return None


def _parsed(part: Part, text: str) -> object:
    """The JSON value of a part that says it is JSON, else None."""
    if part.attributes.get("format") != "json":
        return None
    try:
        value: object = json.loads(text)
    except ValueError:
        return None
    return value


def _about(part: Part) -> str:
    words = [part.kind.name, part.attributes.get("encoding", ""), f"{len(part.data):,} bytes"]
    if part.stage is not Stage.ONCE:
        words.append(part.stage.name)
    return " ".join(word for word in words if word)
