"""What the operator sees: structured logs on stderr, and plain counters rendered when somebody scrapes."""

from __future__ import annotations

from .families import BUCKETS, Counter, Gauge, Histogram
from .logs import setup_logging
from .metrics import Metrics

__all__ = ["BUCKETS", "Counter", "Gauge", "Histogram", "Metrics", "setup_logging"]
