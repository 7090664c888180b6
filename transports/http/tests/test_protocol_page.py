"""docs/ase-protocol.md is true: what it shows is sent, and what it promises comes back."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from athena_proto.ase import ASE_CODES
from athena_transport_http.faults import SHAPES

from .conftest import There

PAGE = Path(__file__).parents[3] / "docs" / "ase-protocol.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXCHANGE = re.compile(
    r"<!-- sends: POST (?P<path>\S+) -->\n```json\n(?P<sent>.*?)```\s*<!-- answers: (?P<status>\d+) -->\n"
    r"```json\n(?P<answer>.*?)```",
    re.S,
)
FRAMES = re.compile(r"<!-- frames: (?P<path>\S+) -->\n```json\n(?P<frames>.*?)```", re.S)
EXCHANGES = [(found["path"], found["sent"], int(found["status"]), found["answer"]) for found in EXCHANGE.finditer(TEXT)]


def alike(shown: Any, got: Any) -> bool:
    """Whether what came is what the page shows; … stands for anything."""
    if shown == "…":
        return True
    if isinstance(shown, dict) and isinstance(got, dict):
        return shown.keys() == got.keys() and all(alike(shown[key], got[key]) for key in shown)
    if isinstance(shown, list) and isinstance(got, list):
        return len(shown) == len(got) and all(map(alike, shown, got))
    return bool(shown == got)


def test_the_page_has_its_examples() -> None:
    assert len(EXCHANGES) >= 9
    assert len(FRAMES.findall(TEXT)) == 2


@pytest.mark.parametrize(("path", "sent", "status", "answer"), EXCHANGES)
async def test_an_example_is_answered_as_the_page_says(
    there: There, path: str, sent: str, status: int, answer: str
) -> None:
    got, _, body = await there.post(path, body=sent.encode())
    assert got == status, body
    assert alike(json.loads(answer), json.loads(body)), body


@pytest.mark.parametrize("found", list(FRAMES.finditer(TEXT)), ids=lambda found: found["path"])
async def test_the_sessions_frames_are_the_pages(there: There, found: re.Match[str]) -> None:
    async with there.client.ws_connect(there.url.replace("http", "ws") + found["path"]) as wire:
        for frame in json.loads(found["frames"]):
            if "sends" in frame:
                await wire.send_str(json.dumps(frame["sends"]))
            else:
                got = await asyncio.wait_for(wire.receive_json(), 5)
                assert alike(frame["answers"], got), got


def test_the_pages_table_of_faults_is_the_servers() -> None:
    rows = re.findall(r"^\| ([A-Z_]+) \| (\d+) \| (\d+)[^|]*\| (\d+)[^|]*\|$", TEXT, re.M)
    shown = {name: (int(status), int(code), int(close)) for name, status, code, close in rows}
    true = {fault.name: (shape.status, ASE_CODES[fault], shape.close) for fault, shape in SHAPES.items()}
    assert shown == true
