"""The corpus of what must be refused, sent to a server: 400, a reason, and never a 500."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from .conftest import There
from .test_sockets import spoken

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "proto" / "tests" / "data" / "refused.json").read_text()
)


def body(row: dict[str, Any]) -> bytes:
    return b"".join(
        (bytes.fromhex(piece["hex"]) if "hex" in piece else piece["text"].encode()) * piece.get("times", 1)
        for piece in row["body"]
    )


async def test_every_row_is_a_400_with_its_place_and_nothing_is_logged(
    there: There, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for row in ROWS:
            status, headers, answer = await there.post("/v1/private/talk", body=body(row))
            told = json.loads(answer)["header"]
            assert (status, headers["x-athena-fault"], headers["x-athena-executed"]) == (400, "BAD_REQUEST", "no"), row
            assert told["code"] == 10163
            assert told["message"].startswith(row["says"]), row
    assert caplog.records == []


@pytest.mark.parametrize("query", ["", "?stream_mode=multiplex"])
async def test_every_row_is_refused_as_a_frame_too(there: There, query: str) -> None:
    gate = asyncio.Semaphore(8)

    async def one(row: dict[str, Any]) -> tuple[str, int, str]:
        async with gate, spoken(there, f"/v1/private/talk{query}") as client:
            fault = ""
            try:
                await client.send(body(row), text=True)
                while not fault:
                    fault = json.loads(await asyncio.wait_for(client.recv(), 5))["header"].get("fault", "")
                await asyncio.wait_for(client.wait_closed(), 5)
            except ConnectionClosed:
                pass
            return row["why"], client.close_code or 0, fault

    found = await asyncio.gather(*[one(row) for row in ROWS])
    assert [each for each in found if each[2] != "BAD_REQUEST" or each[1] not in (1000, 1007)] == []
