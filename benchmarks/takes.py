"""What one run consists of: rows in pairs, numbers taken one at a time, and Athena beside its peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from attrs import frozen

from . import pairs
from .growth import GROWTH
from .languages import LANGUAGES
from .pairs import Plan
from .peers import rounds
from .peers.catalog import CONTESTS, Contest
from .results import Record, of_contest, of_row, of_samples
from .rows import ROWS, Row
from .singles import SINGLES, Single

Said = Callable[[str], None]


@frozen
class Take:
    """What is measured together.

    Attributes:
        name: What is named when it fails or cannot be.
        records: The names of what it gives.
        run: Measures; raises :class:`rounds.Absent` where there is nothing to measure beside.
    """

    name: str
    records: tuple[str, ...]
    run: Callable[[Plan, Said], list[Record]]


def takes(peers: bool, rows: Sequence[Row] = ROWS, contests: Sequence[Contest] = CONTESTS) -> list[Take]:
    """Everything there is, in the order it is measured; the peers only where they are wanted."""
    found = [Take(row.name, names_of(row), partial(_row, row)) for row in rows]
    if peers:
        found += [_contest(contest, rows) for contest in contests]
    singles = (*SINGLES, *GROWTH, *LANGUAGES)
    return found + [Take(single.name, (single.name,), partial(_single, single)) for single in singles]


def names_of(row: Row) -> tuple[str, ...]:
    """The records a row gives."""
    return (row.name, *(f"{row.name}/{what}" for what, _, _ in row.also))


def _contest(contest: Contest, rows: Sequence[Row]) -> Take:
    ours = [row for row in rows if row.name.rpartition("/")[0] == contest.row]
    if not ours:
        raise ValueError(f"{contest.name}: no row of Athena's is named {contest.row}/…")
    names = tuple(f"{row.name}:{contest.peer.name}" for row in ours)
    return Take(contest.name, names, partial(_beside, contest, ours))


def _row(row: Row, plan: Plan, said: Said) -> list[Record]:
    return of_row(row, pairs.measure(row, plan, said), plan)


def _beside(contest: Contest, rows: Sequence[Row], plan: Plan, said: Said) -> list[Record]:
    found = rounds.measure(contest, rows, plan, said)
    return [of_contest(contest, row, found[row.name], plan) for row in rows]


def _single(single: Single, plan: Plan, said: Said) -> list[Record]:
    return [of_samples(single, [single.take() for _ in range(plan.pairs)])]
