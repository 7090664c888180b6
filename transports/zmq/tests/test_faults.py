"""Every fault has a number, and a name beside it."""

from __future__ import annotations

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena_proto import inference_pb2 as pb
from athena_proto.answers import decode_fault
from athena_transport_zmq import faults


def test_every_fault_has_a_number() -> None:
    assert set(faults.STATUS) == set(Fault)
    assert all(0 < number <= 16 for number in faults.STATUS.values())


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_comes_back(fault: Fault) -> None:
    sent = ServiceError(fault, "why", executed=Executed.YES, code=7, retry_after=0.25, error_id="e1")
    data = faults.encoded(sent)
    assert vars(decode_fault(data)) == vars(sent)
    assert pb.Fault.FromString(data).status == faults.STATUS[fault]
