"""Every step of the authors' tutorial runs, and shows what the page says it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.tutorial import BLOCK, PAGE, Terminal, transcript


@pytest.mark.timeout(240)
def test_every_step_of_the_tutorial_shows_what_the_page_says(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(BLOCK.findall(page)) >= 5
    assert transcript(page, tmp_path) == page, "python -m tools.tutorial writes what it shows now"


def test_a_step_that_fails_and_one_that_shows_something_else_are_seen(tmp_path: Path) -> None:
    page = "```console\n$ echo one\ntwo\n```\n"
    assert transcript(page, tmp_path) == page.replace("two", "one")
    with pytest.raises(RuntimeError, match="no such command"):
        Terminal(tmp_path).run("echo no such command; false")
