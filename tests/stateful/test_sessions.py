"""Sessions on every wire, played at random against an oracle: ten thousand steps, and not one may differ."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from athena.models import Request

from .cast import Cast
from .counting import NobodyThere, counted, one_of
from .oracle import Oracle
from .theatre import PEOPLE, SERVICES, WIRES, Player, Theatre, said, theatre

STEPS = 10_000
UNREAD = 40
"""Replies that may lie unread: below the outbox's bound, so that no write has to wait for a reader."""

wires, people, services = st.sampled_from(WIRES), st.sampled_from(PEOPLE), st.sampled_from(SERVICES)
which = st.integers(0, 99)
streams = st.sampled_from(("text", "text", "text", "side"))
waits = st.sampled_from((0.0, 0.0, 0.01, 5.0))


class Sessions(Cast):
    """Opens, writes, reads and ends sessions of two callers over all wires."""

    # --- opening ------------------------------------------------------------------------------------------------------

    @rule(wire=wires, who=people, service=services, lingers=st.sampled_from(("0", "0", "0.02")))
    @counted
    def open_attached(self, wire: str, who: str, service: str, lingers: str) -> None:
        self._make_room()
        tag = self.stage.tag()
        session = self.stage.run(self.stage.channels[wire, who].open(self._opening(service, tag, lingers)))
        self.players.append(Player(Oracle(tag, attached=True), session, who, f"{service} over {wire}"))

    @rule(wire=wires, who=people, service=services, alias=st.sampled_from((None, "a", "b")))
    @counted
    def open_detached(self, wire: str, who: str, service: str, alias: str | None) -> None:
        self._make_room()
        tag = self.stage.tag()
        opening = self.stage.channels[wire, who].open(self._opening(service, tag), detached=True, alias=alias)
        if alias and (who, alias) in self.aliases:
            got = self.stage.run(said(opening))
            assert got == "BAD_REQUEST", f"{who} has {alias} open, and opening it again came to {got}"
            return
        player = Player(Oracle(tag, attached=False), self.stage.run(opening), who, service, alias)
        assert player.session.sid not in ("", alias)
        assert player.session.sid not in {one.session.sid for one in (*self.players, *self.past)}
        self.players.append(player)
        if alias:
            self.aliases[who, alias] = player

    # --- writing ------------------------------------------------------------------------------------------------------

    @rule(pick=which, wire=wires, key=streams, numbered=st.booleans(), last=st.sampled_from((False,) * 7 + (True,)))
    @counted
    def say(self, pick: int, wire: str, key: str, numbered: bool, last: bool) -> None:
        self._write(pick, wire, key, "say", last=last, numbered=numbered)

    @rule(pick=which, wire=wires, count=st.integers(0, 12))
    @counted
    def burst(self, pick: int, wire: str, count: int) -> None:
        self._write(pick, wire, "text", f"burst:{count}")

    @rule(pick=which, wire=wires, what=st.sampled_from(("boom", "finish", "mute", "mute")))
    @counted
    def end_from_within(self, pick: int, wire: str, what: str) -> None:
        self._write(pick, wire, "text", what)

    @rule(pick=which, wire=wires)
    @counted
    def half_close(self, pick: int, wire: str) -> None:
        player, session = self._pick(pick, wire)
        self.stage.run(player.write(session, "", "", last=True))

    @rule(pick=which, wire=wires, back=st.integers(1, 5), last=st.booleans())
    @counted
    def write_again(self, pick: int, wire: str, back: int, last: bool) -> None:
        player, session = self._pick(pick, wire)
        seq = player.oracle.next
        if seq is not None and not player.oracle.ending:
            again = max(0, seq - back)
            self.stage.run(player.write(session, "text", f"say:again-{again}", again, last=last))
        elif seq is not None and player.oracle.half_closed and not player.oracle.cut:
            self.stage.run(player.write(session, "text", f"say:again-{seq - 1}", seq - 1, last=last))
        else:
            raise NobodyThere

    @rule(pick=which, wire=wires, ahead=st.integers(1, 9))
    @counted
    def leave_a_gap(self, pick: int, wire: str, ahead: int) -> None:
        player, session = self._pick(pick, wire)
        if player.oracle.next is not None and not player.oracle.ending:
            seq = player.oracle.next + ahead
            self.stage.run(player.write(session, "text", f"say:{seq}", seq))
        else:
            raise NobodyThere

    def _write(self, pick: int, wire: str, key: str, what: str, *, last: bool = False, numbered: bool = False) -> None:
        player, session = self._pick(pick, wire)
        oracle = player.oracle
        if len(oracle.due) > UNREAD:
            raise NobodyThere
        # What crosses the end of its session is not numbered: whether it was taken, nobody can say.
        seq = (5 if oracle.next is None else oracle.next) if numbered and not oracle.ending else None
        text = f"{what}:{self.steps}"
        self.stage.run(player.write(session, key, text, seq, last=last))

    # --- reading ------------------------------------------------------------------------------------------------------

    @rule(pick=which, wire=wires, wait=waits)
    @counted
    def read(self, pick: int, wire: str, wait: float) -> None:
        player, session = self._pick(pick, wire)
        self.stage.run(player.read(session, wait if wait < 1.0 or player.oracle.speaks else 0.0))
        self._tidy(player)

    @rule(pick=which, wire=wires, most=st.integers(1, 20))
    @counted
    def read_all(self, pick: int, wire: str, most: int) -> None:
        player, session = self._pick(pick, wire)
        for _ in range(most):
            if player.oracle.over or not player.oracle.speaks:
                break
            self.stage.run(player.read(session, None))
        self._tidy(player)

    @rule(pick=which, wire=wires, other=wires)
    @counted
    def give_up_reading(self, pick: int, wire: str, other: str) -> None:
        quiet = [player for player in self.players if not player.oracle.speaks and not player.oracle.attached]
        self.stage.run(self._given_up(one_of(quiet, pick), wire, other))

    async def _given_up(self, player: Player, wire: str, other: str) -> None:
        """One reader goes away while it waits; the next one loses nothing."""
        reader = asyncio.ensure_future((await self._handle(player, wire)).read(5.0))
        await asyncio.sleep(0.005)
        reader.cancel()
        await asyncio.wait({reader})
        session = await self._handle(player, other)
        for _ in range(2000):
            if await said(session.read(0.0)) != "OUT_OF_ORDER":
                break
            await asyncio.sleep(0.002)  # until the server knows that the first is gone
        await player.write(session, "text", f"say:{self.steps}")
        await player.read(session, 5.0)

    # --- ending -------------------------------------------------------------------------------------------------------

    @rule(pick=which, wire=wires, times=st.integers(1, 2))
    @counted
    def close(self, pick: int, wire: str, times: int) -> None:
        player, session = self._pick(pick, wire)
        for _ in range(times):
            self.stage.run(session.close())
        player.oracle.closed = True
        self._tidy(player)

    @rule(pick=which, wire=wires, other=wires, unbounded=st.booleans())
    @counted
    def close_while_somebody_reads(self, pick: int, wire: str, other: str, unbounded: bool) -> None:
        player = one_of([player for player in self.players if not player.oracle.speaks], pick)
        self.stage.run(self._closed_under(player, wire, other, None if unbounded else 15.0))
        player.oracle.closed = True
        self._tidy(player)

    async def _closed_under(self, player: Player, wire: str, other: str, wait: float | None) -> None:
        reader = asyncio.ensure_future(said((await self._handle(player, wire)).read(wait)))
        await asyncio.sleep(0.005)
        await (await self._handle(player, other)).close()
        assert await reader in ("SESSION_CLOSED", "NOT_FOUND", "CANCELLED"), f"{player}: {reader.result()}"

    @rule(wire=wires, who=people, service=services, detached=st.booleans())
    @counted
    def hang_up(self, wire: str, who: str, service: str, detached: bool) -> None:
        self._make_room()
        player = self.stage.run(self._hung_up(wire, who, service, detached=detached))
        if player.oracle.closed:
            self.past.append(player)
        else:
            self.players.append(player)

    # --- what is not theirs, and what is no more ----------------------------------------------------------------------

    @rule(pick=which, wire=wires, by_alias=st.booleans(), what=st.sampled_from(("write", "read", "close")))
    @counted
    def come_as_a_stranger(self, pick: int, wire: str, by_alias: bool, what: str) -> None:
        player = one_of(self.players, pick)
        other = next(name for name in PEOPLE if name != player.who)
        key = player.alias if by_alias and player.alias else player.session.sid
        if player.alias != key or (other, key) not in self.aliases:
            self._nothing_there(wire, other, key, what)

    @rule(pick=which, wire=wires, by_alias=st.booleans(), what=st.sampled_from(("write", "read", "close")))
    @counted
    def visit_what_is_not_there(self, pick: int, wire: str, by_alias: bool, what: str) -> None:
        player = one_of([*self.past, *(player for player in self.players if player.oracle.attached)], pick)
        key = player.alias if by_alias and player.alias else player.session.sid
        if (player.who, key) not in self.aliases:
            self._nothing_there(wire, player.who, key, what)

    @rule(pick=which, what=st.sampled_from(("write", "read", "close")))
    @counted
    def use_a_dead_handle(self, pick: int, what: str) -> None:
        player = one_of([player for player in self.past if player.oracle.attached], pick)
        if what == "close":
            self.stage.run(player.session.close())
        elif what == "read":
            self.stage.run(player.read(player.session, None))
        else:
            self.stage.run(player.write(player.session, "text", "say:late"))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path) as made:
        yield made


