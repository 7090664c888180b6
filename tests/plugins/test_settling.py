"""A table becomes a section, and where there is nothing to settle nothing is imported for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from athena.errors import SettingsError
from athena.plugins.settling import settled
from athena.section import option, section


@section
class Section:
    """One option."""

    size: int = option(3, help="How large.")


def test_a_table_becomes_the_section_and_a_plugin_without_one_takes_no_keys() -> None:
    assert settled(Section, {"size": 4}, ("config",)).size == 4
    assert settled(Section, {}, ("config",)).size == 3
    assert settled(None, {}, ("config",)) is None
    with pytest.raises(SettingsError, match="size"):
        settled(None, {"size": 4}, ("config",))


@pytest.mark.parametrize("table", [[], "", None, 0])
def test_what_is_no_table_is_refused_though_there_is_no_section(table: object) -> None:
    with pytest.raises(SettingsError):
        settled(None, table, ("config",))  # type: ignore[arg-type]


def test_a_worker_whose_wrapper_takes_no_keys_imports_nothing_that_reads_them() -> None:
    code = """
import sys
from pathlib import Path
import athena.worker.__main__
from athena.plugins import load_wrapper
load_wrapper("athena:Wrapper", service="x", config={}, middleware={}, folder=Path())
away = ("asyncio", "cattrs", "click", "importlib.metadata", "tomllib", "athena.kernel", "athena.telemetry")
print([name for name in away if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout == "[]\n"
