"""Ids are the kernel's on every wire: a client cannot choose the one its wrapper sees, and HTTP tells the true one."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

import athena
from athena.models import Document, Part, Request

WRAPPER = """
from athena import Part, Reply, Wrapper, hookimpl

class Named(Wrapper):
    @hookimpl
    def athena_once_exec(self, request):
        return Reply((Part.from_text("sid", request.sid),))
"""
TOML = """
    [services.named]
    wrapper = "./named.py"
    executor = "thread"
    [transports.{transport}]
    port = 0
"""


@pytest.mark.parametrize("transport", ["http", "grpc", "zmq"])
async def test_the_id_a_wrapper_sees_is_never_the_clients(transport: str, tmp_path: Path) -> None:
    (tmp_path / "named.py").write_text(WRAPPER)
    document = Document(TOML.format(transport=transport), origin=str(tmp_path / "aiges.toml"))
    async with athena.start(document) as kernel, athena.Client(kernel.endpoints[0].url) as client:
        seen = []
        for _ in range(2):
            seen.append((await client.once("named", Request("", "mine"))).part("sid").text)
            async for reply in client.stream("named", Request("", "mine")):
                seen.append(reply.part("sid").text)
    assert len(set(seen)) == 4
    assert "mine" not in seen
    assert all(seen)


def test_the_sid_in_an_http_reply_is_the_one_the_wrapper_saw(tmp_path: Path) -> None:
    (tmp_path / "named.py").write_text(WRAPPER)
    document = Document(TOML.format(transport="http"), origin=str(tmp_path / "aiges.toml"))
    body = json.dumps({"header": {"app_id": "a", "sid": "mine", "plain": True}, "payload": {}}).encode()
    with athena.start(document) as kernel:
        call = urllib.request.Request(
            f"{kernel.endpoints[0].url}/v1/private/named", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(call, timeout=10) as answer:
            found = json.load(answer)
    assert found["payload"]["sid"]["plain"] == found["header"]["sid"] != "mine"


def test_an_id_is_minted_for_whoever_embeds_the_kernel(tmp_path: Path) -> None:
    (tmp_path / "named.py").write_text(WRAPPER)
    document = Document(TOML.format(transport="http"), origin=str(tmp_path / "aiges.toml"))
    with athena.start(document) as kernel:
        parts = (Part.from_text("x", "y"),)
        sids = {kernel.once("named", Request("", parts=parts)).part("sid").text for _ in range(3)}
    assert len(sids) == 3
