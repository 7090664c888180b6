"""Server-Sent Events: what a browser's EventSource or curl -N sees."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from athena.testing.bounded import eventually

from .conftest import There

COUNT = {"header": {"plain": True}, "parameter": {"talk": {"do": "count", "n": 3}}}


async def events(there: There, document: object) -> list[tuple[str, Any]]:
    """(event, data) of a whole stream."""
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    async with there.client.post(there.url + "/talk", data=json.dumps(document), headers=headers) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["x-athena-sid"]
        text = await response.text()
    found = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        lines = [line.split(": ", 1) for line in block.split("\n")]
        named = dict(lines)
        data = "\n".join(value for name, value in lines if name == "data")
        found.append((named.get("event", "message"), json.loads(data)))
    return found


async def test_each_item_is_an_event_and_the_end_is_one(there: There) -> None:
    found = await events(there, COUNT)
    assert [kind for kind, _ in found] == ["message", "message", "message", "end"]
    assert [data["payload"]["item"]["plain"] for _, data in found[:3]] == ["0", "1", "2"]
    assert found[3][1]["header"]["status"] == 2
    assert len({data["header"]["sid"] for _, data in found}) == 1


async def test_a_plain_reply_is_one_event_and_the_end(there: There) -> None:
    found = await events(there, {"payload": {"data": {"plain": "x"}}})
    assert [kind for kind, _ in found] == ["message", "end"]


async def test_a_fault_on_the_way_is_the_last_event(there: There) -> None:
    document = {**COUNT, "parameter": {"talk": {"do": "count", "n": 2, "fail": "yes"}}}
    found = await events(there, document)
    assert [kind for kind, _ in found] == ["message", "message", "fault"]
    header = found[2][1]["header"]
    assert (header["code"], header["fault"], header["executed"]) == (9, "USER_ERROR", "yes")


@pytest.mark.parametrize(("document", "status"), [({"parameter": {"talk": {"do": "refuse"}}}, 500), ([], 400)])
async def test_a_fault_before_the_first_item_is_an_ordinary_error(there: There, document: object, status: int) -> None:
    got, headers, _ = await there.post("/talk", document, Accept="text/event-stream")
    assert (got, headers["Content-Type"]) == (status, "application/json")


async def test_line_breaks_in_an_embedded_value_do_not_break_the_stream(there: There) -> None:
    value = b'{"payload":{"data":{"text":{"a":\n\r\n[1,\r2]}}}}'
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    async with there.client.post(there.url + "/talk", data=value, headers=headers) as response:
        blocks = (await response.text()).split("\n\n")
    data = "\n".join(line.removeprefix("data: ") for line in blocks[0].split("\n"))
    assert json.loads(data)["payload"]["data"]["text"] == {"a": [1, 2]}


async def test_a_client_that_leaves_ends_the_iterator(there: There) -> None:
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    document = {"parameter": {"talk": {"do": "count", "n": 100000000}}}
    timeout = aiohttp.ClientTimeout(total=10)
    async with there.client.post(
        there.url + "/talk", data=json.dumps(document), headers=headers, timeout=timeout
    ) as response:
        assert (await response.content.readany()).startswith(b"data: ")
        response.close()
    status, _, _ = await there.post("/talk", {"payload": {"data": {"plain": "next"}}})
    assert status == 200, "the only lane is free again"


@pytest.mark.parametrize("path", ["/v1/private/talk", "/v2/models/talk/generate_stream"])
async def test_a_write_that_meets_the_departure_of_its_client_first_is_no_bug_of_ours(
    there: There, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    left = asyncio.Event()
    begin = web.StreamResponse.prepare

    async def prepare(answer: web.StreamResponse, request: web.BaseRequest) -> Any:
        writer = await begin(answer, request)
        assert request.transport is not None
        request.transport.abort()  # as when the system refuses to send; aiohttp is told in the loop's next round
        left.set()
        return writer

    monkeypatch.setattr(web.StreamResponse, "prepare", prepare)
    document = {"parameter": {"talk": {"do": "count", "n": "3"}}}
    if path.endswith("stream"):
        document = {"text_input": "x", "parameters": {"do": "count", "n": "3"}}
    with pytest.raises(aiohttp.ClientError):
        await there.post(path, document, Accept="text/event-stream")
    assert left.is_set()
    text = 'athena_cancelled_total{service="talk",transport="http"} 1'
    await eventually(lambda: text in there.kernel.dispatcher.metrics().decode(), "the client was counted as gone")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
