"""The door behind every transport: who may come in, how long, how many, and the only table of sessions."""

from __future__ import annotations

from .door import Door
from .sessions import Sessions
from .switchboard import Switchboard

__all__ = ["Door", "Sessions", "Switchboard"]
