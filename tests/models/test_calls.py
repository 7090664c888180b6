"""Calls, callers and answers: who still waits, until when, and what is missing."""

from __future__ import annotations

import time

import attrs
import pytest

from athena.errors import Fault, ServiceError
from athena.models import (
    ANONYMOUS,
    EMPTY,
    Part,
    Reply,
    Request,
    ServiceSettings,
    SessionContext,
    Stage,
    named_resources,
)


class Gone:
    """A cancellation that has happened."""

    cancelled = True

    def on_cancel(self, callback: object) -> None:
        raise AssertionError("nobody asked")


def test_values_are_frozen_and_a_changed_copy_is_another() -> None:
    request = Request("ocr")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.sid = "x"  # type: ignore[misc]
    assert attrs.evolve(request, sid="x").sid == "x"
    assert request.sid == ""


def test_shared_defaults_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        EMPTY["a"] = "b"  # type: ignore[index]
    with pytest.raises(TypeError):
        ServiceSettings("a").config["b"] = 1  # type: ignore[index]


def test_the_repr_of_data_shows_its_size_not_itself() -> None:
    assert repr(Part("x", b"secret", seq=4)) == "Part('x', 6 bytes, OTHER, ONCE, seq=4)"
    assert "secret" not in repr(Request("s", parts=(Part("x", b"secret"),), headers={"authorization": "secret"}))


def test_a_missing_part_is_the_callers_fault_and_names_those_there_are() -> None:
    request = Request("ocr", parts=(Part("b"), Part("a")))
    assert request.get("c") is None
    assert request.part("a").key == "a"
    with pytest.raises(ServiceError, match=r"payload\.c: missing; the request has: a, b") as caught:
        request.part("c")
    assert caught.value.fault is Fault.BAD_REQUEST
    with pytest.raises(KeyError, match="the reply has: none"):
        Reply().part("c")


def test_a_request_is_cancelled_by_its_caller_or_by_its_deadline() -> None:
    assert not Request("s").cancelled
    assert Request("s", cancellation=Gone()).cancelled
    assert Request("s", deadline=time.monotonic() - 1).cancelled
    assert not Request("s", deadline=time.monotonic() + 60).cancelled


def test_what_remains_of_a_deadline_is_never_negative() -> None:
    assert Request("s").remaining is None
    assert Request("s", deadline=time.monotonic() - 5).remaining == 0.0
    assert 0 < (Request("s", deadline=time.monotonic() + 60).remaining or 0) <= 60


def test_a_write_has_ended_when_each_of_its_parts_has() -> None:
    assert Request("s", parts=(Part("a", stage=Stage.END), Part("b"))).ended
    assert not Request("s", parts=(Part("a", stage=Stage.END), Part("b", stage=Stage.CONTINUE))).ended
    assert not Request("s").ended


def test_a_session_is_cancelled_like_a_request() -> None:
    context = SessionContext("1", "s", EMPTY, EMPTY, (), None, ANONYMOUS, None, Gone())  # type: ignore[arg-type]
    assert context.cancelled


def test_a_reply_answers_for_its_parts_by_name() -> None:
    reply = Reply((Part("a", b"1"), Part("a", b"2")))
    assert reply.part("a").data == b"1"
    with pytest.raises(KeyError, match="the reply has: a, a"):
        reply.part("b")


def test_a_session_is_over_when_its_deadline_has_passed() -> None:
    context = SessionContext("1", "s", EMPTY, EMPTY, (), time.monotonic() - 1, ANONYMOUS, None, Here())  # type: ignore[arg-type]
    assert context.cancelled
    assert not attrs.evolve(context, deadline=time.monotonic() + 60).cancelled


class Here:
    """A cancellation that has not happened."""

    cancelled = False


def test_a_request_names_resources_by_parameter_before_header_and_by_either_name() -> None:
    assert named_resources({}, {}) == ()
    assert named_resources({"res_id": "a; b;;"}, {"res_id": "c"}) == ("a", "b")
    assert named_resources({"patch_id": "d"}, {"res_id": "c"}) == ("c",)
    assert named_resources({"res_id": ""}, {"patch_id": "d;e"}) == ("d", "e")
