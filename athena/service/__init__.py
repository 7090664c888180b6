"""One service, before its executor: who waits, who runs, until when, and whether the request fits the description."""

from __future__ import annotations

from .generation import Generation
from .line import rank
from .overdue import Overdue
from .resources import Resources
from .service import Service

__all__ = ["Generation", "Overdue", "Resources", "Service", "rank"]
