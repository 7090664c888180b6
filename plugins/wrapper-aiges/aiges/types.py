"""The older path of :mod:`aiges.core.types`."""

from __future__ import annotations

from .core.types import *  # noqa: F403
from .core.types import __all__ as __all__
