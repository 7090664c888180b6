"""The fuzzing itself: a pool that grows by what behaves anew, a clock on every input, and what was found."""

from __future__ import annotations

import re
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import define, field

from athena.errors import ServiceError
from athena.link.frames import FrameError

from .mutate import Mutator
from .targets import REFUSALS, Target

__all__ = ["FULL", "Finding", "Result", "fuzz", "judge"]

FULL = 1_000_000
"""Inputs of all targets together."""
SLOW = 1.0
"""Seconds of its own thread's time after which one input counts as a hang."""
STUCK = 60
"""Seconds after which an input that does not come back is taken back by an alarm."""
POOL = 512
FINDINGS = 5
"""Of one target: what is found more often is the same again."""
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|[0-9]+|[^ -~]+")
Progress = Callable[[str, int], None]


@define
class Finding:
    """An input that is no good input and was not refused as one.

    Attributes:
        why: What happened.
        data: The input, in hexadecimal.
        trace: Where.
    """

    why: str
    data: str
    trace: str = ""


@define
class Result:
    """What became of one target's inputs.

    Attributes:
        target: Its name.
        inputs: How many there were.
        taken, refused: What the decoder said.
        ways: In how many ways it behaved: sentences that differ in more than what they quote.
        slowest: Milliseconds that the slowest one took.
        findings: What must not be.
    """

    target: str
    inputs: int = 0
    taken: int = 0
    refused: int = 0
    ways: int = 0
    slowest: float = 0.0
    findings: list[Finding] = field(factory=list)


def fuzz(target: Target, count: int, seed: int, progress: Progress = lambda *_: None) -> Result:
    """Give one target that many inputs."""
    result = Result(target.name)
    mutator = Mutator(seed)
    pool = list(target.seeds)
    seen: set[str] = set()
    for good in target.seeds:
        judge(target, good, result)
    if result.refused and not result.taken:
        result.findings.append(Finding("none of the seeds was taken", ""))
    with _alarm():
        while result.inputs < count and len(result.findings) < FINDINGS:
            data = mutator.of(pool)
            way = judge(target, data, result)
            if way not in seen:
                seen.add(way)
                if len(pool) < POOL:
                    pool.append(data)
            elif way == "taken" and len(pool) < POOL and result.taken % 64 == 0:
                pool.append(data)  # good inputs stay the most of them: what is refused early teaches little
            if result.inputs % 1000 == 0:
                signal.alarm(STUCK)
                progress(target.name, 1000)
    result.ways = len(seen)
    return result


def judge(target: Target, data: bytes, result: Result) -> str:
    """One input; gives the way it behaved."""
    result.inputs += 1
    began = time.thread_time()
    way = "taken"
    try:
        target.run(data)
        result.taken += 1
    except ServiceError as error:
        result.refused += 1
        way = f"{error.fault.name} {_way(error.message)}"
        if error.fault not in REFUSALS:
            result.findings.append(Finding(f"refused with {error.fault.name}: {error.message}", data.hex()))
    except FrameError as error:
        result.refused += 1
        way = _way(str(error))
    except Exception as error:
        way = type(error).__name__
        result.findings.append(Finding(f"{way}: {error}"[:500], data.hex(), traceback.format_exc(limit=-4)))
    took = time.thread_time() - began
    result.slowest = max(result.slowest, round(took * 1000, 1))
    if took > SLOW:
        result.findings.append(Finding(f"took {took:.1f} s", data.hex()))
    return way


def _way(sentence: str) -> str:
    """A sentence without what it says of one input: paths, numbers, what it quotes."""
    return _PARTICULAR.sub("", sentence).rpartition(": ")[2][:24]


class Stuck(Exception):
    """A thousand inputs did not come back within a minute."""


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise Stuck(f"an input did not come back within {STUCK} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(STUCK)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
