"""Prometheus' text format, version 0.0.4, line by line.

Written here and not by prometheus_client: its import brings 10 MiB and an HTTP server, for a format of one line. The
tests read it back with Prometheus' own parser.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

__all__ = ["head", "sample"]


def head(name: str, help_text: str, kind: str) -> Iterator[str]:
    """What stands before a family's samples."""
    yield f"# HELP {name} {_escaped(help_text)}"
    yield f"# TYPE {name} {kind}"


def sample(name: str, labels: Mapping[str, str], value: float) -> str:
    """One number."""
    inside = ",".join(f'{key}="{_quoted(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    # A name that is not Unicode must not keep everybody else's numbers from being scraped.
    return _escaped(text).replace('"', '\\"').encode("utf-8", "replace").decode()


def _number(value: float) -> str:
    # Infinity has a sign in this format, and Python writes none.
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(float(value))
