"""``athena.Client``: call services over any wire whose transport is installed, found by the URL's scheme."""

from __future__ import annotations

from .blocking import BlockingSession, LoopThread
from .client import BlockingClient, Client, channel

__all__ = ["BlockingClient", "BlockingSession", "Client", "LoopThread", "channel"]
