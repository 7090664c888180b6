"""The composition root: reads the settings, makes the plugins, and starts everything in the right order."""

from __future__ import annotations

from .house import Kernel
from .start import BlockingKernel, Start, start

__all__ = ["BlockingKernel", "Kernel", "Start", "start"]
