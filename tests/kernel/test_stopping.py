"""A step that fails does not keep the rest from being stopped."""

from __future__ import annotations

import asyncio
import logging

import pytest

from athena.kernel.stopping import quietly


async def fail() -> None:
    raise ValueError("on purpose")


async def give_up() -> None:
    raise asyncio.CancelledError


async def test_what_a_step_raises_is_logged_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        await quietly(fail())
        await quietly(give_up())
    assert "on purpose" in caplog.text


async def test_what_takes_too_long_is_cancelled_and_goes_on_without(caplog: pytest.LogCaptureFixture) -> None:
    hanging = asyncio.ensure_future(asyncio.sleep(60))
    with caplog.at_level(logging.WARNING):
        await asyncio.wait_for(quietly(hanging, 0.05), 10)
    await asyncio.wait([hanging], timeout=5)
    assert hanging.cancelled()
    assert "took more than" in caplog.text
