"""What every test of the kernel shares: hypothesis without a clock, since the machines that run this are busy ones."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("athena", deadline=None, print_blob=True)
settings.load_profile("athena")
