"""Which configuration runs: its hash, how many came before it, and how many were refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

from athena.models import Document
from athena.telemetry import Metrics

__all__ = ["Edition"]


class Edition:
    """The running configuration's identity.

    Attributes:
        hash: SHA-256 of the document's text, as hexadecimal digits.
        generation: 1 for the one the kernel started with; one more with each that was taken.
        refused: How many were refused since the start.
        origin: Where it came from; a file with its whole path.
    """

    def __init__(self) -> None:
        self.hash = ""
        self.generation = 0
        self.refused = 0
        self.origin = ""

    def took(self, document: Document) -> None:
        """That one runs now."""
        self.hash = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
        self.generation += 1
        path = Path(document.origin)
        self.origin = str(path.resolve()) if path.is_file() else document.origin

    def register(self, metrics: Metrics) -> None:
        """Have the metrics tell of it."""
        metrics.gauge(
            "athena_config_generation", "Configurations taken since the start.", (), lambda: [((), self.generation)]
        )
        metrics.gauge(
            "athena_config_info", "1 for the hash of the running configuration.", ("hash",), lambda: [((self.hash,), 1)]
        )
        metrics.counter(
            "athena_config_reload_failed_total", "Reloads refused since the start.", (), lambda: [((), self.refused)]
        )
