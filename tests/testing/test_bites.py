"""The contract bites: a transport with one defect fails the row that is about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from attrs import evolve

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import PluginContext
from athena.models import Part, Principal, Reply, Request
from athena.specs import hookimpl
from athena.testing import Loopback, LoopbackChannel
from athena.testing.loopback import desk as desks
from athena.testing.loopback import door as doors
from athena.testing.loopback.desk import Desk, Line
from athena.testing.loopback.door import Door
from athena.testing.loopback.wire import Message, Pipe
from athena.testing.transport import Case, Ground, TransportContract
from athena.testing.transport.ground import ground


class AsksTwice(Desk):
    async def admit(self, message: Message) -> Principal:
        await super().admit(message)
        return await super().admit(message)


class NeverAsks(Desk):
    async def admit(self, message: Message) -> Principal:
        return Principal("anybody")


class LosesAttributes(Desk):
    def request(self, message: Message, principal: Principal) -> Request:
        request = super().request(message, principal)
        return evolve(request, parts=tuple(evolve(part, attributes={}) for part in request.parts))


class LosesDeadlines(Desk):
    def request(self, message: Message, principal: Principal) -> Request:
        return evolve(super().request(message, principal), deadline=None)


class TakesAnySize(Desk):
    def request(self, message: Message, principal: Principal) -> Request:
        kept, self._limit = self._limit, 1 << 40
        try:
            return super().request(message, principal)
        finally:
            self._limit = kept


class JoinsStreams(Desk):
    async def stream(self, message: Message, pipe: Pipe) -> None:
        await self.once(message, pipe)


class HoldsOn(Desk):
    """Does not notice that its client has gone."""

    async def once(self, message: Message, pipe: Pipe) -> None:
        await asyncio.shield(asyncio.ensure_future(super().once(message, pipe)))


class DropsWrites(Desk):
    async def write(self, line: Line, parts: tuple[Part, ...]) -> None:
        if any(part.seq == 7 for part in parts):
            return
        await super().write(line, parts)


HEALTHY = 2.0
"""Seconds in which every one of these rows is long through when nothing is wrong."""

DEFECTS: list[tuple[type[Desk], str]] = [
    (AsksTwice, "test_a_single_call_is_authenticated_once"),
    (NeverAsks, "test_who_is_refused_reaches_no_wrapper"),
    (LosesAttributes, "test_every_part_comes_back_as_it_was_sent"),
    (LosesDeadlines, "test_a_deadline_is_kept_and_the_wrapper_hears_of_it"),
    (TakesAnySize, "test_a_message_above_the_limit_is_too_large"),
    (JoinsStreams, "test_an_iterator_is_delivered_item_by_item"),
    (HoldsOn, "test_a_caller_who_leaves_cancels_the_wrapper"),
    (DropsWrites, "test_fifty_writes_interleaved_with_reads"),
]


def broken(desk: type[Desk]) -> Case:
    """A loopback with that defect."""

    class Broken(Loopback):
        @hookimpl
        def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
            self._door = Door(desk(self.name, context), context.log)
            return (self,)

    return Case("loopback", "thread", {}, False, {"transports.loopback": Broken}, LoopbackChannel)


@pytest.mark.parametrize(("desk", "row"), DEFECTS, ids=lambda each: each if isinstance(each, str) else each.__name__)
async def test_a_defect_fails_its_row(desk: type[Desk], row: str, tmp_path: Path) -> None:
    test: Callable[[Ground], Awaitable[None]] = getattr(TransportContract(), row)
    async with ground(broken(desk), tmp_path, drain_timeout=0.1) as there:
        with pytest.raises((AssertionError, asyncio.TimeoutError)):
            await asyncio.wait_for(test(there), HEALTHY)


async def test_a_fact_lost_on_the_wire_fails_the_fault_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(error: BaseException, log: object) -> ServiceError:
        assert isinstance(error, ServiceError)
        return ServiceError(error.fault, error.message, executed=Executed.NO, code=error.code, error_id=error.error_id)

    monkeypatch.setattr(doors, "as_fault", forgetful)
    with pytest.raises(AssertionError, match=r"sent .*Fault\.FORBIDDEN.*Executed\.UNKNOWN"):
        await TransportContract().test_every_fault_of_a_single_call_arrives_with_its_facts(broken(Desk))


async def test_a_wrong_fault_fails_the_fault_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def confused(error: BaseException, log: object) -> ServiceError:
        assert isinstance(error, ServiceError)
        fault = Fault.UNAVAILABLE if error.fault is Fault.WORKER_LOST else error.fault
        return ServiceError(fault, error.message, executed=error.executed, code=error.code,
                            retry_after=error.retry_after, error_id=error.error_id)  # fmt: skip

    monkeypatch.setattr(doors, "as_fault", confused)
    with pytest.raises(AssertionError, match="WORKER_LOST"):
        await TransportContract().test_every_fault_that_ends_a_session_arrives_with_its_facts(broken(Desk))


async def test_a_reply_that_lost_its_end_fails_the_session_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(reply: Reply, limit: int) -> Reply:
        return Reply(reply.parts)

    monkeypatch.setattr(desks, "carry_reply", endless)
    async with ground(broken(Desk), tmp_path, drain_timeout=0.1) as there:
        with pytest.raises((AssertionError, ServiceError, asyncio.TimeoutError)):
            await asyncio.wait_for(TransportContract().test_half_closing_without_data_ends_the_session(there), HEALTHY)
