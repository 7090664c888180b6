"""The command where no script is on the path."""

from __future__ import annotations

from athena import __version__

from .conftest import in_a_process


def test_python_m_athena_cli_is_the_command() -> None:
    done = in_a_process("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"athena {__version__} (Python 3.")


def test_its_exit_code_is_that_of_the_command() -> None:
    assert in_a_process("nonsense").returncode == 2
