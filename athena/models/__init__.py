"""The values that travel between rooms: frozen, typed, and knowing nothing of wires, threads or plugins."""

from __future__ import annotations

from .calls import ANONYMOUS, Attempt, Cancellation, Outbox, Principal, Reply, Request, Resource, SessionContext, Usage
from .description import Description, Field, Param
from .network import ChannelOptions, Endpoint, Health, Instance, ServiceView
from .parts import EMPTY, END_MARK, LAST, Buffer, Expectation, Kind, Part, Stage
from .settings import BatchSettings, Change, Document, GpuSettings, Limits, ServiceSettings, WrapperContext

__all__ = [
    "ANONYMOUS",
    "EMPTY",
    "END_MARK",
    "LAST",
    "Attempt",
    "BatchSettings",
    "Buffer",
    "Cancellation",
    "Change",
    "ChannelOptions",
    "Description",
    "Document",
    "Endpoint",
    "Expectation",
    "Field",
    "GpuSettings",
    "Health",
    "Instance",
    "Kind",
    "Limits",
    "Outbox",
    "Param",
    "Part",
    "Principal",
    "Reply",
    "Request",
    "Resource",
    "ServiceSettings",
    "ServiceView",
    "SessionContext",
    "Stage",
    "Usage",
    "WrapperContext",
]
