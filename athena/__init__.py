"""Athena turns inference code into a network service.

An author needs this module alone::

    from athena import Part, Reply, Wrapper, fields, hookimpl
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from . import errors, fields
from .errors import AthenaError, Cancelled, Executed, Fault, ServiceError
from .models import Expectation, Kind, Part, Principal, Reply, Request, SessionContext, Stage
from .specs import API, VERSION, hookimpl
from .wrapper import Wrapper

if TYPE_CHECKING:
    from athena.client import Client
    from athena.kernel.start import start as start

__version__ = VERSION

__all__ = [
    "API",
    "AthenaError",
    "Cancelled",
    "Client",
    "Executed",
    "Expectation",
    "Fault",
    "Kind",
    "Part",
    "Principal",
    "Reply",
    "Request",
    "ServiceError",
    "SessionContext",
    "Stage",
    "Wrapper",
    "errors",
    "fields",
    "hookimpl",
    "start",
]

_LAZY = {"Client": "athena.client", "start": "athena.kernel"}


def __getattr__(name: str) -> object:
    """The one lazy place: who writes a wrapper does not pay for the kernel that serves it."""
    if name not in _LAZY:
        raise AttributeError(f"module 'athena' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
