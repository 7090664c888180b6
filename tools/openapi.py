"""Holds a server against its own /openapi.json: generated requests by schemathesis, the rules of redocly.

`nox -s openapi` makes both and writes what they found into benchmarks/results/openapi; a test does a fiftieth of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from athena import Reply, Request, Wrapper, fields, hookimpl
from athena.kernel import Kernel, start
from athena.models import Document, Part
from tools import house

__all__ = ["SCHEMATHESIS", "Found", "fuzz", "lint", "serving"]

SCHEMATHESIS = "schemathesis==4.32.5"
REDOCLY = "@redocly/cli@2.77.0"
FOLDER = house.ROOT / "benchmarks" / "results" / "openapi"
LEAST = 2000
TOML = """
[kernel]
drain_timeout = 1.0
[transports.http]
port = 0
"""


class Form(Wrapper):
    """Takes one of everything, and gives back what it took."""

    version = "2.1"
    inputs = (
        fields.text("text", summary="What to say."),
        fields.image("picture", required=False, formats=("png", "jpg")),
        fields.audio("sound", required=False),
        fields.video("clip", required=False),
        fields.json_value("options", required=False),
        fields.tensor("numbers", "<f4", [-1, 4], required=False),
    )
    outputs = (fields.text("text"), fields.json_value("options"))
    params = (
        fields.integer("times", minimum=0, default=1),
        fields.integer("offset"),
        fields.number("scale"),
        fields.boolean("loud", default=False),
        fields.string("name"),
    )

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply(request.parts)


class Pick(Wrapper):
    """Takes whatever it is sent, and needs to be told how; it yields one item after the other."""

    inputs = (fields.anything(),)
    params = (fields.string("mode", required=True, choices=("fast", "slow")),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Iterator[Reply]:
        for part in request.parts or (Part.from_text("nothing", ""),):
            yield Reply((part,))


@frozen
class Found:
    """What came of it.

    Attributes:
        cases: Requests that were made.
        failures: Checks that did not hold, each with where.
        errors: What kept a case from being made.
        operations: Those of the document, and how many were tried.
    """

    cases: int
    failures: tuple[str, ...]
    errors: tuple[str, ...]
    operations: tuple[int, int]
    seed: int
    seconds: float
    tester: str


def serving() -> AbstractAsyncContextManager[Kernel]:
    """A kernel with a service of each shape."""
    return start(Document(TOML, "1", "openapi.toml"), wrappers={"form": Form(), "pick": Pick()})


async def _ran(*command: str, folder: str, within: float) -> tuple[int, str]:
    """A program to its end: its exit code, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), within)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode or 0, out.decode(errors="replace")


async def fuzz(url: str, python: str, *, examples: int, seed: int, phases: str, within: float) -> Found:
    """Requests made from the document, good ones and bad ones; every answer is held against it.

    Args:
        url: The server's.
        python: An interpreter that has schemathesis.
        examples: At most so many generated ones for each operation.
        seed: The same requests for the same seed.
        phases: ``examples,coverage,fuzzing,stateful`` or some of them.
        within: Seconds for all of it.
    """
    with tempfile.TemporaryDirectory(prefix="athena-openapi-") as folder:
        report = Path(folder) / "report.json"
        code, said = await _ran(
            python, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--checks=all", f"--seed={seed}",
            f"--max-examples={examples}", f"--phases={phases}", "--continue-on-failure", "--no-shrink",
            "--report=json", f"--report-json-path={report}", f"--report-dir={folder}",
            within=within,
            folder=folder,
        )  # fmt: skip
        if not report.is_file():
            raise RuntimeError(f"schemathesis ended with {code}:\n{said[-4000:]}")
        told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))  # Any: its own report
    failures = tuple(f"{each['code']} {each['title']}: {', '.join(each['operations'])}" for each in told["failures"])
    if failures:
        print(said)
    operations = told["operations"]
    return Found(
        cases=told["test_cases"]["generated"],
        failures=failures,
        errors=tuple(str(each) for each in told["errors"]),
        operations=(operations["selected"], operations["tested"]),
        seed=told["seed"],
        seconds=round(told["running_time"], 1),
        tester=f"schemathesis {told['schemathesis_version']}, every check",
    )


async def lint(url: str, redocly: str) -> dict[str, int]:
    """Redocly's recommended rules over the document: how many of which severity."""
    with tempfile.TemporaryDirectory(prefix="athena-openapi-") as folder:
        document = Path(folder) / "openapi.json"
        document.write_bytes(await asyncio.to_thread(_fetched, f"{url}/openapi.json"))
        _, said = await _ran(
            redocly, "lint", "--extends=recommended", "--format=json", str(document), within=120, folder=folder
        )
    totals: dict[str, int] = json.JSONDecoder().raw_decode(said[said.index("{") :])[0]["totals"]
    return totals


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


async def _both(python: str, redocly: str, examples: int, seed: int) -> dict[str, object]:
    async with serving() as kernel:
        url = kernel.endpoints[0].url
        phases = "examples,coverage,fuzzing,stateful"
        found = await fuzz(url, python, examples=examples, seed=seed, phases=phases, within=1800)
        rules = await lint(url, redocly)
    return {"schemathesis": asdict(found), "redocly": {"version": REDOCLY, "ruleset": "recommended", **rules}}


def main(words: Sequence[str] | None = None) -> int:
    """Both, the result as JSON; 1 where something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tools.openapi")
    parser.add_argument("--python", required=True, help="an interpreter that has schemathesis")
    parser.add_argument("--redocly", required=True, help="redocly's program")
    parser.add_argument("--examples", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"into {FOLDER.relative_to(house.ROOT)}")
    asked = parser.parse_args(words)
    result = asyncio.run(_both(asked.python, asked.redocly, asked.examples, asked.seed))
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    if asked.write:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{date.today().isoformat()}.json").write_text(text, encoding="utf-8")
    return 0 if holds(result) else 1


def holds(result: dict[str, Any]) -> bool:  # Any: JSON
    """Whether a result is what was promised: enough cases, no failure, no rule broken."""
    tried, rules = result["schemathesis"], result["redocly"]
    return tried["cases"] >= LEAST and not tried["failures"] and not tried["errors"] and not rules["errors"]


if __name__ == "__main__":
    sys.exit(main())
