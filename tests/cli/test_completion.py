"""What a shell is told once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from .conftest import in_a_process

Athena = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str, athena: Athena) -> None:
    code, out, err = athena("completion", shell)
    assert (code, err) == (0, "")
    assert f"_ATHENA_COMPLETE={shell}_complete" in out


def test_commands_are_completed_by_name() -> None:
    done = in_a_process(_ATHENA_COMPLETE="bash_complete", COMP_WORDS="athena c", COMP_CWORD="1")
    assert done.stdout.split() == ["plain,check", "plain,call", "plain,create", "plain,completion"]


def test_options_are_completed_once_the_command_is_typed() -> None:
    done = in_a_process(_ATHENA_COMPLETE="bash_complete", COMP_WORDS="athena plugins --j", COMP_CWORD="2")
    assert done.stdout.split() == ["plain,--json"]


def test_completing_a_command_imports_none() -> None:
    code = """
import sys, os
os.environ |= {"_ATHENA_COMPLETE": "bash_complete", "COMP_WORDS": "athena ", "COMP_CWORD": "1"}
from athena.cli import main
try:
    main([])
except SystemExit:
    print(sorted(name for name in sys.modules if name.startswith("athena.cli.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=False)
    own = [f"athena.cli.{name}" for name in ("app", "garbage", "streams", "terminal")]
    assert done.stdout.splitlines()[-1] == str(own)


def test_another_shell_is_refused_and_the_known_ones_named(athena: Athena) -> None:
    code, _, err = athena("completion", "tcsh")
    assert code == 2
    assert "'bash', 'zsh', 'fish'" in err
