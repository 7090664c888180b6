"""The probe, and calls that are held until the test lets them go: waiting costs neither polling nor time."""

from __future__ import annotations

import os

from athena.models import Part, Reply, Request
from athena.testing.probe import Probe


class Held(Probe):
    """``do=held`` returns once somebody has opened the fifo of the parameter ``gate`` for writing."""

    def do_held(self, request: Request) -> Reply:
        with open(request.params["gate"], "rb"):
            return Reply((Part.from_text("pid", str(os.getpid())),))
