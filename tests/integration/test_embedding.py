"""What the README says of embedding, done: inside a service of aiohttp that is there already, and in a plain script."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.M | re.S)


def block(word: str) -> str:
    """The README's one Python block with that word in it."""
    [found] = [text for text in BLOCKS if word in text]
    return str(found)


WRAPPER, SERVICE, SCRIPT = (
    block("class Upper"),
    block("cleanup_ctx"),
    block('with athena.start(wrappers={"upper": Upper}) as kernel:'),
)


def test_the_example_fits_on_fifteen_lines() -> None:
    assert len([line for line in SERVICE.splitlines() if line.strip()]) <= 15


async def test_a_service_of_aiohttp_goes_on_as_before_and_has_a_kernel_in_it() -> None:
    page: dict[str, Any] = {"__name__": "service"}  # Any: a namespace holds whatever the page makes
    exec(WRAPPER + SERVICE, page)
    app: web.Application = page["app"]

    async def old(_: web.Request) -> web.Response:
        return web.Response(text="was here before")

    app.router.add_get("/old", old)
    async with TestClient(TestServer(app, host="127.0.0.1")) as http:
        answers = await asyncio.gather(*(http.post("/shout", data=f"hello {number}") for number in range(20)))
        assert [await answer.text() for answer in answers] == [f"HELLO {number}" for number in range(20)]
        assert await (await http.get("/old")).text() == "was here before"
        kernel = app[page["KERNEL"]]
    await asyncio.wait_for(kernel.wait(), 10)  # it stops with the service


def test_the_blocking_form_runs_in_a_plain_script_that_ends_by_itself(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"import athena\n{WRAPPER}\n{SCRIPT}")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "HELLO\n", "")
