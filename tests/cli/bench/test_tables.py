"""A report as a person reads it."""

from __future__ import annotations

import io

from rich.console import Console

from athena.cli.bench.baseline import Ratio
from athena.cli.bench.tables import number, show

from .test_report import made


def shown(ratios: tuple[Ratio, ...] = (), message: str = "full") -> str:
    report = made()[0]
    report.figures["errors"][0]["message"] = message
    console = Console(file=io.StringIO(), width=120, highlight=False)
    show(console, report.figures, ("mind this [sic]",), ratios)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_everything_that_matters_is_there() -> None:
    text = shown((Ratio("answered per second", 2.0, 3.0, better=True), Ratio("whole p50 ms", 1.0, 3.0)))
    for words in (
        "3.00 calls/s",
        "6 answered, 2 failed (25.00%)",
        "p99.9",
        "OVERLOADED",
        "CPU 0.50 cores",
        "1.50",
        "3.00",
    ):
        assert words in text
    assert "whole: from when it was due to the last of its answer" in text
    assert "note: mind this [sic]" in text


def test_a_message_of_the_other_side_is_no_markup() -> None:
    assert "[red]x[/nonsense]" in shown(message="[red]x[/nonsense]")


def test_a_figure_is_no_more_exact_than_it_is() -> None:
    assert [number(value) for value in (1234.5, 12.34, 1.234, 0.1234, 0)] == ["1,234", "12.3", "1.23", "0.123", "0"]
