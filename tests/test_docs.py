"""Every code block of the README and the docs runs, or says why it does not."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools import house, tree

PAGES = sorted([house.ROOT / "README.md", house.ROOT / "CONTRIBUTING.md", *(house.ROOT / "docs").rglob("*.md")])
# A fenced block, or a comment that checks what the blocks above it made:  <!-- then: assert ... -->
BLOCK = re.compile(
    r"(?P<skip><!-- not run: (?P<reason>[^>]+?) -->\s*\n)?^```(?P<kind>\w*)[^\n]*\n(?P<body>.*?)^```|"
    r"^<!-- then:(?P<check>.*?)-->",
    re.M | re.S,
)


@dataclass(frozen=True)
class Block:
    """One block of a page: its language, its text, the line it begins on, and the reason it is not run."""

    kind: str
    body: str
    line: int
    reason: str | None


def blocks(text: str) -> Iterator[Block]:
    """Every block of a page, in order."""
    for found in BLOCK.finditer(text):
        group = "check" if found["check"] is not None else "body"
        line = text.count("\n", 0, found.start(group)) + 1
        if group == "check":
            yield Block("python", inspect.cleandoc("\n" + found["check"]), line, None)
        else:
            yield Block(found["kind"], found["body"], line, found["reason"])


def run(page: Path, text: str) -> int:
    """Run a page's Python blocks in one namespace and parse its toml and json; how many there were."""
    namespace: dict[str, Any] = {"__name__": "docs"}  # Any: a namespace holds whatever the page makes
    count = 0
    for block in blocks(text):
        if block.reason is not None:
            assert len(block.reason.split()) >= 3, f"{page.name}:{block.line}: say why in a few words"
        elif block.kind == "python":
            # Blank lines before it, so that a traceback shows the page's own line.
            code = compile("\n" * (block.line - 1) + block.body, str(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            result = eval(code, namespace)
            if inspect.iscoroutine(result):
                asyncio.run(asyncio.wait_for(result, 30))
            count += 1
        elif block.kind == "toml":
            tree.tomllib.loads(block.body)
            count += 1
        elif block.kind == "json":
            json.loads(block.body)
            count += 1
    return count


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(house.ROOT).as_posix())
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(page, page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("leaf", tree.leaves(house.ROOT), ids=lambda leaf: leaf.folder)
def test_the_code_of_a_leafs_readme_runs(leaf: tree.Leaf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(leaf.path / "README.md", (leaf.path / "README.md").read_text(encoding="utf-8"))


def test_blocks_share_a_namespace_may_await_and_are_checked_afterwards() -> None:
    page = Path("page.md")
    text = "```python\nimport asyncio\nx = 1\n```\n```python\nawait asyncio.sleep(0)\nx += 1\n```\n"
    text += "<!-- then: assert x == 2 -->\n"
    assert run(page, text) == 3
    with pytest.raises(AssertionError):
        run(page, text.replace("x == 2", "x == 3"))


def test_a_broken_block_fails_at_the_pages_own_line_unless_it_says_why_it_is_not_run() -> None:
    broken = "# a\n\n```python\n1 / 0\n```\n"
    with pytest.raises(ZeroDivisionError) as caught:
        run(Path("page.md"), broken)
    assert caught.traceback[-1].lineno == 3
    assert run(Path("page.md"), broken.replace("```python", "<!-- not run: it divides by zero -->\n```python")) == 0
    with pytest.raises(ValueError):
        run(Path("page.md"), "```toml\na = \n```\n")
