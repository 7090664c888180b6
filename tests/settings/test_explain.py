"""The rows of a section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from athena.models import Limits, ServiceSettings
from athena.section import Free, Secret, at_least, between, option, section
from athena.settings.explain import Row, explain
from athena.settings.rules import KERNEL_TABLES
from athena.settings.values import KernelSettings


@section
class Tls:
    cert: str = option(help="The certificate.")


@section
class Section:
    host: str = option("127.0.0.1", help="Address to bind.")
    port: int = option(8080, help="Port to bind.", check=between(0, 65535))
    rate: float | None = option(None, help="Calls a second.", check=at_least(0))
    token: Secret = option(Secret("hunter2"), help="The key.")
    hosts: tuple[str, ...] = option(("a", "b"), help="Who may.")
    level: Literal["low", "high"] = option("low", help="How much.")
    weights: Mapping[str, float] = option(factory=lambda: {"a b": 1.0}, help="How heavy.")
    tls: Tls | None = option(None, help="Encrypts.")
    plain: bool = attrs.field(default=False, validator=[attrs.validators.instance_of(bool)])


def test_a_row_has_key_type_default_help_and_bounds() -> None:
    assert explain(Section) == (
        Row("host", "str", '"127.0.0.1"', "Address to bind."),
        Row("port", "int", "8080", "Port to bind.", "0 to 65535"),
        Row("rate", "float", "", "Calls a second.", "0 or more"),
        Row("token", "str", "***", "The key."),
        Row("hosts", "list of str", '["a", "b"]', "Who may."),
        Row("level", "one of: low, high", '"low"', "How much."),
        Row("weights", "table of float", '{"a b" = 1.0}', "How heavy."),
        Row("tls", "a table", "", "Encrypts."),
        Row("tls.cert", "str", "required", "The certificate."),
        Row("plain", "bool", "false", ""),
    )


def test_a_plugin_without_keys_has_no_rows_and_a_free_one_says_so() -> None:
    assert explain(None) == ()
    assert [row.key for row in explain(Free)] == ["*"]


def test_the_kernels_own_tables_are_explained_from_their_rules() -> None:
    rows = {row.key: row for row in explain(KernelSettings)}
    assert rows["limits.max_message"].bounds == "1 to 1073741823"
    assert rows["limits.max_message"].default == str(Limits().max_message)
    assert all(row.help for model in KERNEL_TABLES.values() for row in explain(model))


def test_a_services_name_is_no_key() -> None:
    keys = [row.key for row in explain(ServiceSettings)]
    assert "name" not in keys
    assert "tables" not in keys
    assert {"wrapper", "batch.max_size", "gpu.memory", "config"} <= set(keys)
