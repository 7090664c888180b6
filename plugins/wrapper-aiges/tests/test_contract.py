"""The contract every wrapper keeps, kept by one of upstream's shape: its fields are checked where it says so."""

from __future__ import annotations

from pathlib import Path

from athena.testing import WrapperContract


class TestHosted(WrapperContract):
    wrapper = str(Path(__file__).parent / "tolerant.py")
    operations = ("once", "session")
    config = {"aiges": {"strict": True}}
