"""The journal that probes write and tests read."""

from __future__ import annotations

import threading
from pathlib import Path

from athena.testing.journal import Journal


def test_events_are_found_by_name_and_tag(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.note("create", "a", sid="1")
    journal.note("destroy", "a")
    journal.note("create", "b", sid="2")
    assert [entry["sid"] for entry in journal.find("create")] == ["1", "2"]
    assert journal.count("create", "a") == 1
    assert journal.count("create", "c") == 0


def test_a_journal_nobody_wrote_is_empty_and_one_without_a_path_notes_nothing(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none").find("create") == []
    Journal("").note("create")
    assert list(tmp_path.iterdir()) == []


def test_many_threads_note_whole_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")

    def work(name: str) -> None:
        for _ in range(100):
            journal.note("event", name, padding="x" * 200)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [journal.count("event", str(number)) for number in range(8)] == [100] * 8
