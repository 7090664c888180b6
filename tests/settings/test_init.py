"""What the package costs, and what it offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import athena.settings
from athena.settings import tables


def loaded(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_values_and_problems_are_had_without_cattrs() -> None:
    modules = loaded(
        "import athena, athena.settings.problems, athena.settings.source\nfrom athena.settings import Settings"
    )
    assert "athena.settings.problems" in modules
    assert "cattrs" not in modules


def test_reading_is_fetched_when_asked_for() -> None:
    assert athena.settings.read is tables.read
    assert "cattrs" in loaded("from athena.settings import read")


def test_all_that_is_promised_is_there_and_nothing_else() -> None:
    assert all(hasattr(athena.settings, name) for name in athena.settings.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = athena.settings.nothing
