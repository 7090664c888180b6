"""The pages for people: what they are made of, how it is kept, and that it asks nobody else for anything."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from .conftest import Serve, There

SITE = Path(str(files("athena_transport_http").joinpath("site")))
OURS = [path for path in SITE.iterdir() if path.is_file()]


@pytest.mark.parametrize("path", ["/", "/docs", *(f"/assets/{path.name}" for path in OURS)])
async def test_a_file_is_sent_with_its_type_its_tag_and_a_policy(there: There, path: str) -> None:
    status, headers, body = await there.get(path)
    assert (status, bool(body)) == (200, True)
    assert headers["Content-Type"].split(";")[0] in {"text/html", "text/css", "text/javascript", "image/svg+xml"}
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    again, headers, body = await there.get(path, If_None_Match=headers["Etag"])
    assert (again, body) == (304, b"")


async def test_what_is_vendored_is_kept_for_a_day_and_comes_with_its_licence(there: There) -> None:
    status, headers, body = await there.get("/assets/vendored/swagger-ui/swagger-ui-bundle.js")
    assert (status, headers["Cache-Control"]) == (200, "private, max-age=86400")
    assert len(body) > 1_000_000
    folder = SITE / "vendored" / "swagger-ui"
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert (folder / "NOTICE").is_file()
    assert re.search(r"swagger-ui-dist \d+\.\d+\.\d+", (folder / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "path", ["/assets/", "/assets/none.js", "/assets/../routes.py", "/assets/%2e%2e/site.py", "/assets//etc/passwd"]
)
async def test_nothing_else_is_a_file(there: There, path: str) -> None:
    answer = await there.speak(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404")


async def test_a_page_takes_nothing_but_get(there: There) -> None:
    for method in ("POST", "DELETE"):
        async with there.client.request(method, there.url + "/", json={}) as response:
            assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    async with there.client.head(there.url + "/docs") as response:
        assert (response.status, await response.read()) == (200, b"")


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_name_no_other_host_and_carry_no_script_or_style_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    hosts = re.findall(r"https?://[\w.-]+", text.replace("http://www.w3.org/2000/svg", ""))
    assert hosts == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    if path.suffix == ".html":
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", text)


async def test_a_page_is_guarded_by_who_guards_the_services(serve: Serve) -> None:
    async with serve(allowed_hosts=["athena.example"]) as there:
        assert (await there.get("/"))[0] == 421
        assert (await there.get("/", Host="athena.example"))[0] == 200
