"""The contract every transport keeps."""

from __future__ import annotations

from .calls import CallRows
from .detached import DetachedRows
from .doors import DoorRows
from .faults import FaultRows, UserErrorRows
from .ground import Case, Ground
from .hostile import HostileRows
from .resources import ResourceRows
from .sessions import GoneRows, SessionRows
from .shutdown import ShutdownRows
from .time import TimeRows

__all__ = ["Case", "Ground", "TransportContract"]


class TransportContract(
    CallRows,
    SessionRows,
    GoneRows,
    DetachedRows,
    FaultRows,
    UserErrorRows,
    DoorRows,
    ResourceRows,
    TimeRows,
    HostileRows,
    ShutdownRows,
):
    """Everything a transport promises, asked through its own channel::

    class TestMine(TransportContract):
        transport = "mine"
        section = {"port": 0}
    """
