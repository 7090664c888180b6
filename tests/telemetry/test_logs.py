"""Logs that a machine can read, and people."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from athena.errors import Fault
from athena.telemetry import setup_logging


@contextmanager
def stderr(*, terminal: bool = False) -> Iterator[io.StringIO]:
    """Not a fixture: pytest puts its own stderr in place between a fixture and its test."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "isatty", lambda: terminal)
        patch.setattr(sys, "stderr", stream)
        try:
            yield stream
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)


def test_json_logs_are_one_object_per_line_with_the_traceback_inside() -> None:
    with stderr() as stream:
        setup_logging("info", "json")
        log = logging.getLogger("athena.test")
        log.info("hello %s", "you")
        try:
            raise ValueError("two\nlines")
        except ValueError:
            log.exception("it failed")
        log.debug("not this one")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line["level"], line["logger"]) for line in lines] == [
        ("hello you", "info", "athena.test"),
        ("it failed", "error", "athena.test"),
    ]
    assert "two\nlines" in lines[1]["exception"]
    assert all("timestamp" in line for line in lines)


def test_a_second_setup_replaces_the_first_and_leaves_the_handlers_of_others() -> None:
    other = logging.NullHandler()
    with stderr() as stream:
        logging.getLogger().addHandler(other)
        for _ in range(3):
            setup_logging("INFO", "console")
        logging.getLogger("athena.test").info("once only")
        assert other in logging.getLogger().handlers
    assert stream.getvalue().count("once only") == 1


FACTS = {"principal": "ann", "seconds": 0.25, "executed": "no", "service": "two words", "worker": 3}


def test_a_json_line_carries_the_facts_and_nothing_else_that_was_put_beside_it() -> None:
    with stderr() as stream:
        setup_logging("info", "json")
        logging.getLogger("athena.test").info("over", extra={**FACTS, "password": "secret"})
    line = json.loads(stream.getvalue())
    assert line.keys() == {"event", "level", "logger", "timestamp", *FACTS}
    assert {name: line[name] for name in FACTS} == FACTS


def test_a_fact_that_is_no_json_is_shown_as_python_shows_it() -> None:
    with stderr() as stream:
        setup_logging("info", "json")
        logging.getLogger("athena.test").info("over", extra={"worker": Fault.DEADLINE})
    assert json.loads(stream.getvalue())["worker"] == repr(Fault.DEADLINE)


def test_a_console_line_is_for_people_and_the_traceback_stands_below() -> None:
    with stderr() as stream:
        setup_logging("info", "console")
        log = logging.getLogger("athena.test")
        log.warning("slow", extra=FACTS)
        try:
            raise ValueError("no")
        except ValueError:
            log.exception("it failed")
    first, second, *below = stream.getvalue().splitlines()
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    assert re.fullmatch(rf"{moment} \[warning  \] slow +\[athena\.test\] .*", first)
    assert first.endswith("service='two words' principal=ann executed=no seconds=0.25 worker=3")
    assert re.fullmatch(rf"{moment} \[error    \] it failed +\[athena\.test\]", second)
    assert (below[0], below[-1]) == ("Traceback (most recent call last):", "ValueError: no")


@pytest.mark.parametrize(
    ("style", "terminal", "painted", "objects"),
    [
        ("auto", True, True, False),
        ("auto", False, False, True),
        ("console", False, False, False),
        ("json", True, False, True),
    ],
)
def test_auto_asks_whether_somebody_looks_and_colour_is_for_terminals(
    style: str, terminal: bool, painted: bool, objects: bool
) -> None:
    with stderr(terminal=terminal) as stream:
        setup_logging("info", style)
        logging.getLogger("athena.test").info("hello")
    assert ("\x1b[" in stream.getvalue(), stream.getvalue().startswith("{")) == (painted, objects)
