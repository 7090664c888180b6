"""The main job on real input: a scanned page goes in over every wire, the same text comes out of each.

Starts ``athena run`` on free ports, calls it, compares, prints, stops. Exit code 0 says that all of it went well.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import athena
from athena.cli.parts import given
from athena.testing import served

HERE = Path(__file__).parent
SERVICE = "ocr"
WIRES = ("http", "grpc", "zmq")
CALL_TIMEOUT = 60.0
Page = list[dict[str, Any]]  # Any: a JSON value; its shape is the wrapper's output schema

console = Console(highlight=False, soft_wrap=True)


class DemoFailed(Exception):
    """What went wrong, as a sentence."""


def main(words: Sequence[str] | None = None) -> int:
    """The tour."""
    parser = argparse.ArgumentParser(prog="run.py", description="Read a page over every wire.")
    parser.add_argument("--image", type=Path, help="another page than the scanned one that scikit-image ships")
    own = parser.parse_args(words).image
    image = own or scanned_page()
    try:
        if not image.is_file():
            raise DemoFailed(f"{image}: no such file")
        ports = " ".join(f"--set=transports.{wire}.port=0" for wire in WIRES)
        console.print(f"[dim]$ athena run demos/ocr/aiges.toml {ports}[/]")
        with served(HERE / "aiges.toml", "--set=log.level=warning", wires=WIRES) as kernel:
            console.print(f"[green]ready[/] {' '.join(kernel.endpoints)}\n")
            replies = {endpoint: timed_call(endpoint, image) for endpoint in kernel.endpoints}
        pages = agreed(replies)
        show(image, pages, {endpoint: seconds for endpoint, (_, seconds) in replies.items()})
        if own is None:
            right, of = accuracy(pages, (HERE / "page.txt").read_text(encoding="utf-8"))
            console.print(f"[bold]word accuracy:[/] {right / of:.0%} ({right} of the {of} words of page.txt)\n")
        tell(image)
    except (DemoFailed, athena.AthenaError) as error:
        console.print(f"[bold red]the demo failed:[/] {escape(str(error))}")
        return 1
    return 0


def scanned_page() -> Path:
    """``page.png``, inside the wheel of scikit-image: a scan, with the shadow of its fold."""
    found = find_spec("skimage")
    if found is None or found.origin is None:
        raise SystemExit("the demo's page is in scikit-image: pip install scikit-image, or say --image FILE")
    return Path(found.origin).parent / "data" / "page.png"


def timed_call(endpoint: str, image: Path) -> tuple[Page, float]:
    """What the service reads in the page over that wire, and the seconds it took."""
    part = given(f"data:image=@{image}").part
    began = time.monotonic()
    with athena.Client(endpoint) as client:
        request = athena.Request(SERVICE, parts=(part,), deadline=began + CALL_TIMEOUT)
        reply = client.once(SERVICE, request)
    pages: Page = json.loads(reply.part("boxes").text)
    return pages, time.monotonic() - began


def agreed(replies: Mapping[str, tuple[Page, float]]) -> Page:
    """The one answer that all wires gave."""
    (first, (pages, _)), *others = replies.items()
    for endpoint, (other, _) in others:
        if other != pages:
            raise DemoFailed(f"{endpoint} answered otherwise than {first}:\n{other}\n{pages}")
    if not pages[0]["result"]:
        raise DemoFailed("no text was found in the page")
    return pages


def show(image: Path, pages: Page, seconds: Mapping[str, float]) -> None:
    """The lines and the times."""
    console.print(f"[bold]{escape(image.name)}[/]: {len(pages[0]['result'])} lines")
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("text")
    table.add_column("score", justify="right")
    table.add_column("box", justify="right")
    table.add_column("at", justify="right", style="dim")
    for line in pages[0]["result"]:
        x, y, *_ = line["box"]
        table.add_row(escape(line["text"]), score(line["text_score"]), score(line["box_score"]), f"{x},{y}")
    console.print(table)
    took = ", ".join(f"{endpoint.partition(':')[0]} in {time:.2f} s" for endpoint, time in seconds.items())
    console.print(f"[green]the same answer over {len(seconds)} wires:[/] {took}\n")


def accuracy(pages: Page, expected: str) -> tuple[int, int]:
    """How many words are read right, in their order, and how many there are; case and punctuation do not count."""
    wanted, found = words_of(expected), words_of("\n".join(line["text"] for line in pages[0]["result"]))
    blocks = SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks), len(wanted)


def words_of(text: str) -> list[str]:
    """Its words, without what stands between them."""
    return re.findall(r"[^\W_]+", text.lower())


def tell(image: Path) -> None:
    """How to do it by hand."""
    console.print("[bold]By hand:[/] [dim]athena run demos/ocr/aiges.toml[/], and in another terminal")
    for command in by_hand(image):
        console.print(f"\n{escape(command)}")


def score(value: float) -> str:
    """A number, coloured by how sure it is."""
    colour = "green" if value >= 0.9 else "yellow" if value >= 0.7 else "red"
    return f"[{colour}]{value:.3f}[/]"


def by_hand(image: Path, endpoint: str = "http://127.0.0.1:8080") -> tuple[str, str]:
    """The same call with the command line, and with what every machine has."""
    file = shlex.quote(os.path.relpath(image))
    suffix = image.suffix.lower().removeprefix(".") or "png"
    body = (
        '{"header": {"app_id": "demo", "status": 3}, "parameter": {}, '
        f'"payload": {{"data": {{"encoding": "{suffix}", "status": 3, "image": "&"}}}}}}'
    )
    return (
        f"athena call {endpoint} {SERVICE} data:image=@{file}",
        f"base64 < {file} | tr -d '\\n' | sed 's|.*|{body}|' \\\n"
        f"  | curl -sS {endpoint}/v1/private/{SERVICE} -H 'content-type: application/json' --data-binary @-",
    )


if __name__ == "__main__":
    sys.exit(main())
