"""What is to be sent, how often and for how long: one frozen value, which also travels to the load's processes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
import click
from attrs import frozen

__all__ = ["HIDDEN", "Plan", "Source", "check"]

HIDDEN = "***"
MOST_PROCESSES = 256
MOST_CALLERS = 100_000
WAYS = ("once", "stream", "session")


@frozen
class Source:
    """Where one part of every call comes from.

    Attributes:
        key: The part's name.
        kind: Its kind's name; "" guesses from the file's name.
        text: What it says; None where it comes from files.
        path: A file, or a folder whose files are drawn from.
        attributes: What is said of it besides what the file's name tells.
        cut: In a session: bytes of one frame; 0 leaves it whole.
        by: In a session: "lines" makes each line a frame, "files" each file of the folder.
        pace: In a session: seconds from one frame to the next.
        order: How a folder's files are put: "ascending" or "descending", by name.
    """

    key: str
    kind: str = ""
    text: str | None = None
    path: str = ""
    attributes: Mapping[str, str] = {}
    cut: int = 0
    by: str = ""
    pace: float = 0.0
    order: str = "ascending"


@frozen
class Plan:
    """One run.

    Attributes:
        endpoint: A URL.
        service: Its name there.
        way: "once", "stream" or "session".
        sources: The parts of each call.
        lines: A JSONL file with a call to the line; "" where ``sources`` say it.
        random: Whether inputs are drawn at random rather than in turn.
        seed: For everything that is random.
        params: Parameters of every call.
        headers: Headers of every call.
        expect: What results are asked for, by their keys.
        deadline: Seconds a call may take; None for a session without one.
        concurrency: In a closed loop: callers, each of which waits for its answer before it calls again.
        rate: In an open loop: calls per second; 0 makes it a closed one.
        poisson: Whether an open loop's calls come at random rather than evenly.
        ramp: Seconds in which the load grows.
        warmup: Seconds at the start that are not counted.
        duration: Seconds that are counted; 0 leaves it to ``requests``.
        requests: Calls that are counted; 0 leaves it to ``duration``.
        processes: How many processes share the load.
        in_flight: The most calls of an open loop under way at once.
        lockstep: In a session: whether a frame waits for the reply to the one before.
        grace: Seconds that what is under way at the end may still take.
    """

    endpoint: str
    service: str
    way: str = "once"
    sources: tuple[Source, ...] = ()
    lines: str = ""
    random: bool = False
    seed: int = 0
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    expect: tuple[Source, ...] = ()
    deadline: float | None = None
    concurrency: int = 1
    rate: float = 0.0
    poisson: bool = False
    ramp: float = 0.0
    warmup: float = 0.0
    duration: float = 0.0
    requests: int = 0
    processes: int = 1
    in_flight: int = 10_000
    lockstep: bool = False
    grace: float = 10.0

    def packed(self) -> str:
        """For the way to a process of the load."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def unpacked(cls, text: str) -> Plan:
        """What :meth:`packed` has packed."""
        found: dict[str, Any] = json.loads(text)  # Any: the other end is this very class
        values = {name: tuple(Source(**each) for each in found[name]) for name in ("sources", "expect")}
        return cls(**{**found, **values})

    def told(self) -> dict[str, object]:
        """For the report: headers may be credentials, so their values stay out of it."""
        return {**attrs.asdict(self), "headers": dict.fromkeys(self.headers, HIDDEN)}


def check(plan: Plan) -> Plan:
    """Refuse what makes no sense.

    Raises:
        click.UsageError: Which option, and what would do.
    """
    for wrong, text in (
        (plan.duration <= 0 and plan.requests <= 0, "nothing to do: say --duration SECONDS or --requests N"),
        (plan.processes > MOST_PROCESSES, f"--processes {plan.processes}: at most {MOST_PROCESSES}"),
        (plan.concurrency > MOST_CALLERS, f"--concurrency {plan.concurrency}: at most {MOST_CALLERS}"),
        (
            not plan.rate and plan.processes > plan.concurrency,
            f"--processes {plan.processes}: more than --concurrency {plan.concurrency}: some would be idle",
        ),
        (
            0 < plan.requests < plan.processes,
            f"--processes {plan.processes}: more than --requests {plan.requests}: some would be idle",
        ),
        (
            plan.rate > 0 and plan.in_flight < plan.processes,
            f"--in-flight {plan.in_flight}: fewer than --processes {plan.processes}, so some could send nothing",
        ),
        (plan.poisson and not plan.rate, "--poisson needs --rate: a closed loop calls when it has its answer"),
        (
            plan.way != "session" and any(each.cut or each.by or each.pace for each in plan.sources),
            "--frame-… options are of sessions; add --session",
        ),
        (plan.lockstep and plan.way != "session", "--lockstep is of sessions; add --session"),
        (
            plan.lockstep and any(each.pace for each in plan.sources),
            "--lockstep and --frame-ms exclude each other: a frame is sent when its reply has come, or when it is due",
        ),
    ):
        if wrong:
            raise click.UsageError(text)
    return plan
