"""Errors on their way from a worker to the kernel: FAULT's head, and back."""

from __future__ import annotations

from ..errors import Executed, Fault, ServiceError
from . import worker_pb2 as pb
from .frames import Frame
from .heads import decode

__all__ = ["encode_fault", "error_of", "fault_head", "fault_of"]

_FAULTS = {fault.value: fault for fault in Fault}
_EXECUTED = {executed.value: executed for executed in Executed}


def encode_fault(error: ServiceError) -> bytes:
    """An error as FAULT carries it."""
    return fault_head(error).SerializeToString()


def fault_head(error: ServiceError) -> pb.Fault:
    """An error as a message."""
    head = pb.Fault(fault=error.fault.value, executed=error.executed.value, retry_after=error.retry_after)
    # A wrapper's own sentence may hold what UTF-8 cannot; the fault must arrive all the same.
    head.message = error.message.encode("utf-8", "replace").decode()
    head.error_id = error.error_id
    if error.code is not None:
        head.code = max(-(2**63), min(2**63 - 1, error.code))
    return head


def fault_of(frame: Frame) -> ServiceError:
    """The error of a FAULT frame. A fault this kernel does not know is an INTERNAL one.

    Raises:
        FrameError: The head is wrong.
    """
    return error_of(decode(pb.Fault, frame))


def error_of(head: pb.Fault) -> ServiceError:
    """The error that a message stands for."""
    return ServiceError(
        _FAULTS.get(head.fault, Fault.INTERNAL),
        head.message,
        executed=_EXECUTED.get(head.executed, Executed.UNKNOWN),
        code=head.code if head.HasField("code") else None,
        retry_after=head.retry_after if head.HasField("retry_after") else None,
        error_id=head.error_id,
    )
