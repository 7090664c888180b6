"""Every way to go wrong does what its name says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from athena.models import Reply
from athena.testing.misbehave import DEADLY, RAISES, RETURNS, misbehave


@pytest.mark.parametrize("kind", RAISES)
def test_what_raises_raises(kind: str) -> None:
    with pytest.raises(BaseException) as caught:
        misbehave(kind)
    assert not isinstance(caught.value, KeyError), f"{kind} is not known"


@pytest.mark.parametrize("kind", RETURNS)
def test_what_returns_returns_no_reply(kind: str) -> None:
    assert not isinstance(misbehave(kind), Reply)


@pytest.mark.parametrize("kind", DEADLY)
def test_what_is_deadly_ends_the_process(kind: str) -> None:
    code = f"from athena.testing.misbehave import misbehave; misbehave({kind!r}); print('alive')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == ({"os-exit": 9, "kill": -9}[kind], b"")


def test_nothing_here_is_known_by_two_names() -> None:
    kinds = (*RAISES, *RETURNS, *DEADLY)
    assert len(kinds) == len(set(kinds))
