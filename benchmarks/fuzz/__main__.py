"""``python -m benchmarks.fuzz``: run it, show it, write it down; ends with 1 when something was found."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import click
from attrs import asdict
from rich.console import Console
from rich.table import Table

from benchmarks.results import commit, machine

from .live import live
from .run import FULL, Result, fuzz
from .targets import targets

LIVE_SHARE = 100
"""For so many inputs of the codecs one more goes to a server."""
FOLDER = Path(__file__).parent / "results"
console = Console(width=None if sys.stdout.isatty() else 160)


@click.command()
@click.option("--inputs", default=FULL, show_default=True, type=click.IntRange(100), help="Of all targets together.")
@click.option("--seed", default=1, show_default=True, help="Of everything that is drawn.")
@click.option("--only", default="", help="Targets whose names contain this.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the result is written.")
def main(inputs: int, seed: int, only: str, path: Path | None) -> None:
    """Mutate good inputs of every codec: nothing but a refusal may come of it."""
    name = commit()
    found = all_of(inputs, seed, only)
    if not only:
        found += asyncio.run(live(inputs // LIVE_SHARE, seed))
    console.print(table(found))
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    target = path or FOLDER / f"fuzz-{when[:10]}-{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(document(when, name, seed, found))
    console.print(f"written to {target.name}")
    if any(one.findings for one in found):
        raise SystemExit(1)


def all_of(inputs: int, seed: int, only: str = "") -> list[Result]:
    """Every target, each with its share and a seed of its own, which does not change when others are added."""
    chosen = [target for target in targets() if only in target.name]
    share = -(-inputs // max(1, len(chosen)))
    return [fuzz(target, share, seed ^ zlib.crc32(target.name.encode())) for target in chosen]


def table(found: Sequence[Result]) -> Table:
    """The result for people."""
    shown = Table("target", "inputs", "taken", "refused", "ways", "slowest ms", "")
    for one in found:
        verdict = "; ".join(finding.why for finding in one.findings) or "good"
        counts = (f"{one.inputs:,}", f"{one.taken:,}", f"{one.refused:,}", f"{one.ways}", f"{one.slowest:.1f}")
        shown.add_row(one.target, *counts, verdict)
    return shown


def document(when: str, name: str, seed: int, found: Sequence[Result]) -> str:
    """The result as JSON."""
    told = {
        "when": when,
        "commit": name,
        "seed": seed,
        "command": shlex.join(["python", "-m", "benchmarks.fuzz", *sys.argv[1:]]),
        "machine": machine(),
        "inputs": sum(one.inputs for one in found),
        "good": not any(one.findings for one in found),
        "targets": [asdict(one) for one in found],
    }
    return json.dumps(told, indent=1) + "\n"


if __name__ == "__main__":
    main()
