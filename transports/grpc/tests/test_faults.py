"""Every fault has a status, and comes back from its trailers; what has no trailers is judged by its status."""

from __future__ import annotations

import grpc
import pytest

from athena.errors import Executed, Fault, ServiceError
from athena_transport_grpc import faults


def rpc_error(
    status: grpc.StatusCode, details: str, trailers: tuple[tuple[str, str], ...] = ()
) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(status, grpc.aio.Metadata(), grpc.aio.Metadata(*trailers), details)


def test_every_fault_has_a_status() -> None:
    assert set(faults.STATUS) == set(Fault)
    assert grpc.StatusCode.OK not in faults.STATUS.values()


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_comes_back_from_its_trailers(fault: Fault) -> None:
    sent = ServiceError(fault, "why", executed=Executed.YES, code=7, retry_after=0.25, error_id="e1")
    back = faults.from_status(rpc_error(faults.STATUS[fault], "why", faults.trailers(sent)))
    assert vars(back) == vars(sent)


def test_a_worker_that_is_lost_is_not_to_be_retried_blindly() -> None:
    # Clients' retry policies repeat UNAVAILABLE: the call would run twice.
    assert faults.STATUS[Fault.WORKER_LOST] is grpc.StatusCode.ABORTED


@pytest.mark.parametrize(
    ("status", "details", "fault", "executed"),
    [
        (grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses; …", Fault.UNAVAILABLE, Executed.NO),
        (grpc.StatusCode.UNAVAILABLE, "Socket closed", Fault.WORKER_LOST, Executed.UNKNOWN),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "Received message larger than max (9 vs. 8)",
            Fault.TOO_LARGE,
            Executed.NO,
        ),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "Concurrent RPC limit exceeded!", Fault.OVERLOADED, Executed.NO),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", Fault.DEADLINE, Executed.UNKNOWN),
        (grpc.StatusCode.UNIMPLEMENTED, "Method not found!", Fault.UNSUPPORTED, Executed.NO),
        (grpc.StatusCode.DATA_LOSS, "", Fault.INTERNAL, Executed.UNKNOWN),
    ],
)
def test_a_status_without_our_trailers_is_judged_by_itself(
    status: grpc.StatusCode, details: str, fault: Fault, executed: Executed
) -> None:
    error = faults.from_status(rpc_error(status, details))
    assert (error.fault, error.executed) == (fault, executed)
    assert error.message


def test_trailers_that_make_no_sense_are_not_believed() -> None:
    trailers = (("athena-fault", "DEADLINE"), ("athena-executed", "maybe"), ("athena-code", "x"))
    error = faults.from_status(rpc_error(grpc.StatusCode.DEADLINE_EXCEEDED, "late", trailers))
    assert (error.fault, error.executed, error.code) == (Fault.DEADLINE, Executed.UNKNOWN, None)
