"""What the host of archives starts, and what it refuses."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from athena.errors import PluginMissing, PluginRefused
from athena.models import ServiceSettings, WrapperContext
from athena.section import Free
from athena_wrapper_java.host import Jar

SETTINGS = ServiceSettings("echo", wrapper="./echo.jar")


def archive(path: Path, manifest: str = "Manifest-Version: 1.0\nMain-Class: Echo\n") -> str:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", manifest)
    return str(path)


def java(folder: Path) -> str:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def test_the_worker_is_the_jvm_of_java_home_and_otherwise_that_of_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "echo.jar")
    own, other = java(tmp_path / "home"), java(tmp_path / "other")
    monkeypatch.setenv("PATH", os.path.dirname(other))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    command = Jar(Free()).command(path, SETTINGS)
    assert (command[0], command[-2:]) == (own, ("-jar", path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    assert Jar(Free()).command(path, SETTINGS)[0] == other
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PluginMissing, match=r"services\.echo\.wrapper: .*no java on PATH; install"):
        Jar(Free()).command(path, SETTINGS)


def test_what_cannot_be_started_is_refused_before_anything_is(tmp_path: Path) -> None:
    with pytest.raises(PluginMissing, match=r"services\.echo\.wrapper: there is no .*nowhere\.jar; build it first"):
        Jar(Free()).command(str(tmp_path / "nowhere.jar"), SETTINGS)
    with pytest.raises(PluginRefused, match=r"has no Main-Class in its manifest; jar --main-class NAME sets it"):
        Jar(Free()).command(archive(tmp_path / "lib.jar", "Manifest-Version: 1.0\n"), SETTINGS)
    (tmp_path / "text.jar").write_text("no archive", encoding="utf-8")
    with pytest.raises(PluginRefused, match=r"text\.jar is no Java archive"):
        Jar(Free()).command(str(tmp_path / "text.jar"), SETTINGS)


def test_an_archive_is_never_loaded_into_a_python_process() -> None:
    with pytest.raises(PluginRefused, match=r'services\.echo: .* needs executor = "process"'):
        Jar(Free()).load("echo.jar", WrapperContext("echo"))
