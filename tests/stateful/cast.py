"""Who plays: the sessions that are open and those that were, and how they are found."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from athena.models import Part, Request

from .counting import NobodyThere, one_of
from .oracle import GONE, OK, Oracle
from .theatre import Player, Theatre, said

AT_ONCE = 6
"""Sessions of one play."""


class Cast(RuleBasedStateMachine):
    """What the rules stand on.

    Attributes:
        stage: The kernel, one for all plays.
        steps: Rules that were run, in all plays.
    """

    stage: ClassVar[Theatre]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.history: list[str] = []
        self.players: list[Player] = []
        self.past: list[Player] = []
        self.aliases: dict[tuple[str, str], Player] = {}

    def _make_room(self) -> None:
        if len(self.players) >= AT_ONCE:
            raise NobodyThere

    def _opening(self, service: str, tag: str, lingers: str = "0") -> Request:
        return Request(service, params={"tag": tag, "journal": str(self.stage.journal), "lingers": lingers})

    def _nothing_there(self, wire: str, who: str, key: str, what: str) -> None:
        async def attempt() -> str:
            session = await self.stage.channels[wire, who].session(key)
            if what == "write":
                return await said(session.write(Request("", parts=(Part.from_text("text", "say:who is there"),))))
            return await said(session.read(0.0) if what == "read" else session.close())

        got = self.stage.run(attempt())
        assert got == (OK if what == "close" else GONE), f"{who} found {key}: {what} came to {got}"

    async def _hung_up(self, wire: str, who: str, service: str, *, detached: bool) -> Player:
        channel = await self.stage.connect(wire, who)
        tag = self.stage.tag()
        session = await channel.open(self._opening(service, tag), detached=detached)
        player = Player(Oracle(tag, attached=not detached), session, who, f"{service} over {wire}")
        await player.write(session, "text", "say:hello")
        await channel.stop()
        player.oracle.closed = player.oracle.lost = not detached
        if detached:  # it lives on, and is found by whoever comes by another way
            player.session = await self.stage.channels[wire, who].session(session.sid)
        return player

    def _pick(self, pick: int, wire: str) -> tuple[Player, Any]:  # Any: a Session
        player = one_of(self.players, pick)
        return player, self.stage.run(self._handle(player, wire, by_alias=pick % 2 == 0))

    async def _handle(self, player: Player, wire: str, *, by_alias: bool = False) -> Any:  # Any: a Session
        """An attached session has one handle; a detached one is found anew on any wire, by sid or alias."""
        if player.oracle.attached:
            return player.session
        key = player.alias if by_alias and player.alias else player.session.sid
        return await self.stage.channels[wire, player.who].session(key)

    def _tidy(self, player: Player) -> None:
        if player.oracle.over:
            self.players.remove(player)
            self.past.append(player)
            if player.alias:
                del self.aliases[player.who, player.alias]

    def teardown(self) -> None:
        for player in self.players:
            self.stage.run(player.session.close())
            player.oracle.closed = True
        for player in (*self.players, *self.past):
            # A session whose end was read over a stream is closed too: its client's last word.
            self.stage.run(player.session.close())
        until = time.monotonic() + 10
        while complaints := [
            wrong
            for player in (*self.players, *self.past)
            if (wrong := player.oracle.complaint(self.stage.events(player.oracle.tag)))
        ]:
            assert time.monotonic() < until, complaints
            self.stage.run(asyncio.sleep(0.005))
        while (left := self.stage.open_sessions) and time.monotonic() < until:
            self.stage.run(asyncio.sleep(0.005))
        assert left == 0
