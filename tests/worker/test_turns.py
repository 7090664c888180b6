"""Policies are the system's to tell, so each is asked for in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="policies are Linux' own")

_PROGRAM = """
import os, sys, threading
from athena.worker import turns
before = getattr(os, sys.argv[1])
os.sched_setscheduler(0, before, os.sched_param(0))
if sys.argv[2] == "forbidden":
    def forbidden(*_):
        raise PermissionError
    os.sched_setscheduler = forbidden
changed = turns.settle()
if changed and sys.argv[2] == "gathers":
    turns.undo()
def say():
    print(os.sched_getscheduler(0))
say()
lane = threading.Thread(target=say)
lane.start()
lane.join()
"""


def _policies(before: str, how: str = "allowed") -> list[int]:
    """What the main thread and a lane that it starts have, after settling."""
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM, before, how], capture_output=True, check=True, timeout=30, text=True
    )
    return [int(word) for word in run.stdout.split()]


BATCH, IDLE, OTHER = 3, 5, 0


def test_a_worker_and_its_lanes_push_nobody_aside() -> None:
    assert _policies("SCHED_OTHER") == [BATCH, BATCH]


def test_a_worker_whose_calls_come_as_batches_wakes_as_others_do() -> None:
    assert _policies("SCHED_OTHER", "gathers") == [OTHER, OTHER]
    assert _policies("SCHED_IDLE", "gathers") == [IDLE, IDLE]


def test_a_policy_that_the_operator_chose_stays() -> None:
    assert _policies("SCHED_IDLE") == [IDLE, IDLE]


def test_where_it_may_not_be_chosen_all_stays_as_it_was() -> None:
    assert _policies("SCHED_OTHER", "forbidden") == [OTHER, OTHER]
