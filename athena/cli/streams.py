"""Standard streams that whoever started us has closed: their numbers must not be those of something else."""

from __future__ import annotations

import os
import sys

__all__ = ["reserve"]

_STREAMS = ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w"))


def reserve() -> None:
    """Give each that is closed to the null device.

    Else the next socket has its number: what is printed goes to a client, and libuv aborts where it closes one.
    """
    for number, name, mode in _STREAMS:
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one: those below are open by now.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  for as long as the process lives
