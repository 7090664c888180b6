"""A whole document: the good one, the broken ones of tests/data/tomls, and what the parts say of each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from athena.errors import PluginBroken, SettingsError
from athena.models import BatchSettings, Became, Document, GpuSettings, ServiceSettings, Translation
from athena.settings import Problem, locate, plugins_of, read
from athena.settings.values import KernelSettings, LogSettings, PluginsSettings

TOMLS = Path(__file__).parent.parent / "data" / "tomls"
BROKEN = sorted(path.stem for path in TOMLS.glob("*.toml") if path.stem != "good")
Resolve = Callable[[str, str], type | None]


def refused(text: str, resolve: Resolve, **options: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(Document(text), resolve, **options)  # type: ignore[arg-type]
    return [str(problem) for problem in caught.value.problems]


def test_there_is_one_broken_file_for_each_of_many_kinds_of_fault() -> None:
    assert len(BROKEN) >= 30
    assert [name for name in BROKEN if "# expect: " not in (TOMLS / f"{name}.toml").read_text()] == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_answered_by_exactly_the_problems_it_expects(name: str, resolve: Resolve) -> None:
    text = (TOMLS / f"{name}.toml").read_text()
    expected = re.findall(r"^# expect: (.*)$", text, re.MULTILINE)
    with pytest.raises(SettingsError) as caught:
        read(Document(text, origin=f"{name}.toml"), resolve)
    found = [str(problem) for problem in caught.value.problems]
    assert len(found) == len(expected), found
    for line, wanted in zip(found, expected, strict=True):
        said = f"{name}.toml:{wanted}"
        assert line.startswith(said[:-3]) if said.endswith("...") else line == said


def test_the_good_file_becomes_typed_settings(resolve: Resolve) -> None:
    settings = read(Document((TOMLS / "good.toml").read_text()), resolve)
    ocr, echo = settings.services["ocr"], settings.services["echo"]
    assert (settings.kernel.name, settings.kernel.drain_timeout) == ("page-reader", 20.0)
    assert settings.kernel.limits.default_deadline == 30.0
    assert isinstance(settings.kernel.limits.default_deadline, float)
    assert settings.log == LogSettings("info", "json", True)
    assert settings.plugins.allow is not None
    assert len(settings.plugins.allow) == 5
    assert ocr.batch == BatchSettings(4, 3.5)
    assert ocr.gpu == GpuSettings(1, 2**31, "", False, True)
    assert dict(ocr.config) == {"text_score": 0.4, "max_side": 1600}
    assert (echo.executor, echo.batch) == ("thread", BatchSettings(16, 1.0))
    assert list(settings.sections) == [("transports", "http"), ("transports", "grpc"), ("transports", "zmq")]


def test_an_empty_document_is_all_defaults(resolve: Resolve) -> None:
    settings = read(Document(""), resolve)
    assert settings.kernel == KernelSettings()
    assert settings.log == LogSettings()
    assert dict(settings.services) == {}
    assert dict(settings.sections) == {}


def test_two_readings_of_one_text_are_equal_and_of_another_are_not(resolve: Resolve) -> None:
    text = (TOMLS / "good.toml").read_text()
    assert read(Document(text), resolve) == read(Document("\n" + text), resolve)
    assert read(Document(text), resolve) != read(Document(text.replace("queue = 64", "queue = 65")), resolve)


def test_only_what_the_document_names_is_resolved() -> None:
    asked: list[tuple[str, str]] = []

    def resolve(group: str, name: str) -> None:
        asked.append((group, name))

    text = '[middleware.a]\n[guards.b]\n[services.x]\nwrapper = "w"\nmiddleware = ["a"]\n'
    settings = read(Document(text), resolve)
    assert asked == [("executors", "process"), ("guards", "b")]
    assert settings.sections["middleware", "a"] == {}


def test_a_table_for_a_plugin_without_keys_must_be_empty(resolve: Resolve) -> None:
    assert refused("[guards.token]\nkey = 5\n", resolve) == [
        "aiges.toml:2: guards.token.key: unknown key; none is expected here"
    ]


def test_a_plugin_that_cannot_be_imported_is_a_problem_of_its_table() -> None:
    def resolve(group: str, name: str) -> type | None:
        raise PluginBroken("transports.http of athena-transport-http cannot be imported: no uvloop")

    assert refused("\n[transports.http]\n", resolve) == [
        "aiges.toml:2: transports.http: transports.http of athena-transport-http cannot be imported: no uvloop"
    ]


def test_the_plugins_table_is_readable_before_anything_is_resolved() -> None:
    text = '[plugins]\nallow = ["athena-transport-http"]\n[transports.nowhere]\n'
    assert plugins_of(Document(text)) == PluginsSettings(("athena-transport-http",), ())
    assert plugins_of(Document("[plugins]\nallow = 5\n")) == PluginsSettings()
    with pytest.raises(SettingsError):
        plugins_of(Document("[plugins"))


def test_what_a_worker_refuses_gets_its_file_and_line(resolve: Resolve) -> None:
    text = '[services.ocr]\nwrapper = "x"\n[services.ocr.config]\nlanguage = "ch"\nsize = 5\n'
    settings = read(Document(text, origin="page.toml"), resolve)
    found = locate(settings, [Problem(("config", "size"), "expected str, got int 5")], ("services", "ocr"))
    assert [str(each) for each in found] == ["page.toml:5: services.ocr.config.size: expected str, got int 5"]
    missing = locate(settings.where, [Problem(("config", "model"), "required key is missing")], ("services", "ocr"))
    assert missing[0].line == 3


def test_a_service_given_in_code_needs_no_table_and_runs_in_threads(resolve: Resolve) -> None:
    settings = read(Document("[services.loud]\nqueue = 5\n"), resolve, wrappers=("loud", "quiet"))
    assert settings.services["loud"] == ServiceSettings("loud", executor="thread", queue=5)
    assert settings.services["quiet"] == ServiceSettings("quiet", executor="thread")
    assert settings.executors == {"loud": None, "quiet": None}


def test_a_service_given_in_code_may_move_to_another_executor_but_names_no_wrapper(resolve: Resolve) -> None:
    settings = read(Document('[services.loud]\nexecutor = "process"\n'), resolve, wrappers=("loud",))
    assert settings.services["loud"].executor == "process"
    assert refused('[services.loud]\nwrapper = "w"\n', resolve, wrappers=("loud",)) == [
        "aiges.toml:2: services.loud.wrapper: the wrapper of this service is given in code"
    ]


def test_a_secret_is_never_in_a_problem(resolve: Resolve) -> None:
    text = '[transports.http]\nport = "x"\ntoken = ["hunter2"]\n'
    found = refused(text, resolve)
    assert len(found) == 2
    assert "hunter2" not in "\n".join(found)
    settings = read(Document('[transports.http]\ntoken = "hunter2"\n'), resolve)
    assert "hunter2" not in repr(settings)


def test_one_misspelt_table_tears_no_other(resolve: Resolve) -> None:
    good = '[guards.token]\n[services.x]\nwrapper = "w"\nguards = ["token"]\n[services.x.batch]\nmax_size = 2\n'
    read(Document(good), resolve)
    assert refused(good.replace("[services.x]", "[servcies.x]"), resolve) == [
        "aiges.toml:2: servcies: unknown table; did you mean: services"
    ]
    assert refused(good.replace("[guards", "[gaurds"), resolve) == [
        "aiges.toml:1: gaurds: unknown table; did you mean: guards"
    ]


def test_a_document_of_another_program_is_settled_as_its_translation_with_its_own_lines(resolve: Resolve) -> None:
    def translate(tables: Mapping[str, Any]) -> Translation | None:
        named = tables["theirs"]["name"]
        became = (Became(("theirs", "name"), ("kernel", "name")), Became(("theirs", "odd"), (), "why"))
        return Translation({"kernel": {"name": named}}, became)

    settings = read(Document('[theirs]\nodd = 1\nname = "x"\n', origin="o.toml"), resolve, translate=translate)
    assert (settings.kernel.name, [one.old for one in settings.became][1]) == ("x", ("theirs", "odd"))
    with pytest.raises(SettingsError, match=r"o.toml:3: kernel.name: expected"):
        read(Document("[theirs]\nodd = 1\nname = 5\n", origin="o.toml"), resolve, translate=translate)


def test_a_document_of_ours_is_shown_to_nobody_else(resolve: Resolve) -> None:
    def translate(tables: Mapping[str, Any]) -> Translation | None:
        raise AssertionError("it was asked")

    assert read(Document("[kernel]\n"), resolve, translate=translate).became == ()
    with pytest.raises(SettingsError, match="theirs: unknown table"):
        read(Document("[theirs]\n"), resolve, translate=lambda tables: None)
