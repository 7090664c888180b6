"""The demo's modules by their names, as its scripts import them, and the API it calls."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent.parent


def room(name: str) -> ModuleType:
    """A module of the demo."""
    sys.path.insert(0, str(HERE))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(HERE))


@pytest.fixture
def api() -> Iterator[Any]:  # Any: standin.Api, whose module is no package's
    """The API, without trouble at first."""
    with room("standin").serving() as running:
        yield running


@pytest.fixture(scope="session")
def humming() -> bytes:
    """The recording of the demo."""
    return (HERE / "humming.wav").read_bytes()
