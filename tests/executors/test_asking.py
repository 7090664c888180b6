"""When a wrapper is asked for replies: until it has nothing, then after 5, 10, 20 … 100 ms, for 1 s."""

from __future__ import annotations

from collections.abc import Callable

from athena.executors.asking import FIRST_WAIT, LONGEST_WAIT, PATIENCE, Asking


class Clockwork:
    """Lanes and turns that only note what is wanted; time passes when the test says so."""

    def __init__(self, *answers: bool | None) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.delays: list[float] = []
        self.due: list[Callable[[], object]] = []

    def submit_later(self, delay: float, job: Callable[[], object]) -> None:
        self.delays.append(delay)
        self.due.append(job)

    def add(self, job: Callable[[], object]) -> None:
        job()

    def ask(self) -> bool | None:
        self.asked += 1
        return self.answers.pop(0) if self.answers else False

    def asking(self, insist: bool = False) -> Asking:
        return Asking(self, self, self.ask, lambda: insist)  # type: ignore[arg-type]

    def pass_time(self) -> None:
        due, self.due = self.due, []
        for job in due:
            job()


def test_it_is_asked_again_at_once_while_it_has_something() -> None:
    work = Clockwork(True, True, True)
    work.asking().now()
    assert work.asked == 4
    assert work.delays == [FIRST_WAIT]


def test_it_is_asked_ever_more_rarely_and_then_no_more() -> None:
    work = Clockwork()
    work.asking().now()
    while work.due:
        work.pass_time()
    assert work.delays[0] == FIRST_WAIT
    assert max(work.delays) == LONGEST_WAIT
    assert work.delays == sorted(work.delays)
    assert PATIENCE <= sum(work.delays) < PATIENCE + LONGEST_WAIT


def test_who_waits_for_the_end_is_not_given_up() -> None:
    work = Clockwork()
    work.asking(insist=True).now()
    for _ in range(100):
        work.pass_time()
    assert sum(work.delays) > 5 * PATIENCE


def test_a_reply_begins_the_patience_anew() -> None:
    work = Clockwork(False, False, False, True)
    work.asking().now()
    for _ in range(3):
        work.pass_time()
    assert work.delays[-1] == FIRST_WAIT


def test_a_new_question_replaces_the_one_that_waits() -> None:
    work = Clockwork()
    asking = work.asking()
    asking.now()
    asking.now()
    asked = work.asked
    work.pass_time()
    assert work.asked == asked + 1, "two schedules of one session run beside each other"


def test_nobody_is_asked_once_it_is_over() -> None:
    work = Clockwork(None)
    work.asking().now()
    assert (work.asked, work.delays) == (1, [])
