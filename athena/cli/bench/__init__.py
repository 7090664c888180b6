"""``athena bench``: load over any wire that has a channel, and what came of it."""

from __future__ import annotations

from .options import command

__all__ = ["command"]
