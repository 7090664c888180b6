"""Faults: what a worker says of an error is what its caller hears, whatever its sentence holds."""

from __future__ import annotations

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.link import worker_pb2 as pb
from athena.link.faults import encode_fault, fault_of
from athena.link.frames import FAULT, Frame


@pytest.mark.parametrize(
    "error",
    [
        ServiceError(Fault.USER_ERROR, "no", executed=Executed.YES, code=-7, retry_after=0.5, error_id="ab12"),
        ServiceError(Fault.OVERLOADED, ""),
    ],
)
def test_a_fault_comes_out_as_it_went_in(error: ServiceError) -> None:
    found = fault_of(Frame(FAULT, 1, encode_fault(error), b""))
    assert vars(found) == vars(error)


def test_a_fault_nobody_knows_is_an_internal_one() -> None:
    head = pb.Fault(fault="FUTURE", message="x", executed="perhaps").SerializeToString()
    found = fault_of(Frame(FAULT, 1, head, b""))
    assert (found.fault, found.executed) == (Fault.INTERNAL, Executed.UNKNOWN)


def test_a_fault_travels_whatever_its_sentence_holds() -> None:
    error = ServiceError(Fault.USER_ERROR, "bad \ud800 surrogate", code=2**80)
    found = fault_of(Frame(FAULT, 1, encode_fault(error), b""))
    assert found.message == "bad ? surrogate"
    assert found.code == 2**63 - 1
