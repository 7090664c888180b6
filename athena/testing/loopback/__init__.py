"""A transport without a socket: what a wire promises, inside one event loop. ``loopback://NAME`` is its address."""

from __future__ import annotations

from .channel import LoopbackChannel
from .server import Loopback

__all__ = ["Loopback", "LoopbackChannel"]
