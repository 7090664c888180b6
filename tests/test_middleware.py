"""The helper that lets middleware see the items and the end of an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from athena.errors import Cancelled, Fault, ServiceError
from athena.middleware import each
from athena.models import Part, Reply


def reply(text: str) -> Reply:
    return Reply((Part.from_text("text", text),))


def loud(one: Reply) -> Reply:
    return reply(one.part("text").text.upper())


def texts(replies: object) -> list[str]:
    assert isinstance(replies, Iterator | list)
    return [one.part("text").text for one in replies if isinstance(one, Reply)]


class Ends(list["BaseException | None"]):
    """What was told at the end."""


def three(closed: list[str], error: BaseException | None = None) -> Iterator[Reply]:
    try:
        yield reply("a")
        yield reply("b")
        if error is not None:
            raise error
        yield reply("c")
    finally:
        closed.append("closed")


def test_a_plain_reply_is_seen_and_ended_at_once() -> None:
    ends = Ends()
    assert texts([each(reply("a"), item=loud, ended=ends.append)]) == ["A"]
    assert ends == [None]


def test_an_iterator_ends_when_it_is_consumed_and_not_before() -> None:
    ends, closed = Ends(), []
    items = each(three(closed), item=loud, ended=ends.append)
    assert (next(items).part("text").text, ends) == ("A", [])
    assert texts(items) == ["B", "C"]
    assert (ends, closed) == ([None], ["closed"])


def test_what_an_iterator_raises_is_told_and_goes_on() -> None:
    ends, closed, error = Ends(), [], ServiceError(Fault.USER_ERROR, "no")
    items = each(three(closed, error), ended=ends.append)
    with pytest.raises(ServiceError) as caught:
        texts(items)
    assert caught.value is error
    assert (ends, closed) == ([error], ["closed"])


def test_an_iterator_that_nobody_reads_on_is_closed_before_its_end_is_told() -> None:
    closed: list[str] = []
    told: list[tuple[type, list[str]]] = []
    items = each(three(closed), ended=lambda error: told.append((type(error), list(closed))))
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert told == [(Cancelled, ["closed"])]


def test_a_batch_is_seen_reply_by_reply_and_its_errors_stay() -> None:
    ends, error = Ends(), ServiceError(Fault.BAD_REQUEST, "no")
    answers = each([reply("a"), error, reply("b")], item=loud, ended=ends.append)
    assert texts(answers) == ["A", "B"]
    assert answers[1] is error
    assert ends == [None]
