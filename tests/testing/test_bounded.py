"""The bounds: what hangs fails, and what fails says what was expected."""

from __future__ import annotations

import asyncio

import pytest

from athena.errors import Fault, ServiceError
from athena.testing import bounded as module
from athena.testing.bounded import bounded, eventually, refused


async def test_a_row_that_hangs_fails_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BOUND", 0.05)

    @bounded
    async def test_row() -> None:
        await asyncio.Event().wait()

    with pytest.raises(AssertionError, match="test_row hangs"):
        await test_row()


async def fails(error: BaseException | None) -> int:
    if error is not None:
        raise error
    return 1


async def test_refused_gives_the_error_of_the_right_fault() -> None:
    error = ServiceError(Fault.QUOTA, "later")
    assert await refused(fails(error), Fault.QUOTA) is error
    assert await refused(fails(error)) is error


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (None, "expected DEADLINE; it ended with 1"),
        (ValueError("x"), r"expected DEADLINE; it ended with ValueError\('x'\)"),
        (ServiceError(Fault.QUOTA, "later"), r"expected DEADLINE; got ServiceError\(QUOTA"),
    ],
)
async def test_refused_says_what_came_instead(outcome: BaseException | None, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        await refused(fails(outcome), Fault.DEADLINE)


async def test_refused_does_not_wait_for_ever() -> None:
    with pytest.raises(AssertionError, match=r"expected DEADLINE or QUOTA; there was no answer within 0.05 s"):
        await refused(asyncio.Event().wait(), Fault.DEADLINE, Fault.QUOTA, within=0.05)


async def test_eventually_says_what_did_not_come_about() -> None:
    await eventually(lambda: True, "it holds")
    with pytest.raises(AssertionError, match="it did not come about that pigs fly"):
        await eventually(lambda: False, "pigs fly", within=0.05)
