"""generate and generate_stream, as curl and a browser's EventSource see them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from .conftest import There

PATH = "/v2/models/talk/"


async def events(there: There, document: dict[str, Any], status: int = 200) -> list[dict[str, Any]]:
    async with there.client.post(there.url + PATH + "generate_stream", json=document) as response:
        assert (response.status, response.headers["Content-Type"]) == (status, "text/event-stream")
        text = await response.text()
    assert text.endswith("\n\n")
    return [json.loads(block.removeprefix("data: ")) for block in text.removesuffix("\n\n").split("\n\n")]


async def test_text_goes_in_and_comes_out(there: There) -> None:
    status, headers, body = await there.post(PATH + "generate", {"text_input": "hi", "id": "3"})
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body) == {"text_output": "hi", "model_name": "talk", "model_version": "7", "id": "3"}


async def test_each_reply_is_an_event(there: There) -> None:
    found = await events(there, {"text_input": "x", "parameters": {"do": "count", "n": 3}})
    assert [one["text_output"] for one in found] == ["0", "1", "2"]
    assert all(one["model_name"] == "talk" for one in found)


async def test_generate_joins_what_an_iterator_gives(there: There) -> None:
    _, _, body = await there.post(PATH + "versions/7/generate", {"text_input": "x", "do": "count", "n": 3})
    assert json.loads(body)["text_output"] == "012"


async def test_a_fault_on_the_way_is_the_last_event(there: There) -> None:
    found = await events(there, {"text_input": "x", "do": "count", "n": 2, "fail": "yes"})
    assert [one["text_output"] for one in found[:2]] == ["0", "1"]
    assert found[2:] == [{"error": "counted too far"}]


@pytest.mark.parametrize("asked", ["generate", "generate_stream"])
@pytest.mark.parametrize(
    ("document", "status", "fault"),
    [({"do": "refuse"}, 500, "USER_ERROR"), ([], 400, "BAD_REQUEST"), ({"a": {}}, 400, "BAD_REQUEST")],
)
async def test_a_fault_before_the_first_answer_is_an_ordinary_error(
    there: There, asked: str, document: object, status: int, fault: str
) -> None:
    got, headers, body = await there.post(PATH + asked, document)
    assert (got, headers["x-athena-fault"], list(json.loads(body))) == (status, fault, ["error"])


async def test_only_post_is_taken_and_only_json(there: There) -> None:
    assert (await there.get(PATH + "generate"))[0] == 405
    assert (await there.post(PATH + "generate_stream", {}, Content_Type="text/plain"))[0] == 415


async def test_a_client_that_leaves_ends_the_iterator(there: There) -> None:
    document = {"text_input": "x", "do": "count", "n": 100_000_000}
    async with there.client.post(there.url + PATH + "generate_stream", json=document) as response:
        assert (await response.content.readany()).startswith(b"data: ")
        response.close()
    answer = await asyncio.wait_for(there.post(PATH + "generate", {"text_input": "next"}), 10)
    assert answer[0] == 200, "the only lane is free again"


async def test_a_deadline_ends_a_stream_with_its_sentence(there: There) -> None:
    timeout = aiohttp.ClientTimeout(total=10)
    document = {"text_input": "x", "do": "deaf", "seconds": "0.5", "parameters": {"timeout": 100_000}}
    async with there.client.post(there.url + PATH + "generate_stream", json=document, timeout=timeout) as response:
        assert (response.status, response.headers["x-athena-fault"]) == (504, "DEADLINE")
