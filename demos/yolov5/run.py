"""Shapes are found in an image, the same over each wire, where they are expected. Ends with 0 when all went well."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import athena
from athena import Kind, Part, Request
from athena.testing import served

HERE = Path(__file__).parent
IMAGE = HERE / "shapes.jpg"
NEAR = 3.0  # pixels that an edge may be off, on a machine that rounds otherwise

Found = dict[str, Any]  # Any: a JSON object; its shape is the wrapper's output schema

serve = partial(served, HERE / "aiges.toml", "--set=log.level=warning", wires=("http", "grpc"))


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
        with serve() as kernel:
            print(f"ready {' '.join(kernel.endpoints)}")
            answers = [asked(endpoint, image.read_bytes()) for endpoint in kernel.endpoints]
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
