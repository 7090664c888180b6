"""Runs a load generator for some seconds and reads what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import which
from statistics import median

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent.parent
DEBIAN = {"wrk": "wrk", "h2load": "nghttp2-client", "taskset": "util-linux"}
"""The programs that are needed, and the Debian packages that have them."""
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


@frozen
class Sample:
    """One run of a load generator.

    Attributes:
        count: Requests (or frames) answered well.
        seconds: How long that took.
        p50: Median seconds of one request, or None where the generator does not say.
        failed: Answers that were not well.
    """

    count: int
    seconds: float
    p50: float | None = None
    failed: int = 0

    @property
    def rate(self) -> float:
        """Per second."""
        return self.count / self.seconds


def missing() -> str:
    """What has to be installed first, as a sentence; "" when everything is there."""
    gone = [name for name in DEBIAN if which(name) is None]
    if not gone:
        return ""
    packages = " ".join(sorted({DEBIAN[name] for name in gone}))
    return f"the load generators need {', '.join(gone)}; on Debian: apt-get install {packages}"


def wrk(url: str, body: bytes, headers: Mapping[str, str], *, connections: int, seconds: float, core: int) -> Sample:
    """HTTP/1.1 over kept connections."""
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder, "body"), Path(folder, "post.lua")
        path.write_bytes(body)
        lines = [f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items()]
        script.write_text(
            f'wrk.method = "POST"\nlocal f = io.open("{path}", "rb")\nwrk.body = f:read("*a")\n' + "\n".join(lines)
        )
        argv = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--latency",
            "--timeout",
            "10s",
            f"-s{script}",
            url,
        ]
        return read_wrk(_run(argv, core, seconds))


def read_wrk(text: str) -> Sample:
    """What wrk printed; answers that are not 2xx, and sockets that broke, are failures."""
    done = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m),", text)
    if done is None:
        raise ValueError(f"wrk did not say what it did: {text[-500:]}")
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    half = re.search(r"50%\s+([\d.]+)(us|ms|s)", text)
    refused = int(bad[1]) if bad else 0
    p50 = float(half[1]) * _UNITS[half[2]] if half else None
    lost = sum(map(int, broken.groups())) if broken else 0
    return Sample(int(done[1]) - refused, float(done[2]) * _UNITS[done[3]], p50, refused + lost)


def h2load(
    url: str, body: bytes, headers: Mapping[str, str], *, streams: int, seconds: float, core: int, answer: int
) -> Sample:
    """HTTP/2 with prior knowledge: gRPC, where ``body`` is a framed message.

    Args:
        streams: Requests under way at once.
        answer: Bytes of a good answer's body. gRPC's errors come with HTTP 200 and no body, so the bytes tell.
    """
    clients = min(4, streams)
    with tempfile.TemporaryDirectory() as folder:
        path, log = Path(folder, "body"), Path(folder, "log")
        path.write_bytes(body)
        argv = ["h2load", "-t1", f"-c{clients}", f"-m{streams // clients}", "-w24", "-W26", f"-d{path}"]
        argv += [
            f"-D{round(seconds * 1000)}ms",
            f"--log-file={log}",
            *(f"-H{name}: {value}" for name, value in headers.items()),
            url,
        ]
        text = _run(argv, core, seconds)
        return read_h2load(text, log.read_text(), answer)


def read_h2load(text: str, log: str, answer: int) -> Sample:
    """What h2load printed, and its log of single requests (when it began, status, microseconds)."""
    done = re.search(r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded", text)
    took = re.search(r"finished in ([\d.]+)(us|ms|s|m),", text)
    data = re.search(r"space savings [-\d.]+%\), \S+ \((\d+)\) data", text)
    times = [int(line.split("\t")[2]) for line in log.splitlines() if line.split("\t")[1] == "200"]
    if done is None or took is None or data is None or not times:
        raise ValueError(f"h2load did not say what it did: {text[-500:]}")
    # At the end some answers are cut in half: their bytes count, they do not.
    good = min(int(done[3]), int(data[1]) // answer)
    return Sample(good, float(took[1]) * _UNITS[took[2]], median(times) / 1e6, int(done[2]) - good)


def python(script: str, arguments: Sequence[str], *, seconds: float, core: int) -> Sample:
    """A client of ``benchmarks/load``; it prints one JSON object."""
    argv = [sys.executable, "-m", f"benchmarks.load.{script}", *arguments, f"{seconds:g}"]
    found = json.loads(_run(argv, core, seconds).splitlines()[-1])
    return Sample(found["count"], found["seconds"], found.get("p50"), found.get("failed", 0))


def _run(argv: Sequence[str], core: int, seconds: float) -> str:
    command = ["taskset", "-c", str(core), *argv]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 60, check=False)
    if done.returncode:
        raise RuntimeError(f"{argv[0]} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout
