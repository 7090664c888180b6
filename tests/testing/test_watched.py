"""Waiting for what a probe notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena.testing.watched import WatchedJournal


async def test_waiting_for_what_does_not_come_says_so(tmp_path: Path) -> None:
    journal = WatchedJournal(tmp_path / "journal")
    with pytest.raises(AssertionError, match=r"no 'destroy' of 'x' within 0.05 s"):
        await journal.seen("destroy", "x", within=0.05)
    journal.note("destroy", "x")
    assert (await journal.seen("destroy", "x", within=0.05))["tag"] == "x"
