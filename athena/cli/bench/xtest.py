"""``xtest.toml``, the file of upstream's load tester, as a plan; every key is taken, or it is said why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from attrs import define, field, frozen

from ..._compat import tomllib
from .plan import Plan, Source

__all__ = ["Xtest", "read"]

SCHEME = "xsf"
KINDS = ("text", "audio", "image", "video")
WAYS = {0: "once", 1: "session", 2: "session", 3: "session"}
CUTS = {2: "lines", 3: "files"}
LEVELS = {0: "whole", 1: "first", 2: "last"}

# Keys that change nothing here, and why; "table." stands for all of a table.
IDLE = {
    "xtest.trace-ip": "there is no trace collector to name; a call carries its own trace id",
    "svcMode.svcId": "a service has one name here, that of svcMode.service",
    "svcMode.sub": "the kind of a service chooses nothing here",
    "svcMode.perfOn": "times are always measured",
    "svcMode.inputCmd": "a text is given on the command line, as KEY=TEXT",
    "svcMode.prometheus_switch": "the figures of this run are in --json, those of the server in its own metrics",
    "svcMode.prometheus_port": "this program listens nowhere; see prometheus_switch",
    "svcMode.gpuMon": "a GPU is watched wherever there is one",
    "svcMode.file_name_seq": "numbers within names are sorted as numbers anyway",
    "downstream.": "replies are counted and not kept; athena call -o FOLDER keeps them",
    "log.": "what there is to say goes to stderr",
    "trace.": "there is no trace collector to name; a call carries its own trace id",
}
STREAM_KEYS = {"inputSrc", "sliceOn", "sliceSize", "interval", "name", "type", "describe"}


@frozen
class Xtest:
    """What a file says.

    Attributes:
        plan: The load; its endpoint is "" where the file names none that can be reached.
        plot: Where a picture is wanted; "" for none.
        pid: The server's process; 0 where the file does not say.
        notes: What became of each key that is not simply taken.
    """

    plan: Plan
    plot: str = ""
    pid: int = 0
    notes: tuple[str, ...] = ()


@define
class _Reader:
    """The file's tables, and what is to be said of them."""

    tables: dict[str, Any]  # Any: toml
    notes: list[str] = field(factory=list)

    def table(self, name: str) -> Mapping[str, Any]:  # Any: toml
        found = self.tables.get(name, {})
        return found if isinstance(found, dict) else {}

    def number(self, table: str, key: str, default: int) -> int:
        """A whole number; another value is xtest's default, as it is there."""
        value = self.table(table).get(key, default)
        if isinstance(value, int):  # also a switch: sliceOn is written as both
            return int(value)
        self.notes.append(f"{table}.{key} = {value!r}: not a number; {default} is taken, as xtest does")
        return default

    def text(self, table: str, key: str, default: str = "") -> str:
        return str(self.table(table).get(key, default))


