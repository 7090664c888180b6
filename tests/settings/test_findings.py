"""Faults are gathered, and told together."""

from __future__ import annotations

import pytest

from athena.errors import SettingsError
from athena.models import BatchSettings, GpuSettings
from athena.settings.findings import Findings
from athena.settings.values import Locations


class Broken:
    """A plugin whose section is none."""

    Section = int


def test_no_fault_raises_nothing_and_several_come_in_the_order_of_the_file() -> None:
    findings = Findings(Locations("x.toml", {("a",): 2, ("b",): 1}))
    findings.raise_all()
    assert findings.settle(BatchSettings, {"max_size": 2}, ("b",)) == BatchSettings(2)
    assert findings.settle(BatchSettings, {"max_size": 0}, ("a",)) is None
    findings.add(("b",), "no")
    with pytest.raises(SettingsError) as caught:
        findings.raise_all()
    assert str(caught.value) == "x.toml:1: b: no\nx.toml:2: a.max_size: expected 1 to 65536, got 0"


def test_a_plugin_with_a_broken_section_is_a_problem_of_its_table() -> None:
    findings = Findings(Locations("x.toml", {("transports", "x"): 5}))
    assert findings.settle_plugin(Broken, {}, ("transports", "x")) is None
    assert findings.settle_plugin(object, {}, ("transports", "y")) is None
    with pytest.raises(SettingsError) as caught:
        findings.raise_all()
    assert [problem.line for problem in caught.value.problems] == [5]
    assert "is no section" in str(caught.value)


def test_one_fault_found_twice_is_told_once() -> None:
    findings = Findings(Locations("x.toml", {("a",): 1}))
    for _ in range(2):
        findings.settle(GpuSettings, {"count": 0}, ("a",))
    with pytest.raises(SettingsError) as caught:
        findings.raise_all()
    assert len(caught.value.problems) == 1
