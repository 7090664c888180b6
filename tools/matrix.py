"""The matrix: transports x executors x wrappers from the disk, what a run of it needs, and its table."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

from tools import tree

AXES = ("transports", "executors", "wrappers")
LOOPBACK = "loopback"  # ships with the kernel's test kit and is no entry point
_ROW = re.compile(r"\[([a-z0-9_]+)-([a-z0-9_]+)-([a-z0-9_.]+?)\]$")


@dataclass(frozen=True)
class Axes:
    """What is chosen to run, and all there is."""

    transports: tuple[str, ...]
    executors: tuple[str, ...]
    wrappers: tuple[str, ...]
    there: dict[str, dict[str, str]]

    def env(self) -> dict[str, str]:
        """What tests/test_matrix.py reads."""
        return {f"ATHENA_MATRIX_{axis.upper()}": ",".join(getattr(self, axis)) for axis in AXES}

    def listing(self) -> str:
        """Every combination there is, each on a line; what this run would take has a star."""
        chosen = set(product(self.transports, self.executors, self.wrappers))
        rows = product(*(sorted(self.there[axis]) for axis in AXES))
        lines = [f"{'*' if row in chosen else ' '} {row[0]:<10} {row[1]:<10} {row[2]}" for row in rows]
        return "\n".join(["transports x executors x wrappers (* = this run):", *lines])

    def requirements(self, root: Path, folder: Path) -> Path:
        """Write the requirements of this run: the kernel, the shelf, and the leaves chosen; no wrapper beside them."""
        folders = {self.there[axis][name] for axis in AXES for name in getattr(self, axis)} | {"proto"}
        lines = [f"-e {root}[cli,testing]", *(f"-e {root / each}" for each in sorted(folders - {"."}))]
        # The contracts' fixtures call echo whatever wrapper a row is about.
        lines.append(f"-e {root / self.there['wrappers']['echo']}")
        path = folder.resolve() / "requirements.txt"
        path.write_text("\n".join(dict.fromkeys(lines)) + "\n", encoding="utf-8")
        return path


@dataclass(frozen=True)
class Row:
    """What one combination did."""

    name: tuple[str, str, str]
    passed: int
    failed: int
    skipped: int


def axes(root: Path, argv: Sequence[str]) -> Axes:
    """Read the axes from the disk and the choice from the arguments.

    Args:
        root: The repository.
        argv: ``--list``, ``--transports a,b``, ``--executors a``, ``--wrappers a``; wrappers default to echo.
    """
    there = {axis: tree.points(root, f"athena.{axis}") for axis in AXES}
    there["transports"][LOOPBACK] = "."
    parser = argparse.ArgumentParser("nox -s matrix --")
    parser.add_argument("--list", action="store_true", help="print the combinations and stop")
    for axis in AXES:
        default = "echo" if axis == "wrappers" else ",".join(sorted(there[axis]))
        parser.add_argument(f"--{axis}", default=default, help=f"of {', '.join(sorted(there[axis]))}")
    chosen = parser.parse_args(argv)
    picked = {axis: tuple(name for name in getattr(chosen, axis).split(",") if name) for axis in AXES}
    for axis, names in picked.items():
        unknown = [name for name in names if name not in there[axis]]
        if unknown:
            parser.error(f"--{axis}: not on the disk: {', '.join(unknown)}; there are {', '.join(sorted(there[axis]))}")
    return Axes(picked["transports"], picked["executors"], picked["wrappers"], there)


def read(report: Path) -> list[Row]:
    """Count a junit report by combination."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        found = _ROW.search(case.get("name", ""))
        name = (found[1], found[2], found[3]) if found else ("", "", "(not one row)")
        kinds = {child.tag for child in case}
        verdict = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        counts.setdefault(name, Counter())[verdict] += 1
    return [Row(name, c["passed"], c["failed"], c["skipped"]) for name, c in sorted(counts.items())]


def render(rows: Sequence[Row]) -> str:
    """The table, a row a combination."""
    head = f"{'transport':<10} {'executor':<10} {'wrapper':<14} {'passed':>6} {'failed':>6} {'skipped':>7}"
    lines = [
        f"{row.name[0]:<10} {row.name[1]:<10} {row.name[2]:<14} {row.passed:>6} {row.failed:>6} {row.skipped:>7}"
        for row in rows
    ]
    rule = "-" * len(head)
    sums = [sum(each) for each in zip(*((row.passed, row.failed, row.skipped) for row in rows), strict=True)] or [0] * 3
    return "\n".join([head, rule, *lines, rule, f"{'all':<36} {sums[0]:>6} {sums[1]:>6} {sums[2]:>7}"])


if __name__ == "__main__":
    print(axes(Path(__file__).parents[1], sys.argv[1:]).listing())
