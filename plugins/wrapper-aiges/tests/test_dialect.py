"""Upstream's two files start a service; every key of them is told what became of it, and none is fatal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from athena import Part, Request
from athena._compat import tomllib
from athena.kernel import start
from athena_wrapper_aiges.dialect import AigesToml

from .tomls import DEFAULT, SHIPPED, WRAPPER


def leaves(tables: dict[str, dict[str, object]]) -> list[tuple[str, str]]:
    return [(name, key) for name, table in tables.items() for key in table]


@pytest.mark.parametrize("text", [SHIPPED, DEFAULT], ids=["shipped", "default"])
def test_every_key_is_told_what_became_of_it_once_and_in_order(text: str, tmp_path: Path) -> None:
    tables = tomllib.loads(text)
    found = AigesToml().translate(tables, str(tmp_path))
    assert found is not None
    told = [one.old for one in found.became]
    assert told == leaves(tables)
    assert [one.old for one in found.became if not one.new and not one.text] == []
    assert set(found.tables) == {"services", "transports", "kernel", "log"}


@pytest.mark.parametrize("text", [SHIPPED, DEFAULT], ids=["shipped", "default"])
async def test_upstreams_files_start_a_service(text: str, tmp_path: Path) -> None:
    (tmp_path / "wrapper.py").write_text(WRAPPER)
    (tmp_path / "aiges.toml").write_text(text)
    async with start(str(tmp_path / "aiges.toml")) as kernel:
        assert set(kernel.services()) == {"svcName"}
        assert {endpoint.url.partition(":")[0] for endpoint in kernel.endpoints} == {"http", "grpc"}
        request = Request("svcName", parts=(Part.from_text("a", "1"),), headers={"uid": "me"})
        said = (await kernel.once("svcName", request)).part("result").text
        settings = kernel.settings.services["svcName"]
        assert (settings.wrapper, settings.queue) == ("./wrapper.py", 0)
        assert settings.max_concurrency == settings.max_sessions == settings.threads
        if text is SHIPPED:
            assert "('common.lic', '5')" in said
            assert "('gpu', 'true')" in said
            assert "('log.level', 'debug')" in said
            assert "('uid', 'me')" in said
            assert kernel.settings.kernel.limits.idle_timeout == 15.0
            assert kernel.settings.log.level == "warning"


@pytest.mark.parametrize("text", [SHIPPED, DEFAULT], ids=["shipped", "default"])
def test_athena_check_explains_every_key_beside_its_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "wrapper.py").write_text(WRAPPER)
    (tmp_path / "aiges.toml").write_text(text)
    command = [sys.executable, "-m", "athena.cli", "check", "--explain"]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=55)
    assert (done.returncode, "aiges.toml: would start" in done.stdout) == (0, True), done.stdout + done.stderr
    said = [line.split() for line in done.stdout.partition("OLD KEY")[2].splitlines()[1:]]
    lines = text.splitlines()
    for number, old, *became in said:
        key = old.partition(".")[2].strip('"')
        assert lines[int(number) - 1].strip('"').startswith(key), f"line {number} is not {old}"
        assert became
    assert len(said) == len(leaves(tomllib.loads(text)))


def test_a_file_of_ours_is_none_of_its_business(tmp_path: Path) -> None:
    assert AigesToml().translate({"services": {"a": {}}, "servces": {}}, str(tmp_path)) is None


def test_what_is_ours_in_the_same_file_stays_and_wins(tmp_path: Path) -> None:
    text = '[fc]\nmax = 3\n[mine]\nport = 1\n[services.mine]\nthreads = 1\n[transports.zmq]\nport = 2\n'
    found = AigesToml().translate(tomllib.loads(text), str(tmp_path))
    assert found is not None
    assert found.tables["services"]["mine"]["threads"] == 1
    assert found.tables["services"]["mine"]["max_concurrency"] == 3
    assert found.tables["transports"]["zmq"] == {"port": 2}


def test_the_service_is_the_table_that_listens_and_others_are_strangers(tmp_path: Path) -> None:
    text = "[aiges]\n[odd]\nkey = 1\n[iat]\nport = 0\n"
    found = AigesToml().translate(tomllib.loads(text), str(tmp_path))
    assert found is not None
    assert set(found.tables["services"]) == {"iat"}
    assert [(one.old, one.text) for one in found.became if one.old[0] == "odd"] == [
        (("odd", "key"), "a table upstream does not read")
    ]


@pytest.mark.parametrize(
    ("files", "mode", "expected"),
    [
        ({"wrapper.py": WRAPPER, "libwrapper.so": ""}, "c", "./wrapper.py"),
        ({"wrapper/wrapper.py": WRAPPER}, "", "./wrapper/wrapper.py"),
        ({"wrapper.py": "x = 1", "libwrapper.so": ""}, "c", "./libwrapper.so"),
        ({"libwrapper.so": ""}, "python", "./wrapper.py"),
        ({}, "", "./wrapper.py"),
    ],
)
def test_the_wrapper_is_found_where_upstream_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], mode: str, expected: str
) -> None:
    monkeypatch.setenv("AIGES_PLUGIN_MODE", mode)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = AigesToml().translate({"aiges": {}}, str(tmp_path))
    assert found is not None
    assert found.tables["services"]["svcName"]["wrapper"] == expected


def test_the_import_path_is_looked_at_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "wrapper.py").write_text("def wrapperInit(config): return 0\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    (tmp_path / "here").mkdir()
    found = AigesToml().translate({"aiges": {}}, str(tmp_path / "here"))
    assert found is not None
    assert found.tables["services"]["svcName"]["wrapper"] == str(tmp_path / "elsewhere" / "wrapper.py")
