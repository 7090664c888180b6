"""Errors in ASE JSON keep their fault, code and place, and upstream's bare codes are understood."""

from __future__ import annotations

import json

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena_proto.ase import ASE_CODES, NO_SUCH_SESSION, code_of, decode_answer, decode_error, encode_error


def test_every_fault_has_a_code() -> None:
    assert set(ASE_CODES) == set(Fault)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("executed", Executed)
def test_an_error_comes_back_whole(fault: Fault, executed: Executed) -> None:
    error = ServiceError(fault, "why", executed=executed, code=4711, retry_after=1.5, error_id="e1")
    header = json.loads(encode_error(error, "s1"))["header"]
    assert (header["code"], header["message"], header["sid"]) == (4711, "why", "s1")
    back = decode_error(header)
    assert (back.fault, back.message, back.executed) == (fault, "why", executed)
    assert (back.code, back.retry_after, back.error_id) == (4711, 1.5, "e1")


@pytest.mark.parametrize("fault", Fault)
def test_without_a_code_of_the_wrappers_the_table_gives_it(fault: Fault) -> None:
    header = json.loads(encode_error(ServiceError(fault, "why")))["header"]
    assert header["code"] == ASE_CODES[fault]
    assert decode_error(header).code is None


def test_a_session_that_is_not_there_has_upstreams_own_code() -> None:
    error = ServiceError(Fault.NOT_FOUND, "no such session")
    assert code_of(error, session=True) == NO_SUCH_SESSION
    assert code_of(error) == 10404
    assert decode_error({"code": NO_SUCH_SESSION, "message": "x"}).fault is Fault.NOT_FOUND


@pytest.mark.parametrize(
    ("code", "fault", "own"),
    [
        (10163, Fault.BAD_REQUEST, None),
        (10313, Fault.UNAUTHENTICATED, None),
        (10225, Fault.UNAVAILABLE, None),
        (10110, Fault.OVERLOADED, None),
        (42, Fault.USER_ERROR, 42),
        ("odd", Fault.INTERNAL, None),
    ],
)
def test_a_foreign_servers_bare_code_is_mapped_back(code: object, fault: Fault, own: int | None) -> None:
    error = decode_error({"code": code, "message": "x"})
    assert (error.fault, error.code, error.executed) == (fault, own, Executed.UNKNOWN)


def test_nonsense_in_an_error_header_does_no_harm() -> None:
    error = decode_error({"code": 1, "message": None, "fault": "NOPE", "executed": "perhaps", "retry_after": "soon"})
    assert (error.executed, error.retry_after) == (Executed.UNKNOWN, None)
    assert error.message


@pytest.mark.parametrize("odd", [[], {}, [{}], None, True, 10**400, 1e308, "x" * 10_000, {"a": {}}])
@pytest.mark.parametrize(
    "name", ["code", "message", "fault", "executed", "wrapper_code", "retry_after", "error_id", "sid", "attributes"]
)
def test_a_foreign_servers_nonsense_is_an_error_and_can_be_passed_on(name: str, odd: object) -> None:
    body = json.dumps({"header": {"code": 10110, "message": "x", name: odd}}).encode()
    try:
        answer = decode_answer(body, 1 << 20)
    except ServiceError as refusal:
        assert refusal.fault is Fault.BAD_REQUEST
        return
    if answer.error is not None:
        assert encode_error(answer.error, answer.sid)
