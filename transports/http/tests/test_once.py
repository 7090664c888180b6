"""Single calls as clients make them: the seed's own, raw bytes, and everything that is refused."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path

import pytest

from .conftest import There

SEED = Path(__file__).parents[3] / "proto" / "tests" / "data" / "seed_004.json"


def header(body: bytes) -> dict[str, object]:
    found = json.loads(body)["header"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("path", ["/mmocr", "/v1/private/mmocr", "/v7/private/mmocr"])
async def test_the_seeds_request_is_answered_as_the_seed_reads_it(there: There, path: str) -> None:
    status, _, body = await there.post(path, body=SEED.read_bytes())
    assert status == 200
    reply = json.loads(body)
    assert (reply["header"]["code"], reply["header"]["message"], reply["header"]["status"]) == (0, "success", 3)
    assert reply["header"]["sid"]
    for box in reply["payload"]["boxes"]["text"][0]["result"]:
        assert set(box) == {"box", "box_score", "text", "text_score"}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/mmocr", b"{", 400, 10163),
        ("/mmocr", b'{"payload":{"data":{"image":"***"}}}', 400, 10163),
        ("/mmocr", b"\xff\xfe", 400, 10163),
        ("/no-such-service", b"{}", 404, 10404),
        ("/v1/private/no-such-service", b"{}", 404, 10404),
        ("/", b"{}", 405, 10003),
        ("//", b"{}", 404, 10404),
    ],
)
async def test_a_refusal_has_code_message_and_sid(there: There, path: str, body: bytes, status: int, code: int) -> None:
    got, headers, answer = await there.post(path, body=body)
    assert (got, header(answer)["code"]) == (status, code)
    assert header(answer)["message"]
    assert "sid" in header(answer)
    assert headers["x-athena-executed"] == "no"


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("service", ["talk", "no-such-service"])
async def test_a_call_that_failed_has_the_id_that_the_log_knows_it_by(
    there: There, accept: str, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    there.kernel._running.board.observe(access=True, tracers=())  # type: ignore[union-attr]
    caplog.set_level(logging.INFO)
    document = {"parameter": {service: {"do": "refuse"}}}
    sids = [header((await there.post(f"/{service}", document, Accept=accept))[2])["sid"] for _ in range(2)]
    assert "" not in sids
    assert [vars(record)["sid"] for record in caplog.records if record.name == "athena.access"] == sids


async def test_the_wrappers_own_code_reaches_the_client(there: There) -> None:
    status, headers, body = await there.post("/talk", {"parameter": {"talk": {"do": "refuse"}}})
    assert (status, header(body)["code"], header(body)["message"]) == (500, 4711, "no face in the picture")
    assert (headers["x-athena-fault"], headers["x-athena-code"]) == ("USER_ERROR", "4711")


async def test_plain_text_is_answered_in_plain_text(there: There) -> None:
    _, _, body = await there.post("/talk", {"payload": {"data": {"plain": "grüße"}}})
    assert json.loads(body)["payload"] == {"data": {"status": 3, "plain": "grüße"}}


@pytest.mark.parametrize("raw", [False, True])
async def test_the_priority_of_a_call_is_a_header_whatever_its_body_is(there: There, raw: bool) -> None:
    if raw:
        status, _, body = await there.post("/talk?do=see", body=b"x", Content_Type="text/plain", X_Priority="7")
    else:
        document = {"header": {"x-priority": "2"}, "parameter": {"talk": {"do": "see"}}}
        status, _, body = await there.post("/talk", document, X_Priority="7")
    assert status == 200
    assert b'"x-priority":"7"' in body.replace(b" ", b"").replace(b'\\"', b'"')


async def test_an_iterator_is_joined(there: There) -> None:
    _, _, body = await there.post("/talk", {"header": {"plain": True}, "parameter": {"talk": {"do": "count", "n": 4}}})
    assert json.loads(body)["payload"]["item"]["plain"] == "0123"


@pytest.mark.parametrize(
    "content_type",
    ["", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x", "text/html", "font/woff"],
)
async def test_a_body_of_another_type_is_refused_and_told_what_would_do(there: There, content_type: str) -> None:
    answer = await there.speak(
        f"POST /talk HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n{}".encode()
    )
    assert answer.startswith(b"HTTP/1.1 415")
    assert b"application/json" in answer


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", 'application/json;charset="UTF-8"', "Application/JSON ", "application/x+json"],
)
async def test_json_is_known_by_every_spelling(there: There, content_type: str) -> None:
    status, _, _ = await there.post("/talk", {}, Content_Type=content_type)
    assert status == 200


async def test_json_in_another_charset_is_refused(there: There) -> None:
    for kind in ("application/json; charset=latin-1", "text/plain; charset=latin-1"):
        status, _, body = await there.post("/talk", {}, Content_Type=kind)
        assert status == 415
        assert b"UTF-8" in body


@pytest.mark.parametrize(
    ("sent", "kind", "attributes", "back"),
    [
        ("application/octet-stream", "other", {}, "application/octet-stream"),
        ("image/jpeg", "image", {"encoding": "jpg"}, "image/jpeg"),
        ("image/png", "image", {"encoding": "png"}, "image/png"),
        ("audio/mpeg", "audio", {"encoding": "mp3"}, "audio/mpeg"),
        ("audio/x-wav", "audio", {"encoding": "wav"}, "audio/wav"),
        ("video/mp4", "video", {"encoding": "mp4"}, "video/mp4"),
        ("text/plain; charset=utf-8", "text", {"encoding": "utf8"}, "text/plain; charset=utf-8"),
    ],
)
async def test_raw_bytes_are_one_part_and_come_back_raw(
    there: There, sent: str, kind: str, attributes: dict[str, str], back: str
) -> None:
    status, headers, body = await there.post("/talk", body=b"bytes", Content_Type=sent, Accept="*/*")
    assert (status, body, headers["Content-Type"]) == (200, b"bytes", back)
    assert headers["x-athena-key"] == "data"
    assert headers["x-athena-sid"]
    _, _, body = await there.post("/talk?key=mine", body=b"bytes", Content_Type=sent, Accept="application/json")
    assert json.loads(body)["payload"]["mine"] == {**attributes, "status": 3, kind: base64.b64encode(b"bytes").decode()}


async def test_raw_bytes_take_the_kind_the_service_declares(there: There) -> None:
    status, headers, body = await there.post("/mmocr", body=b"\xff\xd8", Content_Type="application/octet-stream")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body)[0]["filename"] == "0"


async def test_a_raw_calls_query_holds_its_parameters_and_its_headers_are_the_callers(there: There) -> None:
    _, _, body = await there.post(
        "/talk?do=see&lang=a%20b",
        body=b"",
        Content_Type="application/octet-stream",
        X_Own="1",
        Authorization="Bearer s3cret",
    )
    params, headers = json.loads(body)
    assert params == {"do": "see", "lang": "a b"}
    assert headers["x-own"] == "1"
    assert "authorization" not in headers


async def test_a_raw_call_is_as_strict_as_json(there: There) -> None:
    status, _, body = await there.post("/talk?a=1&a=2", body=b"", Content_Type="text/plain")
    assert (status, b"twice" in body) == (400, True)
    status, _, body = await there.post("/talk", body=b"\xff", Content_Type="text/plain")
    assert (status, b"not UTF-8" in body) == (400, True)


async def test_the_deadline_in_the_header_is_kept(there: There) -> None:
    document = {"parameter": {"talk": {"do": "deaf", "seconds": "0.5"}}}
    status, headers, body = await there.post("/talk", document, x_request_timeout_ms="150")
    assert (status, headers["x-athena-fault"], header(body)["code"]) == (504, "DEADLINE", 10114)


async def test_a_reply_beyond_the_limit_is_too_large_raw_too(there: There) -> None:
    status, headers, _ = await there.post(
        f"/talk?do=large&size={40 * 1024 * 1024}", body=b"", Content_Type="application/octet-stream"
    )
    assert (status, headers["x-athena-fault"], headers["x-athena-executed"]) == (413, "TOO_LARGE", "yes")
