"""Whatever a wrapper does in a lifecycle hook, the start or reload is refused, the hook named (F01, F06, F12)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from athena.errors import AthenaError, SettingsError
from athena.kernel import Kernel, start
from athena.models import Document, Request
from athena.testing.bounded import bounded
from athena.testing.found import toml
from athena.testing.journal import Journal
from athena.testing.misbehave import DEADLY, RAISES

EXECUTORS = ("thread", "process")
NAMED = {"constructor": "Probe()", "describe": "athena_describe", "init": "athena_init"}


def document(executor: str, version: str = "1", **config: str) -> Document:
    tables = {
        "services.it": {"wrapper": "athena.testing.probe:Probe", "executor": executor, "init_timeout": 20.0},
        "services.it.config": config,
        "kernel": {"drain_timeout": 1.0},
    }
    return Document(toml(tables), version, "lifecycle.toml")


async def note(kernel: Kernel) -> object:
    """Which configuration answers."""
    reply = await asyncio.wait_for(kernel.once("it", Request("it", params={"do": "see"})), 15)
    return json.loads(reply.part("seen").text)["note"]


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("hook", NAMED)
class TestStart:
    """Before it serves anybody."""

    @bounded
    async def test_whatever_is_raised_refuses_the_start_with_the_hook_named(self, executor: str, hook: str) -> None:
        for bad in RAISES:
            with pytest.raises(SettingsError) as caught:
                async with start(document(executor, fail_in=hook, fail_with=bad)):
                    pass
            said = str(caught.value)
            assert NAMED[hook] in said, bad
            assert said.startswith("lifecycle.toml:"), said
            assert "services.it" in said, said

    @bounded
    async def test_a_start_that_was_refused_leaves_nothing_running(
        self, executor: str, hook: str, tmp_path: Path
    ) -> None:
        journal = Journal(tmp_path / "journal")
        tables = {
            "services.good": {"wrapper": "athena.testing.probe:Probe", "executor": executor},
            "services.good.config": {"journal": journal.path},
            "services.bad": {"wrapper": "athena.testing.probe:Probe", "executor": executor},
            "services.bad.config": {"fail_in": hook, "fail_with": "exit"},
        }
        with pytest.raises(SettingsError, match=r"services\.bad"):
            async with start(Document(toml(tables), "1", "lifecycle.toml")):
                pass
        assert journal.count("fini") == journal.count("init")


class TestDescribeType:
    """What describe may return."""

    @pytest.mark.parametrize("executor", EXECUTORS)
    @bounded
    async def test_a_description_that_is_none_is_refused(self, executor: str) -> None:
        path = Path(__file__).with_name("odd_wrappers.py")
        tables = {"services.it": {"wrapper": str(path), "executor": executor}}
        with pytest.raises(SettingsError, match="athena_describe"):
            async with start(Document(toml(tables), "1", "lifecycle.toml")):
                pass


@pytest.mark.parametrize("bad", DEADLY)
@pytest.mark.parametrize("hook", NAMED)
@bounded
async def test_a_worker_that_dies_while_it_starts_refuses_the_start(hook: str, bad: str) -> None:
    """A death leaves no words, so the kernel says what the worker was at."""
    doing = "during athena_init" if hook == "init" else "while it loaded its wrapper"
    with pytest.raises(SettingsError, match=rf"lifecycle\.toml:\d+: services\.it\.wrapper: .*{doing}"):
        async with start(document("process", fail_in=hook, fail_with=bad)):
            pass


@pytest.mark.parametrize("executor", EXECUTORS)
class TestReload:
    """While it serves."""

    @bounded
    async def test_a_good_reload_is_taken(self, executor: str) -> None:
        async with start(document(executor, note="old")) as kernel:
            await kernel.reload(document(executor, "2", note="new"))
            assert await note(kernel) == "new"

    @bounded
    async def test_whatever_check_raises_refuses_the_reload_with_the_hook_named(self, executor: str) -> None:
        async with start(document(executor, note="old")) as kernel:
            for bad in RAISES:
                with pytest.raises(AthenaError) as caught:
                    await kernel.reload(document(executor, "2", note="new", fail_in="check", fail_with=bad))
                assert "athena_config_check" in str(caught.value), bad
                assert await note(kernel) == "old", bad

    @bounded
    async def test_a_table_that_does_not_fit_refuses_the_reload_at_its_line(self, executor: str) -> None:
        async with start(document(executor, note="old")) as kernel:
            with pytest.raises(SettingsError, match=r"lifecycle\.toml:\d+: services\.it\.config\.nite"):
                await kernel.reload(document(executor, "2", nite="new"))
            assert await note(kernel) == "old"


class TestReloadOfProcesses:
    """A worker process can be replaced, and can die in a hook; a thread can neither."""

    @bounded
    async def test_a_wrapper_that_fails_to_take_it_is_replaced_on_the_new_configuration(self) -> None:
        async with start(document("process", note="old")) as kernel:
            for number, bad in enumerate((*RAISES, *DEADLY)):
                new = f"new {number}"
                await kernel.reload(document("process", str(number + 2), note=new, fail_in="reload", fail_with=bad))
                assert await note(kernel) == new, bad

    @bounded
    async def test_a_worker_that_dies_in_check_refuses_the_reload(self) -> None:
        async with start(document("process", note="old")) as kernel:
            for bad in DEADLY:
                with pytest.raises(AthenaError):
                    await kernel.reload(document("process", "2", note="new", fail_in="check", fail_with=bad))
                assert await note(kernel) == "old", bad


@pytest.mark.parametrize("executor", EXECUTORS)
@bounded
async def test_whatever_fini_does_the_stop_goes_on(executor: str) -> None:
    for bad in (*RAISES, *(DEADLY if executor == "process" else ())):
        async with start(document(executor, fail_in="fini", fail_with=bad)) as kernel:
            assert await note(kernel) == ""
            await asyncio.wait_for(kernel.stop(), 15)
