"""What ``pytest_plugins = ["athena.testing"]`` adds to a test session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .kit import Kit

__all__ = ["athena_kit"]


@pytest.fixture
def athena_kit() -> Iterator[Kit]:
    """Boots kernels from toml text and classes; they are stopped when the test is over."""
    kit = Kit()
    try:
        yield kit
    finally:
        kit.close()
