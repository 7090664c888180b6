"""What differs between Python versions has one face."""

from __future__ import annotations

import asyncio

import pytest

from athena import _compat


def test_toml_is_there_whatever_python_it_is() -> None:
    assert _compat.tomllib.loads("a = 1") == {"a": 1}


def test_an_optional_module_is_handed_over() -> None:
    assert _compat.optional("json", "anything").dumps([]) == "[]"


def test_a_missing_optional_module_says_what_needs_it_and_what_would_do() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"Part.array\(\) needs no_such_module: pip install") as caught:
        _compat.optional("no_such_module", "Part.array()")
    assert caught.value.name == "no_such_module"


async def test_a_cancellation_that_was_ours_can_be_taken_back() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            _compat.uncancel(task)
            await asyncio.sleep(0)
        return "went on"

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    task.cancel()
    assert await asyncio.wait_for(task, 5) == "went on"
