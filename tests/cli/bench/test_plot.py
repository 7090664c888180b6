"""A picture is drawn whatever the run was like; without matplotlib it is refused before the run."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import click
import pytest

from athena.cli.bench.histogram import Histogram
from athena.cli.bench.plan import Plan
from athena.cli.bench.plot import draw, require
from athena.cli.bench.report import build
from athena.cli.bench.tally import Tally

from .test_report import made


def test_a_run_becomes_a_picture(tmp_path: Path) -> None:
    report = made()[0]
    draw(report.figures, report.whole, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_a_run_without_an_answer_becomes_one_too(tmp_path: Path) -> None:
    report = build(Plan("x://y", "s", rate=5.0, duration=1.0), Tally(1), 0.0)
    draw(report.figures, Histogram(), tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text()[:2000]


def test_a_format_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    report = made()[0]
    with pytest.raises(click.UsageError, match=r"--plot .*a\.nothing"):
        draw(report.figures, report.whole, tmp_path / "a.nothing")


def test_without_matplotlib_it_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require()

    def absent(name: str) -> ModuleType:
        raise ModuleNotFoundError(name, name=name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(click.UsageError, match=r"pip install 'athena-serving\[bench\]'"):
        require()
