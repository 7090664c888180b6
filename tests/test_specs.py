"""The specs as pluggy sees them; their docstrings are tests/test_house_hooks.py's business."""

from __future__ import annotations

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


def test_the_first_answer_wins_and_none_declines() -> None:
    manager = pluggy.PluginManager(NAME)
    for owner in WRAPPER_SPECS:
        manager.add_hookspecs(owner)

    class Declines:
        @hookimpl
        def athena_session_read(self, session: object) -> None:
            return None

    class Answers:
        @hookimpl
        def athena_session_read(self) -> str:
            return "mine"

    manager.register(Answers())
    manager.register(Declines())
    manager.check_pending()
    assert manager.hook.athena_session_read(session=1) == "mine"


def test_a_misspelt_hook_is_found() -> None:
    manager = pluggy.PluginManager(NAME)
    manager.add_hookspecs(WrapperPlugin)

    class Misspelt:
        @hookimpl
        def athena_once_exek(self) -> None: ...

    manager.register(Misspelt())
    with pytest.raises(pluggy.PluginValidationError, match="athena_once_exek"):
        manager.check_pending()
