"""Switches the authors' kit on for every test of the repository: kernel and leaves use what strangers are given."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["athena.testing"]

# A busy machine is not a defect: examples are bounded by their number, and a hang by pytest's own time-out.
settings.register_profile("athena", deadline=None)
settings.load_profile("athena")
