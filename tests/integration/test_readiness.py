"""Readiness is one truth on every wire: what is not ready is named, with its reason, and the rest is ready."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from athena.kernel import Kernel, start
from athena.models import Document

SLOW = """
import time

from athena import Reply, Wrapper, hookimpl


class Slow(Wrapper):
    @hookimpl
    def athena_init(self, context):
        time.sleep(60)

    @hookimpl
    def athena_once_exec(self, request):
        return Reply()
"""
TOML = """
[services.slow]
wrapper = "{folder}/slow.py"
init_timeout = 2.0
[services.echo]
wrapper = "echo"
executor = "thread"
[transports.http]
port = 0
[transports.grpc]
port = 0
"""
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


async def told(kernel: Kernel) -> tuple[int, dict[str, object], dict[str, int]]:
    """``/readyz``'s status and body, and gRPC's statuses."""
    urls = {endpoint.scheme: endpoint for endpoint in kernel.endpoints}
    async with aiohttp.ClientSession() as http, http.get(f"{urls['http'].url}/readyz") as response:
        status, body = response.status, await response.json()
    async with grpc.aio.insecure_channel(f"{urls['grpc'].host}:{urls['grpc'].port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        statuses = {
            name: (await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)).status
            for name in ("", "slow", "echo")
        }
    return status, body, statuses


@pytest.mark.timeout(120)
async def test_what_is_not_ready_is_named_with_its_reason_on_every_wire(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    text = TOML.replace("{folder}/slow.py", str(tmp_path / "slow.py"))
    async with start(Document(text)) as kernel:
        status, body, statuses = await asyncio.wait_for(told(kernel), 30)
    reason = "athena_init took longer than init_timeout = 2 s"
    assert (status, body["ready"]) == (503, False)
    assert str(body["reason"]).startswith("slow: ")
    assert reason in str(body["reason"])
    services = body["services"]
    assert isinstance(services, dict)
    assert not services["slow"]["ready"]
    assert services["echo"] == {"ready": True, "reason": "", "workers": {"ready": 1}}
    assert statuses == {"": NOT_SERVING, "slow": NOT_SERVING, "echo": SERVING}


async def test_where_all_is_well_every_wire_says_so() -> None:
    text = TOML.replace('wrapper = "{folder}/slow.py"\ninit_timeout = 2.0', 'wrapper = "echo"')
    async with start(Document(text)) as kernel:
        status, body, statuses = await asyncio.wait_for(told(kernel), 30)
    assert (status, body["ready"], body["reason"]) == (200, True, "")
    assert set(statuses.values()) == {SERVING}
