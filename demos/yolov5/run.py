"""Shapes are found in an image, the same over each wire, where they are expected. Ends with 0 when all went well."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

import athena
from athena import Kind, Part, Request

HERE = Path(__file__).parent
IMAGE = HERE / "shapes.jpg"
START_TIMEOUT, STOP_TIMEOUT = 120.0, 30.0
NEAR = 3.0  # pixels that an edge may be off, on a machine that rounds otherwise

Found = dict[str, Any]  # Any: a JSON object; its shape is the wrapper's output schema


class DemoFailed(Exception):
    """What went wrong, as a sentence."""


def main(words: Sequence[str] | None = None) -> int:
    """Serve, ask, compare."""
    parser = argparse.ArgumentParser(prog="run.py", description="Find shapes in an image.")
    parser.add_argument("image", nargs="?", type=Path, default=IMAGE)
    image = parser.parse_args(words).image
    try:
        if not image.is_file():
            raise DemoFailed(f"{image}: no such file")
        with served() as endpoints:
            print(f"ready {' '.join(endpoints)}")
            answers = [asked(endpoint, image.read_bytes()) for endpoint in endpoints]
        for found in answers[1:]:
            agree(found, answers[0])
        show(answers[0])
        if image == IMAGE:
            agree(answers[0], json.loads((HERE / "expected.json").read_text(encoding="utf-8")))
            print("as expected")
    except (DemoFailed, athena.AthenaError) as error:
        print(f"the demo failed: {error}")
        return 1
    return 0


@contextlib.contextmanager
def served() -> Iterator[list[str]]:
    """``athena run`` in a process of its own; gives the endpoints of its ready line, and stops it afterwards."""
    ports = [f"--set=transports.{name}.port=0" for name in ("http", "grpc")]
    command = [sys.executable, "-m", "athena.cli", "run", str(HERE / "aiges.toml"), "--set=log.level=warning", *ports]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield ready(process)
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_TIMEOUT)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def ready(process: subprocess.Popen[str]) -> list[str]:
    """The endpoints, once it serves; a start that takes too long is killed, which ends the line waited for."""
    assert process.stdout is not None  # served() says so
    patience = Timer(START_TIMEOUT, process.kill)
    patience.start()
    try:
        line = process.stdout.readline()
    finally:
        patience.cancel()
    if not line.startswith("ready "):
        raise DemoFailed("athena run did not get ready")
    return line.split()[1:]


def asked(endpoint: str, image: bytes) -> list[Found]:
    """What is found in one image over that wire."""
    with athena.Client(endpoint) as client:
        reply = client.once("shapes", Request("shapes", parts=(Part("image", image, Kind.IMAGE),)))
    found: list[Found]
    (found,) = json.loads(reply.part("objects").text)
    return found


def show(found: Sequence[Found]) -> None:
    """A line for each object."""
    for each in found:
        left, top, right, bottom = each["box"]
        where = f"{left:6.1f} to {right:6.1f} across, {top:6.1f} to {bottom:6.1f} down"
        print(f"{each['name']:<10} {each['score']:.2f}  {where}")


def agree(found: Sequence[Found], expected: Sequence[Found]) -> None:
    """The same objects in the same places, near enough; which of two is the surer may be a matter of rounding."""
    one, other = (sorted(each, key=lambda object: (object["name"], object["box"])) for each in (found, expected))
    same = len(one) == len(other) and all(
        mine["name"] == theirs["name"]
        and all(abs(a - b) <= NEAR for a, b in zip(mine["box"], theirs["box"], strict=True))
        for mine, theirs in zip(one, other, strict=True)
    )
    if not same:
        raise DemoFailed(f"expected {expected}, got {found}")


if __name__ == "__main__":
    sys.exit(main())
