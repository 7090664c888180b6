"""The rules of [services.*] that one table alone does not show."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from athena.errors import SettingsError
from athena.models import Document
from athena.settings import Settings, read

Resolve = Callable[[str, str], type | None]
ECHO = '[services.echo]\nwrapper = "echo"\n'


def refused(text: str, resolve: Resolve) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(Document(text), resolve)
    return [str(problem) for problem in caught.value.problems]


def accepted(text: str, resolve: Resolve) -> Settings:
    return read(Document(text), resolve)


def test_an_executors_own_table_is_kept_and_settled(resolve_more: Resolve) -> None:
    text = '[services."*"]\nexecutor = "remote"\n[services."*".remote]\ndiscovery = "static"\n'
    settings = accepted(text, resolve_more)
    assert settings.services["*"].tables == {"remote": {"discovery": "static"}}
    section = settings.executors["*"]
    assert getattr(section, "retries", None) == 2


def test_an_executors_own_table_is_as_strict_as_any(resolve_more: Resolve) -> None:
    text = '[services."*"]\nexecutor = "remote"\n[services."*".remote]\nretries = 11\n'
    assert refused(text, resolve_more) == [
        'aiges.toml:3: services."*".remote.discovery: required key is missing',
        'aiges.toml:4: services."*".remote.retries: expected 0 to 10, got 11',
    ]


def test_an_executor_whose_table_is_required_is_told_at_the_service(resolve_more: Resolve) -> None:
    assert refused('\n[services."*"]\nexecutor = "remote"\n', resolve_more) == [
        'aiges.toml:2: services."*".remote.discovery: required key is missing'
    ]


def test_a_misspelt_executor_key_does_not_put_its_table_in_doubt(resolve_more: Resolve) -> None:
    text = '[services."*"]\nexectuor = "remote"\n[services."*".remote]\ndiscovery = "static"\n'
    assert [line.split(": unknown")[0] for line in refused(text, resolve_more)] == [
        'aiges.toml:2: services."*".exectuor'
    ]


def test_an_executor_of_another_type_is_one_fault(resolve_more: Resolve) -> None:
    text = ECHO + 'executor = 5\n[services.echo.remote]\ndiscovery = "static"\n'
    assert refused(text, resolve_more) == ["aiges.toml:3: services.echo.executor: expected str, got int 5"]


def test_name_and_tables_are_no_keys(resolve: Resolve) -> None:
    found = refused(ECHO + 'name = "x"\n[services.echo.tables]\na = 1\n', resolve)
    assert [line.split("; ")[0] for line in found] == [
        "aiges.toml:3: services.echo.name: unknown key",
        "aiges.toml:4: services.echo.tables: unknown table",
    ]


@pytest.mark.parametrize("name", ["ocr", "mm-ocr_2.1", "OCR", "..."])
def test_a_service_has_a_name_that_stands_in_a_url(name: str, resolve: Resolve) -> None:
    assert list(accepted(f'[services."{name}"]\nwrapper = "x"\n', resolve).services) == [name]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "é", "a%2f", "**"])
def test_other_names_are_refused(name: str, resolve: Resolve) -> None:
    found = refused(f'[services."{name}"]\nwrapper = "x"\n', resolve)
    assert len(found) == 1
    assert "path segment of its URL" in found[0]


def test_guards_are_those_that_are_configured(resolve: Resolve) -> None:
    settings = accepted("[guards.token]\n" + ECHO + 'guards = ["token"]\n', resolve)
    assert settings.services["echo"].guards == ("token",)
    assert refused("[guards.token]\n" + ECHO + 'guards = [\n"token",\n"tokne"]\n', resolve) == [
        "aiges.toml:6: services.echo.guards[1]: no table [guards.tokne] says how it works; configured guards: token"
    ]


def test_a_services_config_is_free(resolve: Resolve) -> None:
    text = ECHO + '[services.echo.config]\nport = "x"\n"log.level" = 5\n[services.echo.config.deep]\ny = [nan]\n'
    config = accepted(text, resolve).services["echo"].config
    assert config["log.level"] == 5
    assert "deep" in config


def test_a_deadline_is_not_compared_with_limits_that_have_faults(resolve: Resolve) -> None:
    text = '[kernel.limits]\nmax_deadline = "x"\n' + ECHO + "deadline = 400\n"
    assert refused(text, resolve) == ["aiges.toml:2: kernel.limits.max_deadline: expected float, got str 'x'"]
