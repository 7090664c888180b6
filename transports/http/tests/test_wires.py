"""The next frame of a socket, and words to one that has gone."""

from __future__ import annotations

import asyncio

import pytest

from athena.errors import Fault, ServiceError
from athena_transport_http.wires import next_frame, quietly

from .conftest import Serve
from .test_sockets import spoken, told


class Mute:
    """A wire on which nothing comes."""

    async def receive(self, patience: float | None) -> object:
        await asyncio.wait_for(asyncio.Event().wait(), patience)
        raise AssertionError


async def test_a_first_frame_that_does_not_come_is_a_deadline() -> None:
    with pytest.raises(ServiceError) as caught:
        await next_frame(Mute(), 0.01)  # type: ignore[arg-type]  # it receives
    assert caught.value.fault is Fault.DEADLINE


async def test_a_client_that_has_gone_is_not_an_error() -> None:
    async def sending() -> None:
        raise ConnectionResetError

    await quietly(sending())


async def test_a_multiplexed_socket_waits_for_its_first_frame_no_longer(serve: Serve) -> None:
    async with serve(body_timeout=0.2) as there, spoken(there, "/talk?stream_mode=multiplex") as client:
        assert (await told(client))["header"]["fault"] == "DEADLINE"
