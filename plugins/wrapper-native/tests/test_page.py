"""The library on the authors' page is one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from athena import Fault, Part, Request
from athena.kernel import start
from athena.models import Document
from athena.testing.bounded import bounded, refused

PAGE = Path(__file__).parents[3] / "docs" / "authors" / "native.md"


@bounded
async def test_the_c_of_the_page_builds_and_answers(build: Any, tmp_path: Path) -> None:
    if not PAGE.is_file():
        pytest.skip("the documentation is not beside the plugin")
    found = re.search(r"^```c\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert found is not None
    source = tmp_path / "wrapper.c"
    source.write_text(found[1], encoding="utf-8")
    text = f'[services.turn]\nwrapper = "{build(source=source)}"\n'
    async with start(Document(text, "1", "page.toml")) as kernel:
        reply = await kernel.once("turn", Request("", parts=(Part("x", b"abc"),)))
        assert reply.part("turned").data == b"cba"
        error = await refused(kernel.once("turn", Request("")), Fault.USER_ERROR)
        assert (error.code, error.message) == (20001, "there is nothing to turn round")
        described = kernel.services()["turn"].description
        assert (described.version, described.operations) == ("1.0", {"once"})
        assert "without wrapperSetCtrl, wrapperInit" in described.summary
