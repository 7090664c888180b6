"""Wrappers for tests, chosen by ``wrapper = "athena.testing.probe:Probe"``: their behaviour is chosen by parameters.

Nothing in here imports pytest: a worker process that runs a probe loads what any wrapper loads.
"""

from __future__ import annotations

from .batch import BatchProbe
from .lifecycle import ProbeSection
from .once import StrictProbe
from .resource import ResourceProbe
from .session import Probe, PushProbe

__all__ = ["BatchProbe", "Probe", "ProbeSection", "PushProbe", "ResourceProbe", "StrictProbe"]
