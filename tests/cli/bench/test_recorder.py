"""What one process has seen: only what was due after the warm-up, in bounded memory."""

from __future__ import annotations

import json

from athena.cli.bench.recorder import MOST_MESSAGES, OTHER, Answered, Recorder, Seen, line


def test_a_call_that_was_due_in_the_warm_up_is_not_counted() -> None:
    recorder = Recorder(10.0, 20.0, open_loop=True)
    for due in (9.9, 10.0):
        recorder.began(due, due + 0.5, 100)
    assert recorder.flying == 2
    for due in (9.9, 10.0):
        recorder.answered(due, due + 0.5, due + 2.0, Answered(1, 7))
    seen = recorder.taken()
    assert (seen.began, seen.answered, seen.sent, seen.received, recorder.flying) == (1, 1, 100, 7, 0)


def test_an_open_loop_counts_from_when_a_call_was_due() -> None:
    recorder = Recorder(0.0, 20.0, open_loop=True)
    recorder.began(1.0, 1.5, 0)
    recorder.answered(1.0, 1.5, 3.0, Answered(2, 0, first=2.0, last=2.5, frames=(0.25,), late=(0.125,)))
    told = {name: histogram.most / 1e9 for name, histogram in recorder.taken().times.items() if histogram.count}
    assert told == {"whole": 2.0, "sent": 1.5, "first": 1.0, "last": 0.5, "frame": 0.25, "late": 0.5}


def test_an_answer_after_the_end_counts_but_not_as_timely() -> None:
    recorder = Recorder(0.0, 2.0, open_loop=False)
    for now in (1.0, 3.0):
        recorder.began(0.5, 0.5, 0)
        recorder.answered(0.5, 0.5, now, Answered(1, 0))
    seen = recorder.taken()
    assert (seen.answered, seen.timely, recorder.over) == (2, 1, 3.0)


def test_what_is_taken_is_not_counted_again() -> None:
    recorder = Recorder(0.0, 2.0, open_loop=False)
    recorder.began(0.5, 0.5, 0)
    recorder.failed(0.5, 0.75, "DEADLINE", "too late")
    assert recorder.taken().faults == {("DEADLINE", "too late"): 1}
    assert recorder.taken() == Seen()


def test_messages_that_all_differ_do_not_fill_the_memory() -> None:
    seen = Seen()
    for number in range(10 * MOST_MESSAGES):
        seen.blame("USER_ERROR", f"row {number}")
    assert len(seen.faults) == MOST_MESSAGES + 1
    assert seen.faults[OTHER] == 9 * MOST_MESSAGES


def test_it_survives_the_way_to_the_process_that_reports() -> None:
    recorder = Recorder(0.0, 2.0, open_loop=True)
    recorder.began(0.5, 0.5, 3)
    recorder.answered(0.5, 0.5, 0.75, Answered(1, 4, first=0.6))
    recorder.began(0.5, 0.5, 3)
    recorder.failed(0.5, 0.75, "DEADLINE", "too late")
    seen = recorder.taken()
    said = json.loads(line("seen", **seen.packed()))
    again = Seen.unpacked(said)
    assert said["kind"] == "seen"
    assert again.packed() == seen.packed()
    again.merge(seen)
    assert (again.began, again.faults) == (4, {("DEADLINE", "too late"): 2})
    assert again.times["first"].count == 2
