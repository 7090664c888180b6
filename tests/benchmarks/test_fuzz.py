"""A fiftieth of the fuzzing, with a seed of its own; the whole of it is ``nox -s fuzz``."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from athena.errors import Fault, ServiceError
from benchmarks.fuzz import run
from benchmarks.fuzz.__main__ import all_of, document
from benchmarks.fuzz.live import LIVE, live
from benchmarks.fuzz.mutate import LONGEST, Mutator
from benchmarks.fuzz.targets import Target, targets

RESULTS = Path(run.__file__).parent / "results"


def test_a_fiftieth_of_a_million_inputs_is_taken_or_refused_and_nothing_else() -> None:
    found = all_of(run.FULL // 50, 50)
    assert sum(one.inputs for one in found) >= run.FULL // 50
    assert {one.target: one.findings for one in found if one.findings} == {}
    assert all(one.taken for one in found)  # whatever is refused always is no input
    said = json.loads(document("now", "here", 50, found))
    assert (said["seed"], said["good"], said["commit"]) == (50, True, "here")


async def test_a_server_answers_mutated_requests_and_goes_on() -> None:
    found = await live(1000, 50)
    assert [one.target for one in found] == list(LIVE)
    assert {one.target: one.findings for one in found if one.findings} == {}
    assert sum(one.inputs for one in found) >= 1000


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_the_seeds_are_good_inputs(target: Target) -> None:
    for good in target.seeds:
        target.run(good)


def test_the_same_seed_makes_the_same_inputs() -> None:
    pool = (b'{"a": [1, {"b": "c"}]}', b"\x0a\x04talk")
    first, second, other = (Mutator(seed) for seed in (1, 1, 2))
    inputs = [first.of(pool) for _ in range(500)]
    assert inputs == [second.of(pool) for _ in range(500)]
    assert inputs != [other.of(pool) for _ in range(500)]
    assert len(set(inputs)) > 250
    assert max(map(len, inputs)) <= LONGEST + 8192


def _crashes(data: bytes) -> None:
    if len(data) > 5:
        raise KeyError(data)


def _lies(data: bytes) -> None:
    raise ServiceError(Fault.INTERNAL, "a bug")


def _dawdles(data: bytes) -> None:
    until = time.thread_time() + 0.02
    while time.thread_time() < until:
        pass


@pytest.mark.parametrize(
    ("broken", "why"), [(_crashes, "KeyError"), (_lies, "refused with INTERNAL"), (_dawdles, "took ")]
)
def test_a_crash_a_wrong_refusal_and_a_hang_are_found(
    broken: object, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SLOW", 0.01)
    result = run.fuzz(Target("broken", (b"",), broken), 2000, 1)  # type: ignore[arg-type]  # they take bytes
    assert why in result.findings[-1].why
    assert len(result.findings) <= run.FINDINGS + 1


def test_the_committed_result_is_of_a_million_inputs_and_good() -> None:
    newest = max(RESULTS.glob("fuzz-*.json"))
    said = json.loads(newest.read_text())
    assert (said["inputs"] >= run.FULL, said["good"]) == (True, True)
    assert {one["target"] for one in said["targets"]} <= {target.name for target in targets()} | set(LIVE)
