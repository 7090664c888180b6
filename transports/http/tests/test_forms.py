"""Uploads of forms: files are parts, other fields are parameters, and everything else is a 400 with its place."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from .conftest import Serve, There

HEAD = 'Content-Disposition: form-data; name="{name}"'


async def sent(there: There, form: aiohttp.FormData, path: str = "/talk") -> tuple[int, dict[str, Any]]:
    async with there.client.post(there.url + path, data=form) as response:
        answer: dict[str, Any] = json.loads(await response.read())
        return response.status, answer


async def test_files_are_parts_by_their_types(there: There) -> None:
    form = aiohttp.FormData()
    form.add_field("page", b"\x89PNG", filename="a.png", content_type="image/png")
    form.add_field("page", b"\xff\xd8", filename="größe.jpg", content_type="image/jpeg")
    form.add_field("words", "grüße".encode(), filename="a.txt", content_type="text/plain; charset=utf-8")
    form.add_field("boxes", b"[1, 2]", filename="a.json", content_type="application/json")
    form.add_field("more", b"\0", filename="a.bin", content_type="application/pdf")
    status, answer = await sent(there, form)
    assert status == 200
    assert answer["payload"] == {
        "page": [
            {"encoding": "png", "status": 3, "image": "iVBORw=="},
            {"encoding": "jpg", "status": 3, "image": "/9g="},
        ],
        "words": {"encoding": "utf8", "status": 3, "plain": "grüße"},
        "boxes": {"encoding": "utf8", "format": "json", "status": 3, "text": [1, 2]},
        "more": {"status": 3, "other": "AA=="},
    }


async def test_fields_that_are_no_files_are_parameters_beside_the_querys(there: There) -> None:
    form = aiohttp.FormData({"do": "see", "top": "3"}, default_to_multipart=True)
    status, answer = await sent(there, form, "/talk?scale=2")
    params, headers = answer["payload"]["seen"]["text"]
    assert (status, params) == (200, {"do": "see", "top": "3", "scale": "2"})
    assert "authorization" not in headers


async def test_curls_form_is_understood(there: There, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl not found: its form cannot be tried")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n")
    process = await asyncio.create_subprocess_exec(
        curl, "-sS", "-F", "page=@a.png", "-F", "do=echo", f"{there.url}/v1/private/talk",
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert json.loads(out)["payload"] == {"page": {"encoding": "png", "status": 3, "image": "iVBORw0K"}}


def form(*fields: tuple[str, str]) -> bytes:
    return "".join(f"--b\r\n{head}\r\n\r\n{data}\r\n" for head, data in fields).encode() + b"--b--\r\n"


JSON = "\r\nContent-Type: application/json"
FILE = HEAD.format(name="a") + '; filename="a"'
TEXT = "\r\nContent-Type: text/plain"
REFUSED = [
    (b"{}", "body: a form begins"),
    (form((HEAD.format(name="a"), "1"), (HEAD.format(name="a"), "2")), "form: the parameter a"),
    (form((HEAD.format(name="q"), "1")), "form: the parameter q"),
    (form((HEAD.format(name="a") + JSON, '{"a":1,"a":2}')), "body: the key 'a' stands twice"),
    (form((HEAD.format(name="a"), "x")).replace(b"x", b"\xff"), "form: a: not UTF-8"),
    (form((FILE + TEXT, "x")).replace(b"\r\nx\r\n", b"\r\n\xff\r\n"), "body: not UTF-8"),
]


@pytest.mark.parametrize(("body", "says"), REFUSED)
async def test_what_is_wrong_in_a_form_is_named(there: There, body: bytes, says: str) -> None:
    status, headers, answer = await there.post("/talk?q=1", body=body, Content_Type="multipart/form-data; boundary=b")
    assert (status, headers["x-athena-fault"]) == (400, "BAD_REQUEST")
    assert json.loads(answer)["header"]["message"].startswith(says)


async def test_a_form_without_a_boundary_and_one_beyond_the_limit_are_refused(serve: Serve) -> None:
    async with serve(limits={"max_message": 1000}) as there:
        assert (await there.post("/talk", body=form(), Content_Type="multipart/form-data"))[0] == 400
        large = form((FILE + TEXT, "x" * 1001))
        status, headers, _ = await there.post("/talk", body=large, Content_Type="multipart/form-data; boundary=b")
        assert (status, headers["x-athena-fault"]) == (413, "TOO_LARGE")


async def test_a_page_of_another_origin_cannot_send_one(there: There) -> None:
    answer = await there.post(
        "/talk", body=form(), Content_Type="multipart/form-data; boundary=b", Origin="http://evil.example"
    )
    assert answer[0] == 403
