"""The specs as pluggy sees them; their docstrings are tests/test_house_hooks.py's business."""

from __future__ import annotations

import inspect

import pluggy
import pytest

from athena import specs


def test_every_hook_has_the_prefix_and_is_a_plain_function() -> None:
    for owner in (*specs.KERNEL_SPECS, *specs.WRAPPER_SPECS):
        hooks = [name for name in vars(owner) if not name.startswith("_")]
        assert hooks
        assert all(name.startswith("athena_") for name in hooks)


def test_lifecycle_belongs_to_every_plugin() -> None:
    assert specs.Lifecycle in specs.KERNEL_SPECS
    assert specs.Lifecycle in specs.WRAPPER_SPECS
    assert specs.WrapperPlugin not in specs.KERNEL_SPECS


def test_the_first_answer_wins_and_none_declines() -> None:
    manager = pluggy.PluginManager(specs.NAME)
    for owner in specs.WRAPPER_SPECS:
        manager.add_hookspecs(owner)

    class Declines:
        @specs.hookimpl
        def athena_session_read(self, session: object) -> None:
            return None

    class Answers:
        @specs.hookimpl
        def athena_session_read(self) -> str:
            return "mine"

    manager.register(Answers())
    manager.register(Declines())
    manager.check_pending()
    assert manager.hook.athena_session_read(session=1) == "mine"


def test_a_misspelt_hook_is_found() -> None:
    manager = pluggy.PluginManager(specs.NAME)
    manager.add_hookspecs(specs.WrapperPlugin)

    class Misspelt:
        @specs.hookimpl
        def athena_once_exek(self) -> None: ...

    manager.register(Misspelt())
    with pytest.raises(pluggy.PluginValidationError, match="athena_once_exek"):
        manager.check_pending()


HOOKS = {
    specs.Lifecycle: {
        "athena_init": ["context"],
        "athena_config_check": ["change"],
        "athena_config_reload": ["change"],
        "athena_fini": [],
    },
    specs.KernelPlugin: {"athena_provide": ["context"]},
    specs.WrapperPlugin: {
        "athena_describe": [],
        "athena_once_exec": ["request"],
        "athena_batch_exec": ["requests"],
        "athena_session_create": ["context"],
        "athena_session_write": ["session", "request"],
        "athena_session_read": ["session"],
        "athena_session_destroy": ["session"],
        "athena_resource_load": ["resource"],
        "athena_resource_unload": ["resource_id"],
    },
}


@pytest.mark.parametrize("owner", HOOKS)
def test_the_hooks_and_their_arguments_are_these_and_a_new_one_needs_a_reason(owner: type) -> None:
    found = {
        name: list(inspect.signature(hook).parameters)[1:]
        for name, hook in vars(owner).items()
        if name.startswith("athena_")
    }
    assert found == HOOKS[owner]


def test_what_a_wrapper_answers_is_answered_by_the_first_and_lifecycle_by_all() -> None:
    for owner, first in ((specs.WrapperPlugin, True), (specs.Lifecycle, False)):
        for name in HOOKS[owner]:
            assert bool(getattr(owner, name).athena_spec["firstresult"]) is first, name
