"""``python -m benchmarks.validation``: what it costs a call that it is held against its wrapper's description.

In one process, without a transport and without a lane: two services of the same echo, one that declares nothing and one
that declares what it takes, are called in turn with the same body of a KiB, many short turns, and the CPU of a call on
the one is taken from that on the other. It writes into ``results/validation`` and fails above 3 µs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles

import click
import uvloop
from attrs import asdict, frozen

from athena import Part, Reply, Request, Wrapper, fields, hookimpl
from athena.kernel import Kernel, start
from athena.models import Document

from .inline import InlineFactory
from .measure import ROOT
from .results import machine

FOLDER = ROOT / "benchmarks" / "results" / "validation"
MOST = 3.0
"""Microseconds of CPU."""
CALLS = 400
"""Of a turn."""
TEXT = "x" * 1024
PARAMS = {"lang": "de", "top": "3", "threshold": "0.5", "verbose": "true"}


class Silent(Wrapper):
    """Declares nothing."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply(request.parts)


class Declared(Silent):
    """Declares a text and four parameters, each of another type."""

    inputs = (fields.text("text", formats=("plain", "json")), fields.image("image", required=False))
    params = (
        fields.string("lang", choices=("de", "en", "fr")),
        fields.integer("top", minimum=1, maximum=100),
        fields.number("threshold", minimum=0.0, maximum=1.0),
        fields.boolean("verbose"),
    )


SERVICES = {"silent": "benchmarks.validation:Silent", "declared": "benchmarks.validation:Declared"}


@frozen
class Row:
    """What was found.

    Attributes:
        silent, declared: Microseconds of CPU of a call, medians.
        differences: Of each pair.
    """

    silent: float
    declared: float
    differences: list[float]

    @property
    def cost(self) -> float:
        """Microseconds that the description costs."""
        return median(self.differences)


async def turn(kernel: Kernel, service: str) -> float:
    """Microseconds of this process's CPU that a call takes."""
    request = Request(service, parts=(Part.from_text("text", TEXT),), params=PARAMS)
    began = time.process_time()
    for _ in range(CALLS):
        await kernel.once(service, request)
    return (time.process_time() - began) / CALLS * 1e6


async def compared(pairs: int) -> Row:
    """Both in turn; the first turn of each counts for nothing."""
    tables = "\n".join(
        f'[services.{name}]\nwrapper = "{wrapper}"\nexecutor = "inline"' for name, wrapper in SERVICES.items()
    )
    document = Document(f'{tables}\n[log]\nlevel = "warning"\n')
    async with start(document, plugins={"executors.inline": InlineFactory}) as kernel:
        found = [[await turn(kernel, name) for name in SERVICES] for _ in range(pairs + 1)][1:]
    silent, declared = ([each[side] for each in found] for side in (0, 1))
    return Row(median(silent), median(declared), [second - first for first, second in found])


def broken(row: Row) -> list[str]:
    """What is not as promised."""
    return [f"validation costs {row.cost:.2f} µs a call, at most {MOST:g}"] if row.cost > MOST else []


@click.command()
@click.option("--pairs", default=101, show_default=True, type=click.IntRange(1), help="Of turns.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the result is written.")
def main(pairs: int, path: Path | None) -> None:
    """Measure, write it down, and fail where it is not as promised."""
    row = uvloop.run(compared(pairs))
    low, _, high = quantiles(row.differences, n=4) if pairs > 1 else row.differences * 3
    click.echo(f"a call: {row.silent:.2f} µs, held against a description: {row.declared:.2f} µs")
    click.echo(f"the description: {row.cost:.2f} µs (half of the pairs {low:.2f} to {high:.2f})")
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    found = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit,
        "command": f"python -m benchmarks.validation --pairs {pairs}",
        "machine": machine(),
        "bytes": len(TEXT),
        "cost_us": round(row.cost, 3),
        "row": asdict(row),
        "broken": broken(row),
    }
    target = path or FOLDER / f"{time.strftime('%Y-%m-%d', time.gmtime())}-{commit}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1) + "\n")
    click.echo("\n".join([f"written to {target.name}", *broken(row)]))
    sys.exit(bool(found["broken"]))


if __name__ == "__main__":
    main()
