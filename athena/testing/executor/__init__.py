"""The contract every executor keeps."""

from __future__ import annotations

from .batches import BatchRows
from .calls import CallRows, DeathRows
from .lives import LifeRows
from .resources import ResourceRows
from .sessions import SessionRows

__all__ = ["ExecutorContract"]


class ExecutorContract(CallRows, DeathRows, BatchRows, SessionRows, ResourceRows, LifeRows):
    """Everything an executor promises the service above it::

    class TestMine(ExecutorContract):
        executor = "mine"
        isolates = True
    """
