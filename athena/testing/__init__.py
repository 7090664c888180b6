"""The plugin author's kit: contracts, a kernel in a fixture, a transport without a socket, ``athena run`` in a block.

``pytest_plugins = ["athena.testing"]`` switches the fixtures on.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .executor import ExecutorContract
    from .kit import House, Kit
    from .loopback import Loopback, LoopbackChannel
    from .middleware import MiddlewareContract
    from .serving import Served, served
    from .transport import TransportContract
    from .wrapper import WrapperContract

__all__ = [
    "ExecutorContract",
    "House",
    "Kit",
    "Loopback",
    "LoopbackChannel",
    "MiddlewareContract",
    "Served",
    "TransportContract",
    "WrapperContract",
    "served",
]

pytest_plugins = ("athena.testing.fixtures",)

_WHERE = {
    "ExecutorContract": "executor",
    "House": "kit",
    "Kit": "kit",
    "Loopback": "loopback",
    "LoopbackChannel": "loopback",
    "MiddlewareContract": "middleware",
    "Served": "serving",
    "TransportContract": "transport",
    "WrapperContract": "wrapper",
    "served": "serving",
}


def __getattr__(name: str) -> object:
    # Lazy, because a worker that runs athena.testing.probe comes through here, and must not load pytest and the kernel.
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
