"""What can travel is let through as it is; what cannot is named; an iterator's replies are joined."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Cancelled, Executed, Fault, ServiceError
from athena.executors.replies import checked, fault_of, join, user_error
from athena.models import Kind, Part, Reply, Stage

ATTRIBUTES = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
PARTS = st.builds(
    Part, st.text(max_size=3), st.binary(max_size=20) | st.binary(max_size=20).map(memoryview),
    st.sampled_from(Kind), st.sampled_from(Stage), st.none() | st.integers(0, 9), ATTRIBUTES,
)  # fmt: skip
REPLIES = st.builds(Reply, st.lists(PARTS, max_size=4).map(tuple), st.sampled_from(Stage), ATTRIBUTES)


@given(REPLIES)
def test_every_sound_reply_is_let_through_as_the_very_same_object(reply: Reply) -> None:
    assert checked(reply, "hook", 1 << 20) is reply


def test_a_list_of_parts_is_meant_well() -> None:
    reply = checked(Reply([Part("a"), Part("b")]), "hook", 100)  # type: ignore[arg-type]
    assert [part.key for part in reply.parts] == ["a", "b"]
    assert type(reply.parts) is tuple


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (None, "athena_x returned NoneType; expected a Reply"),
        (Reply((Part("x", "t"),)), "part 'x' with data of type str; expected bytes; use Part.from_text"),  # type: ignore[arg-type]
        (Reply(("x",)), "a str among its parts"),  # type: ignore[arg-type]
        (Reply((), attributes={"n": 1}), "attribute 'n' of type int; expected str"),  # type: ignore[dict-item]
    ],
)
def test_a_refusal_names_the_hook_and_the_type_that_came(reply: object, words: str) -> None:
    with pytest.raises(ServiceError) as caught:
        checked(reply, "athena_x", 100)
    assert words in caught.value.message
    assert (caught.value.fault, caught.value.executed) == (Fault.USER_ERROR, Executed.YES)


@pytest.mark.parametrize(("size", "fits"), [(9, True), (10, True), (11, False)])
def test_the_limit_is_inclusive_and_counts_all_parts(size: int, fits: bool) -> None:
    reply = Reply((Part("a", b"x" * 5), Part("b", memoryview(b"y" * (size - 5)))))
    if fits:
        assert checked(reply, "hook", 10) is reply
        return
    with pytest.raises(ServiceError, match="returned 11 bytes; at most 10 can travel") as caught:
        checked(reply, "hook", 10)
    assert caught.value.fault is Fault.TOO_LARGE


def test_what_a_hook_raised_goes_to_the_log_under_the_id_the_client_sees(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        error = fault_of(ValueError("the password is hunter2"), "athena_once_exec")
    assert error.error_id in error.message
    assert "hunter2" not in error.message
    assert error.error_id in caplog.text
    assert "hunter2" in caplog.text


def test_a_wrapper_that_was_cancelled_is_not_at_fault() -> None:
    error = fault_of(Cancelled("gone"), "hook")
    assert (error.fault, error.executed) == (Fault.CANCELLED, Executed.YES)


@pytest.mark.parametrize(
    "error",
    [
        ServiceError(Fault.USER_ERROR, b"bytes"),  # type: ignore[arg-type]
        ServiceError(Fault.USER_ERROR, "x", code="E12"),  # type: ignore[arg-type]
        ServiceError(Fault.USER_ERROR, "x", retry_after="soon"),  # type: ignore[arg-type]
        ServiceError("USER_ERROR", "x"),  # type: ignore[arg-type]
    ],
)
def test_an_error_no_wire_can_carry_is_said_in_words_of_ours(error: ServiceError) -> None:
    told = fault_of(error, "hook")
    assert told.fault is Fault.USER_ERROR
    assert "hook raised a ServiceError whose" in told.message


def test_a_user_error_says_that_the_wrapper_ran() -> None:
    assert user_error("hook", "went wrong").executed is Executed.YES


@given(st.lists(REPLIES, max_size=6))
def test_joining_loses_no_byte_and_keeps_the_order_within_each_key(replies: list[Reply]) -> None:
    joined = join(replies)
    expected: dict[str, bytes] = {}
    for reply in replies:
        for part in reply.parts:
            expected[part.key] = expected.get(part.key, b"") + bytes(part.data)
    assert {part.key: bytes(part.data) for part in joined.parts} == expected
    assert list(expected) == [part.key for part in joined.parts]
    assert joined.stage is Stage.ONCE
    assert {part.stage for part in joined.parts} <= {Stage.ONCE}


def test_units_of_the_items_add_up_and_other_attributes_are_the_last_word() -> None:
    joined = join(
        [
            Reply((), attributes={"usage.tokens": "2", "model": "a"}),
            Reply((), attributes={"usage.tokens": "3.5", "model": "b"}),
        ]
    )
    assert joined.attributes == {"usage.tokens": "5.5", "model": "b"}


def test_a_unit_that_is_no_number_does_not_spoil_the_reply() -> None:
    joined = join([Reply((), attributes={"usage.x": "2"}), Reply((), attributes={"usage.x": "many"})])
    assert joined.attributes == {"usage.x": "many"}


def test_nothing_joined_is_an_empty_reply() -> None:
    assert join([]).parts == ()
