"""How commands speak."""

from __future__ import annotations

import io

import pytest

from athena.cli.terminal import coloured, describe_fault, explain_problems
from athena.errors import Executed, Fault, ServiceError, SettingsError
from athena.settings import Problem


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_colour_is_for_people_who_have_not_declined_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert coloured(Tty())
    assert not coloured(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured(Tty())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not coloured(Tty())


def test_problems_are_printed_one_per_line_as_they_print_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem(("a", "b c"), "wrong", "x.toml", 3), Problem((), "no such file", "x.toml"), Problem((), "odd")]
    explain_problems(SettingsError(problems))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [str(problem) for problem in problems]


def test_a_fault_says_what_may_be_done_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ServiceError(Fault.NOT_FOUND, "no service x")
    assert "NOT_FOUND" in describe_fault(plain)
    assert describe_fault(plain).endswith(": no service x")
    told = ServiceError(Fault.QUOTA, "too much", executed=Executed.YES, code=7, retry_after=1.5, error_id="ab")
    assert describe_fault(told).endswith("too much (executed: yes, code 7, error ab, try again after 1.5 s)")
