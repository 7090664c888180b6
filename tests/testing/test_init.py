"""The kit's door: every name is there, and a worker that runs a probe pays for none of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

import athena.testing


@pytest.mark.parametrize("name", athena.testing.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(athena.testing, name).__name__ == name


def test_a_name_it_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'TransprotContract'"):
        _ = athena.testing.TransprotContract


def test_a_probe_loads_neither_pytest_nor_the_kernel() -> None:
    code = (
        "import sys, athena.testing.probe;"
        "print([name for name in ('pytest', 'asyncio', 'athena.kernel', 'athena.client') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"
