"""Which plugins there are is read from metadata; only the one that was named is imported."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from athena.errors import PluginBroken, PluginMissing, PluginRefused
from athena.plugins import GROUPS, Catalog

GUARD = "class Guard: pass\n"


def entry(name: str, value: str, group: str = "guards") -> str:
    return f"[athena.{group}]\n{name} = {value}\n"


def test_an_installed_plugin_is_listed_without_being_imported_and_loaded_by_its_name(site: Any) -> None:
    site.install("athena-guard-mine", entry("mine", "mine_guard:Guard"), mine_guard=GUARD)
    (claim,) = [claim for claim in Catalog().installed("guards") if claim.name == "mine"]
    assert (claim.group, claim.value, claim.distribution, claim.version) == (
        "guards", "mine_guard:Guard", "athena-guard-mine", "1.0",
    )  # fmt: skip
    assert "mine" in Catalog().names("guards")
    assert claim in Catalog().installed()
    assert "mine_guard" not in sys.modules
    assert Catalog().load("guards", "mine").__name__ == "Guard"


def test_loading_one_imports_nothing_else_that_is_installed(site: Any) -> None:
    canary = "import pathlib\npathlib.Path(__file__ + '.imported').touch()\n" + GUARD
    site.install("athena-guard-mine", entry("mine", "mine_guard:Guard"), mine_guard=GUARD)
    site.install("athena-guard-canary", entry("canary", "canary_guard:Guard"), canary_guard=canary)
    Catalog().load("guards", "mine")
    assert not (site.folder / "canary_guard.py.imported").exists()
    Catalog().load("guards", "canary")
    assert (site.folder / "canary_guard.py.imported").exists(), "the canary would not have sung"


@pytest.mark.parametrize("block", ["guards.canary", "athena-guard-canary"])
def test_a_blocked_plugin_is_refused_and_never_imported(site: Any, block: str) -> None:
    canary = "import pathlib\npathlib.Path(__file__ + '.imported').touch()\n" + GUARD
    site.install("athena-guard-canary", entry("canary", "canary_guard:Guard"), canary_guard=canary)
    with pytest.raises(PluginRefused, match="blocked by \\[plugins\\] block") as caught:
        Catalog(block=[block]).load("guards", "canary")
    assert caught.value.distribution == "athena-guard-canary"
    assert not (site.folder / "canary_guard.py.imported").exists()


@pytest.mark.parametrize(
    ("allow", "allowed"),
    [(None, True), (["guards.mine"], True), (["athena-guard-mine"], True), ([], False), (["guards.other"], False)],
)
def test_an_allow_list_lets_in_whom_it_names_and_the_kernels_own(
    site: Any, allow: list[str] | None, allowed: bool
) -> None:
    site.install("athena-guard-mine", entry("mine", "mine_guard:Guard"), mine_guard=GUARD)
    catalog = Catalog().limited(allow, ())
    assert catalog.load("executors", "thread")
    if allowed:
        assert catalog.load("guards", "mine")
    else:
        with pytest.raises(PluginRefused, match="not in \\[plugins\\] allow"):
            catalog.load("guards", "mine")
        assert "mine_guard" not in sys.modules


def test_what_is_blocked_is_blocked_though_it_is_allowed(site: Any) -> None:
    site.install("athena-guard-mine", entry("mine", "mine_guard:Guard"), mine_guard=GUARD)
    with pytest.raises(PluginRefused):
        Catalog(allow=["guards.mine"], block=["athena-guard-mine"]).load("guards", "mine")


def test_a_wrapper_can_be_judged_without_being_imported(site: Any) -> None:
    site.install("athena-wrapper-x", entry("x", "x_wrapper:X", "wrappers"), x_wrapper="raise SystemExit(1)")
    Catalog().permit("wrappers", "x")
    Catalog(block=["wrappers.x"]).permit("wrappers", "not installed")
    with pytest.raises(PluginRefused, match="of athena-wrapper-x is blocked"):
        Catalog(block=["athena-wrapper-x"]).permit("wrappers", "x")
    assert "x_wrapper" not in sys.modules


def test_two_distributions_that_claim_one_name_are_both_named_and_neither_is_imported(site: Any) -> None:
    site.install("athena-guard-one", entry("mine", "one_guard:Guard"), one_guard=GUARD)
    site.install("athena-guard-two", entry("mine", "two_guard:Guard"), two_guard=GUARD)
    with pytest.raises(PluginRefused) as caught:
        Catalog().load("guards", "mine")
    for word in ("guards.mine", "athena-guard-one (one_guard:Guard)", "athena-guard-two (two_guard:Guard)"):
        assert word in str(caught.value)
    assert not {"one_guard", "two_guard"} & set(sys.modules)


def test_the_same_name_in_two_groups_is_two_plugins(site: Any) -> None:
    site.install("athena-a", entry("static", "a_mod:Guard"), a_mod=GUARD)
    site.install("athena-b", entry("static", "b_mod:Guard", "balancers"), b_mod=GUARD)
    assert Catalog().load("guards", "static").__module__ == "a_mod"
    assert Catalog().load("balancers", "static").__module__ == "b_mod"


def test_a_name_nobody_has_is_answered_with_those_there_are(site: Any) -> None:
    site.install("athena-guard-mine", entry("mine", "mine_guard:Guard"), mine_guard=GUARD)
    with pytest.raises(PluginMissing, match=r"guards\.mien is not installed; installed: .*mine"):
        Catalog().load("guards", "mien")
    with pytest.raises(PluginMissing, match="installed: none"):
        Catalog().load("of_no_kind", "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_module_here", "ModuleNotFoundError: No module named 'no_such_module_here'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def (:", "SyntaxError"),
        ("x = 1", "Guard"),
    ],
)
def test_an_import_that_fails_names_the_plugin_its_distribution_and_the_reason(
    site: Any, text: str, words: str
) -> None:
    site.install("athena-guard-bad", entry("bad", "bad_guard:Guard"), version="2.1", bad_guard=text)
    with pytest.raises(PluginBroken) as caught:
        Catalog().load("guards", "bad")
    for word in ("guards.bad of athena-guard-bad 2.1 (bad_guard:Guard) cannot be imported", words):
        assert word in str(caught.value)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("text", "fine"),
    [("(1, 1)", True), ("(0, 5)", True), ("(2, 3)", False), ("(0, 0)", False), ("'1'", False), ("None", False)],
)
def test_a_plugin_for_another_api_is_refused(site: Any, text: str, fine: bool) -> None:
    site.install(
        "athena-guard-new", entry("new", "new_guard:Guard"), new_guard=f"class Guard:\n    api_range = {text}\n"
    )
    if fine:
        assert Catalog().load("guards", "new")
        return
    with pytest.raises(PluginRefused, match=r"guards\.new of athena-guard-new 1\.0 .* API"):
        Catalog().load("guards", "new")


def test_a_class_given_in_code_wins_over_an_installed_one(site: Any) -> None:
    site.install("athena-guard-mine", entry("mine", "mine_guard:Guard"), mine_guard=GUARD)

    class Mine:
        pass

    catalog = Catalog({"guards.mine": Mine, "guards.extra": Mine})
    assert catalog.load("guards", "mine") is Mine
    assert {"mine", "extra"} <= set(catalog.names("guards"))
    assert catalog.limited(None, ()).load("guards", "extra") is Mine
    assert "mine_guard" not in sys.modules


def test_metadata_is_read_once_and_anew_for_the_next_configuration(site: Any) -> None:
    catalog = Catalog()
    before = catalog.names("guards")
    site.install("athena-guard-late", entry("late", "late_guard:Guard"), late_guard=GUARD)
    assert catalog.names("guards") == before
    assert "late" in catalog.limited(None, ()).names("guards")


def test_every_group_of_the_design_is_known() -> None:
    assert " ".join(GROUPS) == (
        "wrappers transports channels discovery sources gpu guards quotas meters executors balancers middleware hosts "
        "dialects formats commands"
    )


def test_what_the_kernel_ships_is_there() -> None:
    names = {(claim.group, claim.name) for claim in Catalog().installed() if claim.distribution == "athena-serving"}
    assert {("executors", "thread"), ("executors", "process"), ("sources", "file")} <= names
