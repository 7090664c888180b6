"""Binding, accepting, TLS, draining and stopping."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from athena.errors import Fault, ServiceError
from athena.models import ChannelOptions, Part, Reply, Request
from athena.section import BadValue
from athena.testing.bounded import eventually
from athena_proto.native import encode_request
from athena_transport_grpc.channel import GrpcChannel
from athena_transport_grpc.entry import method
from athena_transport_grpc.plugin import Grpc

if TYPE_CHECKING:
    from conftest import Serve

MESSAGE = encode_request(Request("standin", parts=(Part("a", b"1"),)))


async def test_a_second_server_on_one_port_is_told_so(serve: Serve) -> None:
    first = await serve()
    port = int(first.target.rpartition(":")[2])
    with pytest.raises(
        OSError, match=rf"transports\.grpc: cannot listen on 127\.0\.0\.1:{port}: Address already in use"
    ):
        await serve(port=port)


async def test_a_host_that_is_not_ours_is_told_so(serve: Serve) -> None:
    with pytest.raises(OSError, match=r"transports\.grpc: cannot listen on 192\.0\.2\.1:0"):
        await serve(host="192.0.2.1")


async def test_nobody_is_answered_before_it_accepts(serve: Serve) -> None:
    served = await serve(accept=False)
    async with grpc.aio.insecure_channel(served.target) as channel:
        call = asyncio.ensure_future(channel.unary_unary(method("Once"))(MESSAGE, wait_for_ready=True, timeout=20))
        await asyncio.sleep(0.2)
        assert served.dispatcher.attempts == []
        assert not call.done()
        await served.server.accept()
        assert await call


async def test_stopping_what_never_accepted_is_fine(serve: Serve) -> None:
    served = await serve(accept=False)
    await served.server.drain()
    await asyncio.wait_for(served.server.stop(5.0), 5)


async def test_draining_lets_what_runs_end_and_stop_waits_no_longer_than_that(serve: Serve) -> None:
    served = await serve()
    gate = asyncio.Event()

    async def once(request: Request) -> Reply:
        await gate.wait()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    async with grpc.aio.insecure_channel(served.target) as channel:
        running = asyncio.ensure_future(channel.unary_unary(method("Once"))(MESSAGE, timeout=10))
        await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
        await served.server.drain()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(method("Once"))(MESSAGE, timeout=10)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        asyncio.get_running_loop().call_later(0.1, gate.set)
        began = time.monotonic()
        await asyncio.wait_for(served.server.stop(20.0), 10)
        assert time.monotonic() - began < 5
        await running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate for localhost, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


async def test_tls_serves_who_trusts_the_certificate(serve: Serve, certificate: Path) -> None:
    served = await serve(certificate=str(certificate))
    assert served.url.startswith("grpcs://")
    channel = GrpcChannel(served.url, ChannelOptions(verify=str(certificate.parent / "cert.pem")))
    await channel.start()
    assert (await channel.once(Request("standin", parts=(Part("a", b"1"),)))).parts[0].data == b"1"
    await channel.stop()
    stranger = GrpcChannel(served.url, ChannelOptions(timeout=1.0))
    with pytest.raises(ServiceError) as caught:
        await stranger.start()
    assert caught.value.fault is Fault.UNAVAILABLE


async def test_with_an_authority_clients_show_their_certificate(serve: Serve, certificate: Path) -> None:
    pem = certificate.parent / "cert.pem"
    served = await serve(certificate=str(certificate), client_ca=str(pem))
    root, key = pem.read_bytes(), (certificate.parent / "key.pem").read_bytes()
    credentials = grpc.ssl_channel_credentials(root, key, root)
    async with grpc.aio.secure_channel(served.target, credentials) as channel:
        await channel.unary_unary(method("Once"))(MESSAGE, timeout=10)
    (attempt,) = served.dispatcher.attempts
    assert attempt.certificate is not None
    assert attempt.certificate.startswith(b"\x30\x82"), "DER"


def test_a_section_that_contradicts_itself_is_refused() -> None:
    for keys in ({"key": "k.pem"}, {"client_ca": "ca.pem"}):
        with pytest.raises(BadValue, match="certificate"):
            Grpc.Section(**keys)
