"""What a kernel and its workers hold: files, threads, processes, shared memory, memory; read from /proc."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import asdict, frozen

__all__ = ["Held", "Point", "held", "slope"]

PAGE = 4096


@frozen
class Held:
    """A tree of processes at one moment.

    Attributes:
        fds: Open files, pipes and sockets of all of them.
        threads: Of all of them.
        children: Processes below the first.
        shared: Pieces of shared memory that are mapped.
        rss: MiB, by ``kernel`` and ``workers``.
    """

    fds: int
    threads: int
    children: int
    shared: int
    rss: Mapping[str, float]

    def more_than(self, before: Held) -> dict[str, str]:
        """What there is more of than before, or less: each with both numbers. Memory is judged by its slope."""
        mine, theirs = asdict(self), asdict(before)
        counts = ("fds", "threads", "children", "shared")
        return {name: f"{theirs[name]} before, {mine[name]} now" for name in counts if mine[name] != theirs[name]}


def held(pid: int) -> Held:
    """What that process and its descendants hold."""
    tree = _tree(pid)
    maps = {
        words[-1]
        for each in tree
        for line in _lines(each, "maps")
        if (words := line.split()) and words[-1].startswith(("/dev/shm/", "/memfd:"))
    }
    rss = [_rss(each) for each in tree]
    return Held(
        fds=sum(_entries(each, "fd") for each in tree),
        threads=sum(_entries(each, "task") for each in tree),
        children=len(tree) - 1,
        shared=len(maps),
        rss={"kernel": rss[0], "workers": sum(rss[1:])},
    )


@frozen
class Point:
    """Memory after so many operations: one point of a line."""

    done: int
    mib: float


def slope(points: Sequence[Point]) -> float:
    """MiB per million operations, of the line that fits best.

    Raises:
        ValueError: Fewer than five windows: two points make a line of any noise.
    """
    if len(points) < 5:
        raise ValueError(f"a slope needs 5 windows, there are {len(points)}")
    mean_x = sum(point.done for point in points) / len(points)
    mean_y = sum(point.mib for point in points) / len(points)
    above = sum((point.done - mean_x) * (point.mib - mean_y) for point in points)
    return above / sum((point.done - mean_x) ** 2 for point in points) * 1e6


def _tree(pid: int) -> list[int]:
    pids, found = [pid], []
    while pids:
        each = pids.pop()
        found.append(each)
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                pids += [int(child) for child in task.read_text().split()]
    return found


def _entries(pid: int, folder: str) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/{folder}").iterdir()))
    except OSError:
        return 0


def _lines(pid: int, name: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/{name}").read_text().splitlines()
    except OSError:
        return []


def _rss(pid: int) -> float:
    fields = " ".join(_lines(pid, "statm")).split()
    return int(fields[1]) * PAGE / 2**20 if fields else 0.0
