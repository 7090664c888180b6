"""Queries find first lines of novels that mean the like, though they share few words. Ends with 0 if all went well."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import athena
from athena import Part, Request
from athena.testing import served

HERE = Path(__file__).parent
TEXTS = HERE / "texts.txt"
NEAR = 0.02  # what a similarity may be off: the weights have 8 bits, expected.json was made with 32

Found = dict[str, Any]  # Any: a JSON object, as expected.json has them

serve = partial(served, HERE / "aiges.toml", "--set=log.level=warning", wires=("http", "grpc"))


class DemoFailed(Exception):
    """What went wrong, as a sentence."""


def main(words: Sequence[str] | None = None) -> int:
    """Serve, embed, rank, compare."""
    parser = argparse.ArgumentParser(prog="run.py", description="Find the lines that mean what is asked for.")
    parser.add_argument("queries", nargs="*", help="what to look for; without any, the queries of expected.json")
    parser.add_argument("--texts", type=Path, default=TEXTS, help="a text per line")
    told = parser.parse_args(words)
    expected: list[Found] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
    try:
        if not told.texts.is_file():
            raise DemoFailed(f"{told.texts}: no such file")
        texts = [line for line in told.texts.read_text(encoding="utf-8").splitlines() if line.strip()]
        with serve() as kernel:
            print(f"ready {kernel.endpoints[0]}")
            found = search(kernel.endpoints[0], texts, told.queries or [each["query"] for each in expected])
        for each in found:
            show(each, texts)
        if told.texts == TEXTS and not told.queries:
            agree(found, expected)
            print("as expected")
    except (DemoFailed, athena.AthenaError) as error:
        print(f"the demo failed: {error}")
        return 1
    return 0


def search(endpoint: str, texts: Sequence[str], queries: Sequence[str]) -> list[Found]:
    """Each query with every line and its similarity, the nearest first; lines are counted from 1."""
    with athena.Client(endpoint) as client:
        ours = client.once("embedding", Request("embedding", parts=(Part.from_json("texts", texts),)))
        # One part for each text says the same as an array of them.
        asked = Request("embedding", parts=tuple(Part.from_text("text", query) for query in queries))
        theirs = client.once("embedding", asked)
    similar = theirs.part("embedding").array() @ ours.part("embedding").array().T
    return [{"query": query, "found": ranked(row)} for query, row in zip(queries, similar.tolist(), strict=True)]


def ranked(similar: Sequence[float]) -> list[Found]:
    """The lines, the nearest first."""
    order = sorted(range(len(similar)), key=lambda line: -similar[line])
    return [{"line": line + 1, "similarity": round(similar[line], 3)} for line in order]


def show(each: Found, texts: Sequence[str]) -> None:
    """A query and the two lines that are nearest."""
    print(each["query"])
    for hit in each["found"][:2]:
        print(f"  {hit['similarity']:6.3f}  {texts[hit['line'] - 1][:100]}")


def agree(found: Sequence[Found], expected: Sequence[Found]) -> None:
    """The same line is nearest, and each similarity that is expected is near enough."""
    for ours, theirs in zip(found, expected, strict=True):
        query, near = theirs["query"], {hit["line"]: hit["similarity"] for hit in ours["found"]}
        best, true = ours["found"][0]["line"], theirs["found"][0]["line"]
        if best != true:
            raise DemoFailed(f"{query!r}: expected line {true}, got line {best}")
        for hit in theirs["found"]:
            got = near[hit["line"]]
            if abs(got - hit["similarity"]) > NEAR:
                raise DemoFailed(f"{query!r}: line {hit['line']}: expected {hit['similarity']}, got {got}")


if __name__ == "__main__":
    sys.exit(main())