@pytest.mark.parametrize("what", ["boom", "finish"])
def test_an_input_that_ends_twice_before_its_wrapper_ends_it_agrees_with_the_oracle(stage: Theatre, what: str) -> None:
    for wire, service in itertools.product(WIRES, SERVICES):
        stage.run(_ended_twice(stage, wire, service, what))


async def _ended_twice(stage: Theatre, wire: str, service: str, what: str) -> None:
    """What a busy machine did: the wrapper comes to its own end when all that crosses it was taken or refused."""
    tag = stage.tag()
    opening = Request(service, params={"tag": tag, "journal": str(stage.journal)})
    session = await stage.channels[wire, "ann"].open(opening)
    player = Player(Oracle(tag, attached=True), session, "ann", f"{service} over {wire}")
    for text in ("say:1", "nap:0.1", what):
        await player.write(session, "text", text)
    await player.write(session, "text", "say:2", last=True)
    await player.write(session, "", "", last=True)
    while not player.oracle.over:
        await player.read(session, None)
    await session.close()


@pytest.mark.timeout(600)
def test_ten_thousand_steps_on_every_wire_agree_with_the_oracle(stage: Theatre) -> None:
    Sessions.stage, Sessions.steps = stage, 0
    # Not shrunk: a play that fails is printed as it was, and most of one's time would be spent waiting for time-outs.
    plays = settings(
        max_examples=100,
        stateful_step_count=60,
        database=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    began = time.monotonic()
    while Sessions.steps < STEPS:
        run_state_machine_as_test(Sessions, settings=plays)
    print(f"{Sessions.steps} steps in {time.monotonic() - began:.1f} s, {stage.opened} sessions")
    assert Sessions.steps >= STEPS
