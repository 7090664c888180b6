"""Athena turns inference code into a network service.

An author needs this module alone::

    from athena import Part, Reply, Wrapper, fields, hookimpl
"""

from __future__ import annotations

from . import errors, fields
from .errors import AthenaError, Cancelled, Executed, Fault, ServiceError
from .models import Expectation, Kind, Part, Principal, Reply, Request, SessionContext, Stage
from .specs import API, hookimpl
from .wrapper import Wrapper

__version__ = "0.1.0"

__all__ = [
    "API",
    "AthenaError",
    "Cancelled",
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
]
