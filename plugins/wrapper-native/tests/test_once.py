"""Single calls, by return and by callback: what goes in, what comes out, whose memory is freed, who is told what."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from athena import Cancelled, Fault, Kind, Part, Request, ServiceError, Stage

ASYNC = {"asynchronous": True}
BOTH = pytest.mark.parametrize("own", [{}, ASYNC], ids=["sync", "async"])


def ask(wrapper: Any, *parts: Part, **params: str) -> Any:
    return wrapper.athena_once_exec(Request("s", "sid", parts, params))


def state(wrapper: Any) -> list[int]:
    """Allocations alive in the library, frees, and destroys."""
    return [int(word) for word in ask(wrapper, do="state").part("state").text.split()[:3]]


@BOTH
def test_what_goes_in_comes_out_with_nuls_kinds_stages_and_descriptions(opened: Any, own: dict[str, bool]) -> None:
    parts = (
        Part("image", b"\0\x01\0", Kind.IMAGE, Stage.ONCE, None, {"encoding": "jpg"}),
        Part("text", "ü".encode(), Kind.TEXT, Stage.END),
        Part("none", b"", Kind.AUDIO),
        Part("image", memoryview(b"again"), Kind.OTHER, Stage.BEGIN),
    )
    found = ask(opened(native=own), *parts).parts
    assert [(p.key, p.data, p.kind, p.stage, dict(p.attributes)) for p in found] == [
        (p.key, bytes(p.data), p.kind, p.stage, dict(p.attributes)) for p in parts
    ]


@BOTH
def test_parameters_arrive_with_nuls_and_with_the_sid(opened: Any, own: dict[str, bool]) -> None:
    reply = ask(opened(native=own), do="seen", odd="a\0b")
    assert {part.key: part.data for part in reply.parts} == {
        "do": b"seen", "odd": b"a\0b", "sid": b"sid", "lists": b"params=list data=NULL ids=",
    }  # fmt: skip


@BOTH
def test_headers_are_passed_where_that_is_asked_for(opened: Any, own: dict[str, bool]) -> None:
    wrapper = opened(native={**own, "header_pass": ["App_Id", "uid", "gone"]})
    headers = {"app_id": "me", "uid": "header's", "other": "x"}
    reply = wrapper.athena_once_exec(Request("s", "sid", (), {"do": "seen", "uid": "own"}, headers))
    found = {part.key: part.text for part in reply.parts}
    assert (found["app_id"], found["uid"]) == ("me", "own")
    assert "other" not in found


@BOTH
@pytest.mark.parametrize(("dummies", "word"), [(False, "NULL"), (True, "dummy")])
def test_an_empty_list_is_null_or_a_dummy_node(opened: Any, own: dict[str, bool], dummies: bool, word: str) -> None:
    reply = ask(opened(native={**own, "dummies": dummies}), do="seen")
    assert reply.part("lists").text == f"params=list data={word} ids="


@BOTH
def test_a_result_of_nothing_is_a_reply_without_parts(opened: Any, own: dict[str, bool]) -> None:
    assert ask(opened(native=own), do="nothing").parts == ()


@BOTH
def test_odd_nodes_are_skipped_or_put_right(opened: Any, own: dict[str, bool]) -> None:
    (part,) = ask(opened(native=own), do="odd").parts
    assert (part.key, part.kind, part.stage) == ("odd", Kind.OTHER, Stage.ONCE)


@BOTH
@pytest.mark.parametrize("code", [1, 20001, -9, 2**31 - 1])
def test_a_code_that_is_returned_is_kept_with_its_words(opened: Any, own: dict[str, bool], code: int) -> None:
    with pytest.raises(ServiceError) as caught:
        ask(opened(native=own), do="error", code=str(code))
    assert (caught.value.fault, caught.value.code) == (Fault.USER_ERROR, code)
    assert code < 0 or caught.value.message == "the words for it"


def test_a_code_that_comes_by_callback_is_kept_with_its_words(opened: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        ask(opened(native=ASYNC), do="fail", code="20007")
    assert (caught.value.code, caught.value.message) == (20007, "the words for it")


@BOTH
def test_a_list_that_cannot_be_one_is_an_error_and_is_freed(opened: Any, own: dict[str, bool]) -> None:
    wrapper = opened(native=own)
    before = state(wrapper)[1]
    with pytest.raises(ServiceError, match="gave 5 bytes for 'hole' and no data"):
        ask(wrapper, do="hole")
    if not own:
        with pytest.raises(ServiceError, match="its end must be NULL"):
            ask(wrapper, Part("a", b"x"), do="ring")
        assert state(wrapper)[1] == before + 3


def test_every_result_is_handed_back_to_be_freed_once_and_errors_are_not(opened: Any) -> None:
    wrapper = opened()
    before = state(wrapper)
    for _ in range(20):
        ask(wrapper, Part("a", b"x", attributes={"k": "v"}))
    with pytest.raises(ServiceError):
        ask(wrapper, do="error", code="5")
    after = state(wrapper)
    assert after[1] - before[1] == 21  # twenty, and the first question about the state
    assert after[0] == before[0], "the library's own count of what is alive"


def test_a_callback_may_come_before_the_call_has_returned(opened: Any) -> None:
    reply = ask(opened(native=ASYNC), Part("a", b"x"), do="here")
    assert reply.part("a").data == b"x"


def test_a_callback_may_name_the_call_by_our_pointer_or_by_a_copy(opened: Any) -> None:
    wrapper = opened(native=ASYNC)
    for pointer in ("same", "copy"):
        assert ask(wrapper, Part("a", b"x"), pointer=pointer, wait="5").part("a").data == b"x"


def unheard(wrapper: Any) -> int:
    """Callbacks that the library was told -1 for."""
    return int(ask(wrapper, do="returned").part("returned").text.split()[1])


def until(true: Any, what: str) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def test_a_second_callback_is_minus_one(opened: Any) -> None:
    wrapper = opened(native=ASYNC)
    before = unheard(wrapper)
    ask(wrapper, Part("a", b"x"), do="twice")
    until(lambda: unheard(wrapper) == before + 1, "the second was refused")


class Gone:
    cancelled = False


def test_who_waits_no_longer_is_let_go_and_the_late_callback_finds_nobody(opened: Any) -> None:
    wrapper, gone = opened(native=ASYNC), Gone()
    before = unheard(wrapper)
    threading.Timer(0.1, setattr, (gone, "cancelled", True)).start()
    with pytest.raises(Cancelled):
        wrapper.athena_once_exec(Request("s", "sid", params={"wait": "400", "pointer": "same"}, cancellation=gone))
    assert len(wrapper.library.tags) == 0
    until(lambda: unheard(wrapper) == before + 1, "the late callback was refused")


@BOTH
def test_many_calls_at_once_get_their_own_answers(opened: Any, own: dict[str, bool]) -> None:
    wrapper = opened(native=own)
    wrong: list[object] = []

    def call(number: int) -> None:
        for turn in range(25):
            data = f"{number}-{turn}".encode()
            reply = ask(wrapper, Part("a", data))
            if reply.part("a").data != data:
                wrong.append(reply)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    assert len(wrapper.library.tags) == 0
