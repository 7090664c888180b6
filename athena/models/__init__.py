"""The values that travel between rooms: frozen, typed, and knowing nothing of wires, threads or plugins.

What the kernel alone handles (``accounts``, ``network``, ``settings``) is fetched when first asked for: attrs builds
each class anew in every process, and who writes a wrapper should not pay for the kernel's.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .calls import (
    ANONYMOUS,
    Cancellation,
    Outbox,
    Principal,
    Reply,
    Request,
    Resource,
    ResourceView,
    SessionContext,
    named_resources,
)
from .description import Description, Field, Param
from .parts import EMPTY, END_MARK, LAST, Buffer, Expectation, Kind, Part, Sealed, Stage, lasting

if TYPE_CHECKING:
    from .accounts import Attempt, Usage
    from .dialects import Became, Translation
    from .network import ChannelOptions, Endpoint, Health, Instance, ServiceView, WorkerView
    from .settings import BatchSettings, Change, Document, GpuSettings, Limits, ServiceSettings, WrapperContext

__all__ = [
    "ANONYMOUS",
    "EMPTY",
    "END_MARK",
    "LAST",
    "Attempt",
    "BatchSettings",
    "Became",
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
    "ResourceView",
    "Sealed",
    "ServiceSettings",
    "ServiceView",
    "SessionContext",
    "Stage",
    "Translation",
    "Usage",
    "WorkerView",
    "WrapperContext",
    "lasting",
    "named_resources",
]

_FETCHED = {
    "Attempt": "accounts",
    "BatchSettings": "settings",
    "Became": "dialects",
    "Change": "settings",
    "ChannelOptions": "network",
    "Document": "settings",
    "Endpoint": "network",
    "GpuSettings": "settings",
    "Health": "network",
    "Instance": "network",
    "Limits": "settings",
    "ServiceSettings": "settings",
    "ServiceView": "network",
    "Translation": "dialects",
    "Usage": "accounts",
    "WorkerView": "network",
    "WrapperContext": "settings",
}


def __getattr__(name: str) -> object:
    if name not in _FETCHED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FETCHED[name]}"), name)
