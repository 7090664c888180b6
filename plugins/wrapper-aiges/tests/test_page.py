"""The page that says what runs is written from the files that show it."""

from __future__ import annotations

from .shapes import MARK, NAMES, ONCES, PAGE, STREAMS, SURVEYED, doc, table
from .test_compat import WIRES


def test_every_file_is_asked_once_or_in_sessions() -> None:
    assert sorted({*ONCES, *STREAMS}) == NAMES


def test_the_page_has_the_table_as_the_files_give_it() -> None:
    _, found, rest = PAGE.read_text(encoding="utf-8").partition(MARK + "\n\n")
    assert found, f"{PAGE.name} has lost its mark: {MARK}"
    own, _, _ = rest.partition("\n\n")
    assert own + "\n" == table(WIRES), f"write this into {PAGE.name}:\n{table(WIRES)}"


def test_each_file_of_the_survey_is_named_by_one_that_stands_for_it() -> None:
    told = " ".join(map(doc, NAMES))
    assert [name for name in SURVEYED if name not in told] == []
