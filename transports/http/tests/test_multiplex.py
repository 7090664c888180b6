"""Many sessions on one socket: each has its own beginning, order, faults and end."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl

from .conftest import Serve, There
from .test_sockets import closed, spoken, told

PATH = "/v1/private/talk?stream_mode=multiplex"


def frame(cid: object, text: str = "", status: int | None = None, **more: object) -> str:
    unit = {"plain": text, **({} if status is None else {"status": status})}
    return json.dumps({"header": {"cid": cid}, "payload": {"data": unit}, **more})


async def gathered(client: Any, ends: int) -> dict[object, list[Any]]:
    """Frames by cid, until that many sessions have ended."""
    found: dict[object, list[Any]] = {}
    while ends:
        answer = await told(client)
        header = answer["header"]
        found.setdefault(header.get("cid"), []).append(answer)
        ends -= header["code"] != 0 or header["status"] == 2
    return found


async def test_two_sessions_take_turns_on_one_socket(there: There) -> None:
    async with spoken(there, PATH) as client:
        for text, status in (("a", 0), ("b", 1), ("c", 2)):
            for cid in ("one", 2):
                await client.send(frame(cid, f"{text}{cid}", status))
        found = await gathered(client, 2)
        assert set(found) == {"one", 2}
        for cid, frames in found.items():
            assert [each["header"]["status"] for each in frames] == [0, 1, 1, 2]
            texts = [each["payload"]["data"]["plain"] for each in frames[1:]]
            assert texts == [f"a{cid}", f"b{cid}", f"c{cid}"]
            assert len({each["header"]["sid"] for each in frames}) == 1
        sids = {frames[0]["header"]["sid"] for frames in found.values()}
        assert len(sids) == 2
        await client.send(frame("three", "x", 2))  # the socket outlives its sessions
        assert set(await gathered(client, 1)) == {"three"}


async def test_a_fault_ends_its_session_alone(there: There) -> None:
    async with spoken(there, PATH) as client:
        await client.send(frame("good", "a", 0))
        await client.send(frame("bad", "a", 0, parameter={"talk": {"do": "refuse"}}))
        await client.send(json.dumps({"header": {"cid": "worse"}, "payload": {"data": {"image": "***"}}}))
        found = await gathered(client, 2)
        assert found["bad"][-1]["header"]["fault"] == "USER_ERROR"
        assert found["worse"][-1]["header"]["fault"] == "BAD_REQUEST"
        await client.send(frame("good", "b", 2))
        assert (await gathered(client, 1))["good"][-1]["payload"]["data"]["plain"] == "b"


async def test_a_name_is_used_once(there: There) -> None:
    async with spoken(there, PATH) as client:
        await client.send(frame("one", "a", 2))
        await gathered(client, 1)
        await client.send(frame("one", "b", 0))
        header = (await told(client))["header"]
        assert (header["fault"], header["cid"]) == ("SESSION_CLOSED", "one")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("nonsense", 1000),
        ("{}", 1000),
        ('{"header":{"cid":""}}', 1000),
        ('{"header":{"cid":1.5}}', 1000),
        ('{"header":{"cid":[1]}}', 1000),
        ('{"header":{"cid":' + "9" * 30 + "}}", 1000),
        ('{"header":{"cid":"' + "x" * 257 + '"}}', 1000),
        (b"\x00binary", 1000),
    ],
)
async def test_what_names_no_session_ends_the_socket(there: There, sent: str | bytes, code: int) -> None:
    async with spoken(there, PATH) as client:
        await client.send(frame("one", "a", 0))
        await told(client)
        await told(client)
        await client.send(sent)
        answer = await told(client)
        assert (answer["header"]["fault"], answer["header"].get("cid")) == ("BAD_REQUEST", None)
        assert (await closed(client))[0] == code


async def test_letters_that_are_no_utf8_end_the_socket_with_1007(there: There) -> None:
    async with spoken(there, PATH) as client:
        await client.send(b'{"header":{"cid":"x","a":"\xff"}}', text=True)
        assert (await closed(client))[0] == 1007


async def test_one_socket_holds_only_so_many(serve: Serve) -> None:
    async with serve(max_sessions_per_socket=2) as there, spoken(there, PATH) as client:
        for cid in ("a", "b"):
            await client.send(frame(cid, "x", 0))
            await told(client)
            await told(client)
        await client.send(frame("c", "x", 0))
        header = (await told(client))["header"]
        assert (header["fault"], header["cid"]) == ("OVERLOADED", "c")
        await client.send(frame("a", "x", 2))
        await gathered(client, 1)
        await client.send(frame("d", "x", 2))
        assert set(await gathered(client, 1)) == {"d"}


async def test_another_mode_is_refused_before_the_upgrade(there: There) -> None:
    status, _, body = await there.get(
        "/v1/private/talk?stream_mode=simplex",
        Upgrade="websocket",
        Connection="Upgrade",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==",
    )
    assert (status, b"stream_mode" in body) == (400, True)


async def test_a_cid_on_a_socket_of_its_own_comes_back_too(there: There) -> None:
    async with spoken(there) as client:
        await client.send(frame(7, "a", 2))
        assert [(await told(client))["header"]["cid"] for _ in range(2)] == [7, 7]


class Slow(Wrapper):
    """Takes its time with every write, and says in the end how many there were."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> tuple[SessionContext, list[str]]:
        return context, []

    @hookimpl
    def athena_session_write(self, session: tuple[SessionContext, list[str]], request: Request) -> None:
        time.sleep(0.002)
        context, seen = session
        seen += [part.text for part in request.parts]
        if request.parts[-1].stage is Stage.END:
            context.outbox.emit(Reply((Part.from_json("seen", seen, Stage.END),), Stage.END))


async def test_more_frames_than_may_wait_are_written_all_and_in_order(serve: Serve) -> None:
    async with serve(more={"slow": Slow()}) as there, spoken(there, PATH.replace("talk", "slow")) as client:
        for number in range(100):
            for cid in ("a", "b"):
                await client.send(frame(cid, str(number), 2 if number == 99 else 1))
        found = await gathered(client, 2)
        for cid in ("a", "b"):
            assert found[cid][-1]["payload"]["seen"]["text"] == [str(number) for number in range(100)]


async def test_who_leaves_takes_all_sessions_along(there: There) -> None:
    async with spoken(there, PATH) as client:
        for cid in range(20):
            await client.send(frame(cid, "x", 0))
        for _ in range(40):
            await told(client)
        assert _open(there) == 20
    for _ in range(100):
        if not _open(there):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("sessions stayed open")


def _open(there: There) -> float:
    lines = there.kernel.dispatcher.metrics().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("athena_sessions{"))


async def test_a_draining_server_says_so_and_closes_when_the_last_session_has_ended(serve: Serve) -> None:
    async with serve(drain_timeout=5.0) as there, spoken(there, PATH) as client:
        await client.send(frame("a", "x", 0))
        await told(client)
        await told(client)
        draining = asyncio.ensure_future(there.kernel.stop())
        notice = await told(client)
        assert notice["header"]["attributes"] == {"event": "draining"}
        await client.send(frame("b", "x", 0))
        assert (await told(client))["header"]["fault"] == "UNAVAILABLE"
        await client.send(frame("a", "y", 2))
        assert (await told(client))["header"]["status"] == 2
        assert (await closed(client))[0] == 1001
        await asyncio.wait_for(draining, 10)
