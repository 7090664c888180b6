"""Every key of the kernel's own tables has its sentence; every default keeps to its own bounds."""

from __future__ import annotations

import attrs
import pytest

from athena.models import Limits, ServiceSettings
from athena.settings import settle
from athena.settings.rules import KERNEL_TABLES, RULES
from athena.settings.services import KEYS, TABLES

# What the kernel fills in: from the header, from other tables, from where the file is.
NO_KEYS = {ServiceSettings: {"name", "tables", "folder", "middleware_config"}}


@pytest.mark.parametrize("model", RULES, ids=lambda model: model.__name__)
def test_there_is_a_rule_for_every_key_and_for_nothing_else(model: type) -> None:
    fields = {attribute.name for attribute in attrs.fields(model)} - NO_KEYS.get(model, set())
    assert set(RULES[model]) == fields


@pytest.mark.parametrize("model", RULES, ids=lambda model: model.__name__)
def test_every_number_has_bounds_and_every_default_keeps_to_them(model: type) -> None:
    attrs.resolve_types(model)
    for attribute in attrs.fields(model):
        rule = RULES[model].get(attribute.name)
        if rule is None:
            continue
        assert rule.help.endswith(".")
        if attribute.type in {int, float, int | None, float | None}:
            assert rule.check is not None, attribute.name
        # A wrapper has no default, in truth: services asks for it.
        if rule.check is not None and attribute.name != "wrapper":
            rule.check(None, attribute, attribute.default)


def test_the_keys_of_a_service_are_those_of_the_design() -> None:
    assert " ".join(KEYS) == (
        "wrapper executor python workers threads spares max_concurrency queue max_sessions max_resources "
        "max_resource_bytes init_timeout deadline grace guards middleware"
    )
    assert TABLES == ("config", "batch", "gpu")


def test_the_kernels_tables_are_those_of_the_design() -> None:
    assert set(KERNEL_TABLES) == {"kernel", "services", "log", "plugins"}


def test_twice_the_largest_message_fits_in_31_bits() -> None:
    largest = settle(Limits, {"max_message": 2**30 - 1}).max_message
    assert 2 * largest < 2**31
