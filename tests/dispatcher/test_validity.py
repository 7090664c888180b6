"""A round of questions to the guards: one for each principal, and silence is no refusal."""

from __future__ import annotations

import time

import attrs

from athena.dispatcher.validity import Validity
from athena.models import Principal

from .house import ALICE, BOB, Voucher


class Counting(Voucher):
    """Remembers whom it was asked about."""

    def __init__(self) -> None:
        super().__init__(ALICE, BOB)
        self.about: list[str] = []

    async def valid(self, principal: Principal) -> bool:
        self.about.append(principal.id)
        return await super().valid(principal)


async def test_each_principal_is_asked_about_once_and_every_guard_has_a_say() -> None:
    guards = [Counting(), Counting()]
    guards[1].gone.add("alice")
    validity = Validity(guards)
    for _ in range(3):
        assert not await validity.of(ALICE)
        assert await validity.of(BOB)
    assert [guard.about for guard in guards] == [["alice", "bob"]] * 2


async def test_an_expired_principal_is_not_asked_about() -> None:
    guard = Counting()
    assert not await Validity([guard]).of(attrs.evolve(ALICE, expires=time.time() - 1))
    assert guard.about == []


async def test_a_guard_that_cannot_answer_has_vouched_before() -> None:
    class Silent(Voucher):
        async def valid(self, principal: Principal) -> bool:
            raise OSError("the directory is down")

    assert await Validity([Silent()]).of(ALICE)
