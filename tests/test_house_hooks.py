"""Every hook is in one list, has the frame, and stands in the docs as it is."""

from __future__ import annotations

import pytest

from tools import hooks

HOOKS = list(hooks.hooks())
# The hooks there are. A new one needs a line that says why a section key, a middleware or an interface will not do.
LIST = {
    "athena_init": "a place to load the model that is not the constructor: describe must be callable before it",
    "athena_config_check": "a reload is all or nothing, so everybody is asked before anybody changes",
    "athena_config_reload": "the change itself, after every check passed",
    "athena_fini": "what init opened has to be closed",
    "athena_provide": "the one door through which async objects come into the kernel",
    "athena_describe": "what a wrapper takes and gives, before anything is loaded",
    "athena_once_exec": "one request, one answer or an iterator of them",
    "athena_batch_exec": "a model that is faster on many than on one",
    "athena_session_create": "a conversation begins",
    "athena_session_write": "the client speaks",
    "athena_session_read": "the wrapper answers when asked",
    "athena_session_destroy": "what create made has to be freed, exactly once",
    "athena_resource_load": "personalised resources arrive while requests run",
    "athena_resource_unload": "and leave again",
}


def test_the_hooks_are_those_of_the_list() -> None:
    assert [hook.name for hook in HOOKS] == list(LIST)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.name)
def test_a_hook_says_when_it_is_called_what_it_takes_gives_and_raises(hook: hooks.Hook) -> None:
    places = [hook.docstring.find(f"\n{part}") for part in hooks.FRAME]
    assert -1 not in places, f"{hook.name} lacks {[p for p, at in zip(hooks.FRAME, places, strict=True) if at < 0]}"
    assert places == sorted(places), f"{hook.name}: the order is {', '.join(hooks.FRAME)}"
    taken = hook.docstring[places[1] : places[2]]
    assert [name for name in hook.arguments if f"\n    {name}: " not in taken] == []


def test_the_docs_hold_every_hook_with_its_arguments() -> None:
    assert hooks.PAGE.read_text(encoding="utf-8") == hooks.page(), "run: python -m tools.hooks --write"
    table = hooks.page().splitlines()
    for hook in HOOKS:
        row = next(line for line in table if line.startswith(f"| `{hook.name}` |"))
        assert all(f"`{name}`" in row for name in hook.arguments)