def read(path: Path, schemes: tuple[str, ...]) -> Xtest:
    """The plan that a file amounts to.

    Args:
        path: The file.
        schemes: Those of the channels that are installed.

    Raises:
        click.UsageError: It cannot be read, or names no input: there would be nothing to send.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise click.UsageError(f"--xtest {path}: {text}") from error
    reader = _Reader(tables)
    mode = _mode(reader)
    level = reader.number("svcMode", "perfLevel", 0)
    if level:
        reader.notes.append(f'svcMode.perfLevel = {level}: all times are shown; look at "{LEVELS.get(level, "whole")}"')
    timeout = (reader.number("svcMode", "timeout", 1000) + reader.number("svcMode", "timeLoss", 50)) / 1000
    if mode and "timeout" in reader.table("svcMode"):
        reader.notes.append("svcMode.timeout: xtest waits so long for each step; say --deadline for a whole session")
    plan = Plan(
        _endpoint(reader, schemes),
        reader.text("svcMode", "service", "AIservice"),
        WAYS[mode],
        tuple(_sources(reader, mode, path.parent)),
        params={key: _word(value) for key, value in reader.table("parameter").items()},
        headers={key.lower(): _word(value) for key, value in reader.table("header").items()},
        expect=tuple(_expected(reader)),
        deadline=None if mode else max(timeout, 0.001),
        concurrency=max(reader.number("svcMode", "multiThr", 100), 1),
        requests=max(reader.number("svcMode", "loopCnt", 10_000), 1),
        ramp=max(reader.number("svcMode", "linearMs", 0), 0) / 1000,
    )
    reader.notes += _idle(reader)
    plot = reader.text("svcMode", "plot_file") if reader.table("svcMode").get("plot", True) else ""
    return Xtest(plan, plot, max(reader.number("svcMode", "service_pid", 0), 0), tuple(reader.notes))


def _mode(reader: _Reader) -> int:
    mode = reader.number("svcMode", "sessMode", 0)
    if mode in WAYS:
        return mode
    reader.notes.append(f"svcMode.sessMode = {mode}: expected 0 to 3; 0 is taken")
    return 0


def _endpoint(reader: _Reader, schemes: tuple[str, ...]) -> str:
    """``AIservice@127.0.0.1:5090``; the first, where there are several."""
    given = reader.text("xtest", "taddrs")
    first = given.replace(",", ";").partition(";")[0].rpartition("@")[2].strip()
    if not first:
        return ""
    if SCHEME not in schemes:
        reader.notes.append(f"xtest.taddrs = {given!r}: no channel for {SCHEME}:// is installed, so ENDPOINT is needed")
        return ""
    if ";" in given or "," in given:
        reader.notes.append(f"xtest.taddrs = {given!r}: one endpoint is loaded, {first}")
    return f"{SCHEME}://{first}"


def _sources(reader: _Reader, mode: int, folder: Path) -> Iterator[Source]:
    """The streams that ``data.payload`` names."""
    sorting = reader.number("svcMode", "file_sorted", 0)
    if "file_sorted" in reader.table("svcMode") and sorting == 0:
        reader.notes.append("svcMode.file_sorted = 0: files are taken by name; --random draws them at random")
    named = [name.strip() for name in reader.text("data", "payload").split(";") if name.strip()]
    for name in named:
        if not reader.text(name, "inputSrc"):
            raise click.UsageError(
                f"--xtest: data.payload names {name!r}, and [{name}] has no inputSrc: nothing to send"
            )
        sliced = reader.number(name, "sliceOn", 0) and mode == 1
        interval = reader.number(name, "interval", 0)
        if interval and not mode:
            reader.notes.append(f"{name}.interval: of sessions; svcMode.sessMode is 0")
        yield Source(
            reader.text(name, "name", name),
            _kind(reader, name),
            # As xtest: relative to where it is run; a file beside the toml is found too.
            path=_found(reader.text(name, "inputSrc"), folder),
            attributes=_described(reader.text(name, "describe")),
            cut=max(reader.number(name, "sliceSize", 1280), 1) if sliced else 0,
            by=CUTS.get(mode, ""),
            pace=max(interval, 0) / 1000 if mode else 0.0,
            order="descending" if sorting == 2 else "ascending",
        )


def _expected(reader: _Reader) -> Iterator[Source]:
    for name in reader.text("data", "expect").split(";"):
        if name.strip() in reader.tables:
            table = name.strip()
            described = _described(reader.text(table, "describe"))
            yield Source(reader.text(table, "name", table), _kind(reader, table), attributes=described)


def _found(given: str, folder: Path) -> str:
    return given if Path(given).exists() or not (folder / given).exists() else str(folder / given)


def _kind(reader: _Reader, name: str) -> str:
    kind = reader.text(name, "type")
    if kind in KINDS:
        return kind
    reader.notes.append(f"{name}.type = {kind!r}: expected one of: {', '.join(KINDS)}; other is taken")
    return "other"


def _described(text: str) -> Mapping[str, str]:
    """``a=b;c=d``."""
    pairs = (pair.partition("=") for pair in text.split(";") if "=" in pair)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _idle(reader: _Reader) -> Iterator[str]:
    """A line for each key that changes nothing."""
    taken = {
        "xtest": {"taddrs"},
        "data": {"payload", "expect"},
        "svcMode": {"service", "timeout", "timeLoss", "multiThr", "loopCnt", "sessMode", "linearMs", "perfLevel"}
        | {"plot", "plot_file", "file_sorted", "service_pid"},
    }
    used = {name.strip() for key in ("payload", "expect") for name in reader.text("data", key).split(";")}
    for table, keys in reader.tables.items():
        if table in {"header", "parameter"}:
            continue
        if not isinstance(keys, dict):
            yield f"{table}: stands in no table; ignored"
        elif f"{table}." in IDLE:
            yield f"[{table}]: {IDLE[f'{table}.']}"
        elif table not in taken and table not in used:
            yield f"[{table}]: named neither in data.payload nor in data.expect; not used"
        else:
            known = taken.get(table, STREAM_KEYS)
            for key in keys:
                if key not in known:
                    yield f"{table}.{key}: {IDLE.get(f'{table}.{key}', 'xtest has no such key; ignored')}"
