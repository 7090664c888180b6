"""A handle leads to its caller's session while there is one, and says of each other whether it was ever known."""

from __future__ import annotations

import pytest

from athena.errors import Fault, ServiceError
from athena.models import Principal, Request
from athena.testing.stand_in import StandIn
from athena_transport_grpc import handles
from athena_transport_grpc.handles import Handles, Key, Stream

ANN = Principal("ann")
MINE: Key = ("", "ann", "h")


async def kept(dispatcher: StandIn, table: Handles, key: Key = MINE) -> Stream:
    stream = Stream(await dispatcher.open(Request("standin"), detached=True), "standin", (), 1)
    table.keep(key, stream)
    return stream


def fault(table: Handles, key: Key) -> Fault:
    with pytest.raises(ServiceError) as caught:
        table.find(key, ANN)
    return caught.value.fault


async def test_a_handle_is_found_then_known_to_be_gone_and_another_is_not_known() -> None:
    dispatcher = StandIn()
    table = Handles(dispatcher)
    stream = await kept(dispatcher, table)
    assert table.find(MINE, ANN) is stream
    assert fault(table, ("", "eve", "h")) is Fault.NOT_FOUND
    table.forget(MINE)
    assert fault(table, MINE) is Fault.SESSION_CLOSED


async def test_a_session_that_the_kernel_has_ended_is_forgotten() -> None:
    dispatcher = StandIn()
    table = Handles(dispatcher)
    await kept(dispatcher, table)
    dispatcher.error = ServiceError(Fault.NOT_FOUND, "it idled")
    assert fault(table, MINE) is Fault.NOT_FOUND
    assert fault(table, MINE) is Fault.SESSION_CLOSED, "now it is known to be gone"


async def test_those_that_nobody_asks_for_again_are_forgotten_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "_LOOK", 2)
    dispatcher = StandIn()
    table = Handles(dispatcher)
    await kept(dispatcher, table)
    lost = ServiceError(Fault.NOT_FOUND, "it idled")
    monkeypatch.setattr(dispatcher, "session", lambda key, principal: (_ for _ in ()).throw(lost))
    await kept(dispatcher, table, ("", "ann", "other"))
    assert fault(table, MINE) is Fault.SESSION_CLOSED


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "no such host"])
def test_a_minted_handle_has_the_form_that_clients_read(host: str) -> None:
    table = Handles(StandIn())
    table.listens(host, 5090)
    one, other = table.mint(), table.mint()
    assert len(one) == len(other) == 26
    assert one[:13] == other[:13]
    assert one[13:] != other[13:]
    assert int(one[9:13], 16) == 5090
    assert table.peer.endswith(":5090")
    assert one[1:9] != "00000000"


async def test_results_are_numbered_from_one_for_each_key() -> None:
    stream = await kept(StandIn(), Handles(StandIn()))
    assert [stream.seq("a"), stream.seq("a"), stream.seq("b")] == [1, 2, 1]
