"""``python -m benchmarks.fuzz.guided``: the same targets under atheris, which looks at what each input reached."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import click
from attrs import asdict, define
from cattrs import structure
from rich.console import Console
from rich.table import Table

from benchmarks.results import commit, machine

from .run import FULL, Finding, Result
from .targets import Target, targets

__all__ = ["Guided", "command_of", "edges_of", "run_one"]

FOLDER = Path(__file__).parent / "results"
WITHIN = 1800
_COVERED = re.compile(r"\bcov: (\d+)")
console = Console(width=None if sys.stdout.isatty() else 160)


@define
class Guided:
    """What became of one target.

    Attributes:
        result: As without a guide.
        edges: How many places in the code its inputs reached, by atheris.
        seconds: How long it took.
    """

    result: Result
    edges: int
    seconds: float


@click.command()
@click.option("--inputs", default=FULL, show_default=True, type=click.IntRange(100), help="Of all targets together.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(1), help="Of everything that is drawn.")
@click.option("--only", default="", help="Targets whose names contain this.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the result is written.")
def main(inputs: int, seed: int, only: str, path: Path | None) -> None:
    """Let atheris find inputs that reach new code of every codec: nothing but a refusal may come of it."""
    chosen = [target for target in targets() if only in target.name]
    share = -(-inputs // max(1, len(chosen)))
    found = []
    for target in chosen:
        found.append(run_one(target, share, seed))
        console.print(f"{target.name}: {found[-1].edges} edges, {found[-1].seconds:.0f} s")
    console.print(_table(found))
    when, name = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), commit()
    written = path or FOLDER / f"guided-{when[:10]}-{name}.json"
    written.write_text(_document(when, name, seed, found), encoding="utf-8")
    console.print(f"written to {written.name}")
    if any(one.result.findings for one in found):
        raise SystemExit(1)


def run_one(target: Target, count: int, seed: int) -> Guided:
    """One target in a process of its own, which atheris ends."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="athena-fuzz-") as scratch:
        folder = Path(scratch)
        (folder / "seeds").mkdir()
        for number, good in enumerate(target.seeds):
            (folder / "seeds" / str(number)).write_bytes(good)
        command = command_of(target, count, seed, folder)
        ended = subprocess.run(command, capture_output=True, timeout=WITHIN, cwd=Path(__file__).parents[2], check=False)
        said = ended.stderr.decode("utf-8", "replace")
        written = folder / "result.json"
        if written.exists():
            result = structure(json.loads(written.read_text(encoding="utf-8")), Result)
        else:
            result = Result(target.name, findings=[Finding("atheris ended without a result", "", said[-3000:])])
    return Guided(result, edges_of(said), round(time.monotonic() - began, 1))


def command_of(target: Target, count: int, seed: int, folder: Path) -> Sequence[str]:
    """What atheris is started with; it draws anew for each target, and alike for the same seed."""
    own = (seed ^ zlib.crc32(target.name.encode())) % 2**31 or 1
    limits = (
        f"-runs={count + len(target.seeds) + 100}",
        f"-seed={own}",
        "-max_len=8192",
        "-timeout=60",
        "-rss_limit_mb=2048",
    )
    program = (sys.executable, "-m", "benchmarks.fuzz.underneath", target.name, str(count), str(folder / "result.json"))
    return (*program, *limits, str(folder / "seeds"))


def edges_of(said: str) -> int:
    """The last number of covered edges in what atheris prints."""
    return int(found[-1]) if (found := _COVERED.findall(said)) else 0


def _table(found: Sequence[Guided]) -> Table:
    shown = Table("target", "inputs", "taken", "refused", "edges", "slowest ms", "")
    for one in found:
        result = one.result
        verdict = "; ".join(finding.why for finding in result.findings) or "good"
        counts = (f"{result.inputs:,}", f"{result.taken:,}", f"{result.refused:,}", f"{one.edges:,}")
        shown.add_row(result.target, *counts, f"{result.slowest:.1f}", verdict)
    return shown


def _document(when: str, name: str, seed: int, found: Sequence[Guided]) -> str:
    told = {
        "when": when,
        "commit": name,
        "seed": seed,
        "command": shlex.join(["python", "-m", "benchmarks.fuzz.guided", *sys.argv[1:]]),
        "machine": machine(),
        "inputs": sum(one.result.inputs for one in found),
        "good": not any(one.result.findings for one in found),
        "targets": [{**asdict(one.result), "edges": one.edges, "seconds": one.seconds} for one in found],
    }
    return json.dumps(told, indent=1) + "\n"


if __name__ == "__main__":
    main()
