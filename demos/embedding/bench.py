"""Texts a second, batched and one by one: ``python demos/embedding/bench.py [--seconds 5] [--write]``.

The service runs in its own process, with one thread for the model; the callers are threads of this one. The four ways
take turns, so that a machine that is busy for a while is so for all of them. What a text costs the service in processor
time is counted beside it, which moves less than the clock's figures where others use the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import psutil
from run import HERE, TEXTS, serve

import athena
from athena import Part, Request

RESULT = HERE / "bench.json"
CALLERS = 32
ALONE, ROUNDS = "--set=services.embedding.batch.max_size=1", 5

Load = Callable[[str, Sequence[str], float], tuple[float, float]]


def called(endpoint: str, texts: Sequence[str], seconds: float, callers: int, size: int) -> tuple[float, float]:
    """So many callers, each with one request after the other, of so many texts: texts a second, and CPU ms a text."""

    def calls(number: int) -> int:
        turn, done = cycle(texts[number % len(texts) :] + texts[: number % len(texts)]), 0
        with athena.Client(endpoint) as client:
            while not done or time.monotonic() < until:
                parts = tuple(Part.from_text("text", text) for text in islice(turn, size))
                rows = client.once("embedding", Request("embedding", parts=parts)).part("embedding").array()
                assert rows.shape[0] == size
                done += size
        return done

    spent, began = cpu(), time.monotonic()
    until = began + seconds
    with ThreadPoolExecutor(callers) as pool:
        total = sum(pool.map(calls, range(callers)))
    return total / (time.monotonic() - began), (cpu() - spent) * 1000 / total


def cpu() -> float:
    """Seconds of processor time of all that this process has started and that still runs: the services."""
    times = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)


WAYS: dict[str, Load] = {
    "one caller, one text a request, no batch": lambda at, texts, long: called(at, texts, long, 1, 1),
    f"{CALLERS} callers, one text a request, no batch": lambda at, texts, long: called(at, texts, long, CALLERS, 1),
    f"{CALLERS} callers, one text a request, batched": lambda at, texts, long: called(at, texts, long, CALLERS, 1),
    f"one caller, {CALLERS} texts a request": lambda at, texts, long: called(at, texts, long, 1, CALLERS),
}


def measured(seconds: float, rounds: int) -> dict[str, object]:
    """Every way, in turns: median, least and most of the rounds."""
    texts = [line for line in TEXTS.read_text(encoding="utf-8").splitlines() if line]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    with serve(ALONE) as alone, serve() as batched:
        for number in range(rounds + 1):
            for name, load in WAYS.items():
                kernel = alone if "no batch" in name else batched
                taken = load(kernel.endpoints[0], texts, seconds)
                if number:  # the first warms up
                    found[name].append(taken)
    return {
        "texts": len(texts),
        "seconds": seconds,
        "rounds": rounds,
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "commit": commit(),
        "texts_per_second": {name: spread([rate for rate, _ in taken]) for name, taken in found.items()},
        "cpu_ms_per_text": {name: spread([cost for _, cost in taken]) for name, taken in found.items()},
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Of the rounds."""
    return {"median": round(median(values), 2), "min": round(min(values), 2), "max": round(max(values), 2)}


def commit() -> str:
    """What is measured, where git can say."""
    ran = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return ran.stdout.strip()


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, and with ``--write`` keep."""
    parser = argparse.ArgumentParser(prog="bench.py", description="Texts a second, batched and one by one.")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each way and round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", type=Path, nargs="?", const=RESULT, help="where to; bench.json beside this file")
    told = parser.parse_args(words)
    text = json.dumps(measured(told.seconds, told.rounds), indent=2) + "\n"
    print(text, end="")
    if told.write:
        told.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
