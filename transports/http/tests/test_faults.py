"""Every fault has a status and a close code, and they are the ones the design names."""

from __future__ import annotations

import pytest

from athena.errors import Fault
from athena_transport_http.faults import SHAPES, STATUS_FAULTS, fault_of_status


def test_every_fault_has_a_shape() -> None:
    assert set(SHAPES) == set(Fault)


@pytest.mark.parametrize(
    ("fault", "status", "close"),
    [
        (Fault.UNAUTHENTICATED, 401, 4401),
        (Fault.NOT_FOUND, 404, 4404),
        (Fault.OUT_OF_ORDER, 409, 4410),
        (Fault.TOO_LARGE, 413, 1009),
        (Fault.WORKER_LOST, 502, 4502),
        (Fault.UNAVAILABLE, 503, 1012),
        (Fault.CANCELLED, 499, 1000),
    ],
)
def test_the_shapes_are_the_designs(fault: Fault, status: int, close: int) -> None:
    assert SHAPES[fault] == (status, close)


def test_close_codes_are_ones_an_endpoint_may_send() -> None:
    assert all(code in (1000, 1009, 1011, 1012, 1013) or 4000 <= code < 5000 for _, code in SHAPES.values())


def test_every_status_of_ours_means_a_fault_to_a_client() -> None:
    assert {shape.status for shape in SHAPES.values()} - {500} <= set(STATUS_FAULTS)


@pytest.mark.parametrize(
    ("status", "fault"),
    [(401, Fault.UNAUTHENTICATED), (418, Fault.BAD_REQUEST), (500, Fault.INTERNAL), (302, Fault.INTERNAL)],
)
def test_a_bare_status_means_the_nearest_fault(status: int, fault: Fault) -> None:
    assert fault_of_status(status) is fault
