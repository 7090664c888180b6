"""Finding what is installed, and writing toml."""

from __future__ import annotations

import pytest

from athena._compat import tomllib
from athena.executors.thread import ThreadFactory
from athena.interfaces import ExecutorFactory, Guard
from athena.testing.found import made, names, plugin_class, provided, toml
from athena.testing.loopback import Loopback
from athena.testing.stand_in import StandIn, StandInContext
from athena.testing.witness import Witness


def test_the_kernels_own_executors_are_found_by_name() -> None:
    assert {"process", "thread"} <= set(names("executors"))
    assert plugin_class("executors", "thread") is ThreadFactory


def test_who_is_not_installed_is_told_who_is() -> None:
    with pytest.raises(LookupError, match=r"no entry point 'tread' in athena.executors; installed: .*thread"):
        plugin_class("executors", "tread")


def test_a_plugin_is_made_with_its_section_and_gives_its_object() -> None:
    context = StandInContext("guards.witness", StandIn())
    witness = made(Witness, {})
    assert provided(witness, context, Guard) is witness
    with pytest.raises(LookupError, match=r"guards.witness provides no ExecutorFactory"):
        provided(made(Witness, {}), context, ExecutorFactory)
    loopback = made(Loopback, {"name": "here"})
    assert provided(loopback, StandInContext("transports.loopback", StandIn()), type(loopback)) is loopback


def test_toml_reads_back_as_it_was_told() -> None:
    tables = {
        "kernel": {"name": 'a "quoted" näme', "drain_timeout": 0.5},
        'services."*"': {"threads": 4, "middleware": ["a", "b"], "unguarded": True, "inline": {"x": 1}},
    }
    read = tomllib.loads(toml(tables))
    assert read["kernel"] == tables["kernel"]
    assert read["services"]["*"] == tables['services."*"']
