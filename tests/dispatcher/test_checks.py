"""What guards and quotas say: one yes is enough of the first, and every one is needed of the second."""

from __future__ import annotations

import attrs

from athena.dispatcher.checks import acquire, authenticate
from athena.errors import Fault, ServiceError
from athena.interfaces import Quota
from athena.models import ANONYMOUS, Attempt, Principal, Request
from athena.testing.bounded import refused

from .house import ALICE, BOB, Voucher

CALL = Attempt("wire", "once", "s", {"who": "alice"})


async def test_without_guards_anybody_is_anonymous() -> None:
    assert await authenticate([], CALL) is ANONYMOUS


async def test_the_first_guard_that_knows_the_caller_vouches_and_the_rest_are_not_asked() -> None:
    strangers, first, second = Voucher(), Voucher(ALICE), Voucher(attrs.evolve(ALICE, guard="second"))
    assert await authenticate([strangers, first, second], CALL) is ALICE
    assert (len(strangers.asked), len(first.asked), len(second.asked)) == (1, 1, 0)


async def test_a_caller_no_guard_knows_is_unauthenticated_and_never_anonymous() -> None:
    await refused(authenticate([Voucher(BOB)], CALL), Fault.UNAUTHENTICATED)


async def test_a_guards_refusal_is_the_last_word() -> None:
    refusing = Voucher()
    refusing.error = ServiceError(Fault.UNAUTHENTICATED, "expired")
    assert (await refused(authenticate([refusing, Voucher(ALICE)], CALL))).message == "expired"


class Purse(Quota):
    """Gives while it has."""

    def __init__(self, left: int) -> None:
        self.left = left

    async def acquire(self, principal: Principal, service: str) -> None:
        if not self.left:
            raise ServiceError(Fault.QUOTA, f"{principal.id} has no more of {service}")
        self.left -= 1

    def release(self, principal: Principal, service: str) -> None:
        self.left += 1


async def test_what_quotas_gave_before_one_refused_is_known() -> None:
    full, empty, never = Purse(2), Purse(0), Purse(1)
    acquired: list[Quota] = []
    await acquire([full], Request("s", principal=ALICE), acquired)
    await refused(acquire([full, empty, never], Request("s", principal=ALICE), acquired), Fault.QUOTA)
    assert acquired == [full, full]
    assert (full.left, never.left) == (0, 1)
