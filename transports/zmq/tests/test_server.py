"""Binding, accepting, draining and stopping; and the page that clients in other languages are written from."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zmq

from athena.errors import Fault
from athena.models import Part, Reply, Request
from athena.section import BadValue, Secret
from athena.testing.bounded import eventually
from athena_proto.answers import decode_fault
from athena_proto.native import encode_request
from athena_transport_zmq.envelope import Operation
from athena_transport_zmq.server import Zmq

if TYPE_CHECKING:
    from conftest import Bare, Connect, Serve, Served

PAGE = Path(__file__).resolve().parents[3] / "docs" / "zmq-protocol.md"
ONCE = encode_request(Request("standin", parts=(Part("a", b"1"),)))


async def test_a_second_server_on_one_port_is_told_so(served: Served, serve: Serve) -> None:
    said = rf"transports\.zmq: cannot listen on 127\.0\.0\.1:{served.port}: Address already in use"
    with pytest.raises(OSError, match=said):
        await serve(port=served.port)


async def test_a_host_that_is_no_host_is_told_so(serve: Serve) -> None:
    key = Secret(zmq.curve_keypair()[1].decode())
    for host in ("192.0.2.1", "no such host"):
        with pytest.raises(OSError, match=rf"transports\.zmq: cannot listen on {host}:0"):
            await serve(host=host, curve_secret_key=key)


async def test_nobody_is_answered_before_it_accepts(serve: Serve, connect: Connect) -> None:
    served = await serve(accept=False)
    bare = connect(served)
    bare.send(Operation.ONCE, 1, ONCE)
    await bare.silence(0.2)
    assert served.dispatcher.attempts == []
    await served.server.accept()
    assert (await bare.receive())[0] == Operation.REPLY


async def test_stopping_what_never_accepted_is_fine(serve: Serve) -> None:
    served = await serve(accept=False)
    await served.server.drain()
    await asyncio.wait_for(served.server.stop(5.0), 5)
    await served.server.stop()


async def test_draining_tells_everybody_and_lets_what_runs_end(served: Served, bare: Bare) -> None:
    gate = asyncio.Event()

    async def once(request: Request) -> Reply:
        await gate.wait()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    bare.send(Operation.ONCE, 1, ONCE)
    await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
    await served.server.drain()
    assert (await bare.receive())[:2] == (Operation.DRAINING, 0)
    bare.send(Operation.ONCE, 2, ONCE)
    operation, number, message, _ = await bare.receive()
    assert (operation, number, decode_fault(message).fault) == (Operation.FAULT, 2, Fault.UNAVAILABLE)
    asyncio.get_running_loop().call_later(0.1, gate.set)
    began = time.monotonic()
    await asyncio.wait_for(served.server.stop(20.0), 10)
    assert time.monotonic() - began < 5
    assert (await bare.receive())[:2] == (Operation.REPLY, 1)


async def test_stopping_tells_each_call_that_is_left(served: Served, bare: Bare) -> None:
    async def once(request: Request) -> Reply:
        await asyncio.Event().wait()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    bare.send(Operation.ONCE, 1, ONCE)
    await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
    await asyncio.wait_for(served.server.stop(0.1), 5)
    assert (await bare.receive())[:2] == (Operation.DRAINING, 0)
    operation, number, message, _ = await bare.receive()
    assert (operation, number, decode_fault(message).fault) == (Operation.FAULT, 1, Fault.UNAVAILABLE)


async def test_a_message_that_is_far_too_long_costs_its_sender_the_connection(served: Served, connect: Connect) -> None:
    client, bystander = connect(served), connect(served)
    client.send(Operation.ONCE, 1, bytes(3 << 20))  # max_message is 1 MiB here
    await client.silence(0.2)
    bystander.send(Operation.ONCE, 1, ONCE)
    assert (await bystander.receive())[0] == Operation.REPLY
    assert len(served.dispatcher.attempts) == 1


def test_off_loopback_a_key_is_needed() -> None:
    with pytest.raises(BadValue, match=r"curve_secret_key: expected a CURVE key, since 0\.0\.0\.0"):
        Zmq.Section(host="0.0.0.0")
    key = Secret(zmq.curve_keypair()[1].decode())
    assert Zmq.Section(host="0.0.0.0", curve_secret_key=key).host == "0.0.0.0"


def test_keys_that_are_none_are_refused_and_not_shown() -> None:
    with pytest.raises(BadValue, match="Z85") as caught:
        Zmq.Section(curve_secret_key=Secret("s3cret"))
    assert "s3cret" not in str(caught.value)
    with pytest.raises(BadValue, match="Z85"):
        Zmq.Section(curve_clients=["nobody"])


async def test_the_client_written_by_hand_in_the_protocols_page_works(served: Served) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    code = block.replace("5555", str(served.port)).replace('"echo"', '"standin"')
    ran = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "b'hello'"), ran.stderr
