"""What rooms and plugins promise each other. An object says what it is by *inheriting* one of these.

Everything here is called on the event loop's thread, unless its docstring says otherwise.
"""

from __future__ import annotations

from .calls import Channel, Dispatcher, Executor, Resources, Session, Shelf
from .components import (
    Allocator,
    Balancer,
    Component,
    ConfigSource,
    Dialect,
    ExecutorFactory,
    Guard,
    Host,
    Lease,
    Meter,
    PluginContext,
    Quota,
    Registry,
    Transport,
)
from .figures import Distribution, Figures
from .tracing import Span, Tracer

__all__ = [
    "Allocator",
    "Balancer",
    "Channel",
    "Component",
    "ConfigSource",
    "Dialect",
    "Dispatcher",
    "Distribution",
    "Executor",
    "ExecutorFactory",
    "Figures",
    "Guard",
    "Host",
    "Lease",
    "Meter",
    "PluginContext",
    "Quota",
    "Registry",
    "Resources",
    "Session",
    "Shelf",
    "Span",
    "Tracer",
    "Transport",
]
