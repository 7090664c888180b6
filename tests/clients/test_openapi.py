"""The server does what its /openapi.json says: a fiftieth of what `nox -s openapi` tries, with the same seed."""

from __future__ import annotations

import json

import pytest

from tools.openapi import FOLDER, LEAST, SCHEMATHESIS, fuzz, holds, serving

from .served import environment

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("openapi")]


async def test_generated_requests_are_answered_as_the_document_says() -> None:
    python = environment(f"athena-{SCHEMATHESIS.replace('==', '-')}", SCHEMATHESIS)
    async with serving() as kernel:
        found = await fuzz(
            kernel.endpoints[0].url, python, examples=LEAST // 50, seed=1, phases="examples,fuzzing", within=120
        )
    assert (found.failures, found.errors) == ((), ())
    assert found.cases >= LEAST // 50
    assert found.operations[0] == found.operations[1] >= 7


def test_the_result_that_is_committed_holds() -> None:
    results = sorted(FOLDER.glob("*.json"))
    assert results
    result = json.loads(results[-1].read_text(encoding="utf-8"))
    assert holds(result)
    assert result["schemathesis"]["cases"] >= LEAST
    assert result["redocly"]["errors"] == 0


def test_a_result_with_a_failure_or_too_few_cases_would_not_hold() -> None:
    tried = {"cases": LEAST, "failures": [], "errors": []}
    assert holds({"schemathesis": tried, "redocly": {"errors": 0}})
    assert not holds({"schemathesis": tried, "redocly": {"errors": 1}})
    for worse in ({"cases": LEAST - 1}, {"failures": ["x"]}, {"errors": ["x"]}):
        assert not holds({"schemathesis": {**tried, **worse}, "redocly": {"errors": 0}})
