"""The server as a whole: addresses, names, pages of other origins, encryption, draining."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
from pathlib import Path

import aiohttp
import pytest

from athena.models import ChannelOptions, Part, Request
from athena.testing.stand_in import StandIn, StandInContext
from athena_transport_http.channel import HttpChannel
from athena_transport_http.server import Http

from .conftest import Serve, There


async def test_a_port_in_use_is_named_in_a_sentence(there: There) -> None:
    plugin = Http(Http.Section(port=there.port))
    (server,) = plugin.athena_provide(StandInContext("transports.http", StandIn()))
    said = rf"transports\.http: cannot listen on 127\.0\.0\.1:{there.port}: Address already in use"
    with pytest.raises(OSError, match=said):
        await server.start()  # type: ignore[attr-defined]  # athena_provide promises objects


async def test_a_host_that_is_not_this_machines_is_a_sentence_too() -> None:
    plugin = Http(Http.Section(host="203.0.113.1", port=0))
    (server,) = plugin.athena_provide(StandInContext("transports.http", StandIn()))
    with pytest.raises(OSError, match=r"transports\.http: cannot listen on 203\.0\.113\.1:0"):
        await server.start()  # type: ignore[attr-defined]


async def test_a_name_that_is_not_ours_is_misdirected(there: There) -> None:
    status, headers, body = await there.post("/talk", {}, Host="evil.example")
    assert (status, headers["x-athena-fault"]) == (421, "FORBIDDEN")
    assert b"allowed_hosts" in body
    assert (await there.get("/livez", Host="evil.example"))[0] == 421


async def test_pages_of_other_origins_are_refused_unless_allowed(serve: Serve) -> None:
    async with serve(allowed_origins=["https://app.example"]) as there:
        assert (await there.post("/talk", {}, Origin="https://evil.example"))[0] == 403
        assert (await there.get("/metrics", Sec_Fetch_Site="cross-site"))[0] == 403
        status, headers, _ = await there.post("/talk", {}, Origin="https://app.example")
        assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://app.example")
        asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        async with there.client.options(there.url + "/talk", headers=asked) as response:
            assert response.status == 204
            assert "content-type" in response.headers["Access-Control-Allow-Headers"]
        async with there.client.options(there.url + "/talk", headers={"Origin": "https://evil.example"}) as response:
            assert response.status == 403


async def test_a_call_with_another_method_says_which_would_do(there: There) -> None:
    for method in ("PUT", "PATCH", "DELETE", "GET"):
        async with there.client.request(method, there.url + "/talk") as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST, OPTIONS")
            assert (await response.json())["header"]["fault"] == "UNSUPPORTED"


async def test_draining_refuses_with_503_and_closes_behind_answers(serve: Serve) -> None:
    async with serve(drain_timeout=3.0) as there:
        slow = {"parameter": {"talk": {"do": "deaf", "seconds": "1"}}}
        running = asyncio.ensure_future(there.post("/talk", slow))
        await asyncio.sleep(0.3)
        stopping = asyncio.ensure_future(there.kernel.stop())
        await asyncio.sleep(0.1)
        status, headers, _ = await there.post("/talk", {})
        assert (status, headers["Retry-After"], headers["Connection"]) == (503, "1", "close")
        assert headers["x-athena-fault"] == "UNAVAILABLE"
        status, _, body = await there.get("/readyz")
        assert (status, json.loads(body)["reason"]) == (503, "draining")
        assert (await there.get("/livez"))[0] == 200
        assert (await running)[0] == 200
        await asyncio.wait_for(stopping, 10)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_over_tls_it_serves_and_a_client_that_trusts_nobody_is_told(tmp_path: Path, serve: Serve) -> None:
    pem, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=localhost", "-addext"),
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
        *("-keyout", str(key), "-out", str(pem)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    async with serve(certificate=str(pem), key=str(key)) as there:
        assert there.url.startswith("https://")
        channel = HttpChannel(there.url, ChannelOptions(verify=str(pem)))
        await channel.start()
        assert (await channel.once(Request("talk", parts=(Part("a", b"1"),)))).part("a").data == b"1"
        session = await channel.open(Request("talk"))
        await session.close()
        await channel.stop()
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await there.get("/livez")
        context = ssl.create_default_context(cafile=str(pem))
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.minimum_version = ssl.TLSVersion.TLSv1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", there.port, ssl=context)


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/v1/services", "/v1/services/talk", "/openapi.json"]
)
async def test_a_page_of_the_servers_own_takes_get_and_says_so(there: There, path: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        async with there.client.request(method, there.url + path, json={}) as response:
            assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    async with there.client.options(there.url + path) as response:
        assert (response.status, response.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
