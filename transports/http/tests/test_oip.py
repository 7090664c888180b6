"""The Open Inference Protocol over REST, as plain HTTP requests: paths, methods, bodies, errors, sequences."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from athena import hookimpl
from athena.errors import Fault, ServiceError
from athena.interfaces import Guard
from athena.models import Attempt, Principal

from .conftest import Serve, There


class Nobody(Guard):
    """Lets nobody in."""

    @hookimpl
    def athena_provide(self, context: object) -> tuple[object, ...]:
        return (self,)

    async def check(self, attempt: Attempt) -> Principal:
        raise ServiceError(Fault.UNAUTHENTICATED, f"not you, not {attempt.operation}")


TEXT = {"name": "data", "datatype": "BYTES", "shape": [1], "data": ["hi"]}


async def test_health_metadata_and_the_index_are_told(there: There) -> None:
    for path, shown in (
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/talk/ready", {"name": "talk", "ready": True}),
        ("/v2/models/talk/versions/7/ready", {"name": "talk", "ready": True}),
        ("/v2/models", {"models": ["mmocr", "talk"]}),
    ):
        status, _, body = await there.get(path)
        assert (path, status, json.loads(body)) == (path, 200, shown)
    _, _, body = await there.get("/v2")
    assert json.loads(body)["extensions"] == ["binary_tensor_data", "generate", "model_repository", "sequence"]
    _, _, body = await there.get("/v2/models/mmocr")
    assert json.loads(body)["inputs"] == [{"name": "data", "datatype": "BYTES", "shape": [1]}]
    status, _, body = await there.post("/v2/repository/index", {"ready": True})
    assert [row["state"] for row in json.loads(body)] == ["READY", "READY"]


async def test_an_inference_is_answered_in_json(there: There) -> None:
    status, headers, body = await there.post("/v2/models/talk/infer", {"id": "9", "inputs": [TEXT]})
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body) == {
        "model_name": "talk",
        "model_version": "7",
        "id": "9",
        "outputs": [{"name": "data", "datatype": "BYTES", "shape": [1], "data": ["hi"]}],
    }


async def test_binary_data_go_behind_the_json_both_ways(there: There) -> None:
    document = {
        "inputs": [{"name": "x", "datatype": "UINT8", "shape": [3], "parameters": {"binary_data_size": 3}}],
        "parameters": {"binary_data_output": True},
    }
    text = json.dumps(document).encode()
    status, headers, body = await there.post(
        "/v2/models/talk/infer", body=text + b"\x01\x02\xff", Inference_Header_Content_Length=str(len(text))
    )
    assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
    length = int(headers["Inference-Header-Content-Length"])
    assert json.loads(body[:length])["outputs"][0]["parameters"] == {"binary_data_size": 3}
    assert body[length:] == b"\x01\x02\xff"


async def test_the_bytes_of_the_only_input_need_no_json(there: There) -> None:
    status, headers, body = await there.post(
        "/v2/models/mmocr/infer", body=b"\xff\xd8jpeg", Inference_Header_Content_Length="0"
    )
    assert status == 200
    assert json.loads(body[: int(headers["Inference-Header-Content-Length"])])["outputs"][0]["name"] == "boxes"


async def test_params_reach_the_wrapper_and_so_do_trace_and_priority(there: There) -> None:
    document = {"inputs": [], "parameters": {"do": "see", "n": 3, "priority": 2}}
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    _, _, body = await there.post("/v2/models/talk/infer", document, traceparent=trace)
    params, headers = json.loads(json.loads(body)["outputs"][0]["data"][0])
    assert (params, headers["x-priority"], headers["traceparent"]) == ({"do": "see", "n": "3"}, "8", trace)


async def test_what_curl_sends_by_default_is_taken_but_not_from_another_origins_page(there: There) -> None:
    form = "application/x-www-form-urlencoded"
    status, _, body = await there.post("/v2/models/talk/generate", {"text_input": "x"}, Content_Type=form)
    assert (status, json.loads(body)["text_output"]) == (200, "x")
    status, _, _ = await there.post(
        "/v2/models/talk/generate", {"text_input": "x"}, Content_Type=form, Origin="https://elsewhere.example"
    )
    assert status == 403


async def test_a_service_that_is_there_is_loaded(there: There) -> None:
    for document in ({}, None):
        body = b"" if document is None else b"{}"
        status, _, said = await there.post("/v2/repository/models/talk/load", body=body)
        assert (status, json.loads(said)) == (200, {})


REFUSED: list[tuple[str, object, int, str, str]] = [
    ("/v2/models/none/infer", {"inputs": []}, 404, "NOT_FOUND", "no service 'none'"),
    ("/v2/models/talk/versions/8/infer", {"inputs": []}, 404, "NOT_FOUND", "no version '8'"),
    ("/v2/models/talk/infer", {"input": []}, 400, "BAD_REQUEST", "missing required field `inputs`"),
    ("/v2/models/talk/infer", {"inputs": [], "parameters": {"do": "refuse"}}, 500, "USER_ERROR", "no face"),
    ("/v2/models/talk/infer", {"inputs": [], "parameters": {"do": "deaf", "seconds": "0.5", "timeout": 90000}}, 504,
     "DEADLINE", "deadline"),
    ("/v2/models/mmocr/infer", {"inputs": []}, 400, "BAD_REQUEST", "payload.data: missing"),
    ("/v2/repository/models/talk/unload", {}, 501, "UNSUPPORTED", "athena reload"),
    ("/v2/repository/models/talk/load", {"parameters": {"config": "{}"}}, 501, "UNSUPPORTED", "athena reload"),
    ("/v2/repository/models/nobody/load", {}, 404, "NOT_FOUND", "no model 'nobody'"),
    ("/v2/repository/models/talk/load", [], 400, "BAD_REQUEST", "expected an object"),
    ("/v2/systemsharedmemory/status", {}, 501, "UNSUPPORTED", "docs/oip.md"),
    ("/v2/models/talk/trace/setting", {}, 501, "UNSUPPORTED", "docs/oip.md"),
    ("/v2/models/talk", {}, 405, "UNSUPPORTED", "GET"),
    ("/v2/repository/index", {"ready": 1}, 400, "BAD_REQUEST", "true or false"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "document", "status", "fault", "words"), REFUSED)
async def test_errors_have_the_protocols_shape_and_the_houses_headers(
    there: There, path: str, document: object, status: int, fault: str, words: str
) -> None:
    got, headers, body = await there.post(path, document)
    assert (got, headers["x-athena-fault"]) == (status, fault)
    assert headers["x-athena-executed"] in ("no", "yes", "unknown")
    shown = json.loads(body)
    assert list(shown) == ["error"]
    assert words.lower() in shown["error"].lower()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Inference_Header_Content_Length": "-1"}, 400),
        ({"Inference_Header_Content_Length": "9" * 13}, 400),
        ({"x_request_timeout_ms": "soon"}, 400),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Encoding": "gzip"}, 415),
        ({"Origin": "https://elsewhere.example"}, 403),
    ],
)
async def test_headers_that_make_no_sense_are_refused(there: There, headers: dict[str, str], status: int) -> None:
    got, _, body = await there.post("/v2/models/talk/infer", {"inputs": []}, **headers)
    assert (got, list(json.loads(body))) == (status, ["error"])


async def test_what_is_not_there_is_said_and_other_pages_are_not_the_protocols(there: There) -> None:
    status, _, body = await there.get("/v2/models/talk/stats")
    assert (status, list(json.loads(body))) == (501, ["error"])
    status, _, body = await there.get("/v2/models/nobody")
    assert (status, json.loads(body)["error"]) == (404, "no model 'nobody'; this server has: mmocr, talk")
    status, _, body = await there.post("/v2/private/talk", {"payload": {"data": {"plain": "x"}}})
    assert (status, json.loads(body)["header"]["code"]) == (200, 0), "upstream's routing goes by the last segment"


async def test_messages_have_limits(serve: Serve) -> None:
    async with serve(limits={"max_message": 1000}) as there:
        large = {"inputs": [{**TEXT, "data": ["x" * 1000]}]}
        status, headers, body = await there.post("/v2/models/talk/infer", large)
        assert (status, headers["x-athena-fault"], list(json.loads(body))) == (413, "TOO_LARGE", ["error"])
        status, headers, _ = await there.post(
            "/v2/models/talk/infer", {"inputs": [], "parameters": {"do": "large", "size": "1000"}}
        )
        assert (status, headers["x-athena-executed"]) == (413, "yes")


def write(text: str, **flags: object) -> dict[str, Any]:
    return {"inputs": [{**TEXT, "data": [text]}], "parameters": {"sequence_id": 5, **flags}}


async def test_a_sequence_is_one_session(there: There) -> None:
    answers = []
    for document in (write("a", sequence_start=True), write("b"), write("c", sequence_end=True), write("d")):
        status, _, body = await there.post("/v2/models/talk/infer", document)
        answers.append((status, [one["data"] for one in json.loads(body).get("outputs", [])]))
    assert answers == [(200, [["a"]]), (200, [["b"]]), (200, [["c"]]), (404, [])]


async def test_while_draining_sequences_go_on_and_nothing_begins(serve: Serve) -> None:
    async with serve(drain_timeout=10.0) as there:
        await there.post("/v2/models/talk/infer", write("a", sequence_start=True))
        stopping = asyncio.ensure_future(there.kernel.stop())
        await asyncio.sleep(0.1)
        assert (await there.get("/v2/health/ready"))[0] == 503
        assert (await there.post("/v2/models/talk/infer", {"inputs": []}))[0] == 503
        assert (await there.post("/v2/models/talk/infer", write("b", sequence_end=True)))[0] == 200
        await asyncio.wait_for(stopping, 10)


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/v2", "describe"),
        ("GET", "/v2/health/live", "describe"),
        ("GET", "/v2/models/talk", "describe"),
        ("GET", "/v2/models/talk/stats", "describe"),
        ("GET", "/v2/logging", "describe"),
        ("POST", "/v2/repository/index", "describe"),
        ("POST", "/v2/repository/models/talk/load", "load"),
        ("POST", "/v2/models/talk/infer", "infer"),
    ],
)
async def test_every_page_asks_who_is_there(serve: Serve, method: str, path: str, operation: str) -> None:
    async with (
        serve(plugins={"guards.nobody": Nobody}) as there,
        there.client.request(method, there.url + path, json={}) as response,
    ):
        assert response.status == 401
        assert (await response.json())["error"] == f"not you, not {operation}"
