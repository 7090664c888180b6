"""Libraries of the tests, built where there is a compiler; and a worker's side of them in this process."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from athena import Principal, SessionContext
from athena_wrapper_native.__main__ import INCLUDE
from athena_wrapper_native.options import split
from athena_wrapper_native.wrapper import wrapped

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
Build = Callable[..., Path]


@pytest.fixture(scope="session")
def compiler() -> str:
    """The C compiler."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if found is None:
        pytest.skip("no C compiler is installed: libraries cannot be built here")
    return found


@pytest.fixture(scope="session")
def build(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds a C file once for each set of flags."""
    made: dict[tuple[str, ...], Path] = {}

    def built(*flags: str, source: Path = HERE / "probe.c") -> Path:
        key = (str(source), *flags)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("lib") / "libwrapper.so"
            command = [compiler, "-std=gnu11", "-O1", "-g", "-Wall", "-Werror", "-fPIC", "-shared"]
            command += [f"-I{INCLUDE}", *flags, "-o", str(made[key]), str(source), "-pthread"]
            run = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
            assert run.returncode == 0, run.stderr
        return made[key]

    return built


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Builds an example with its own Makefile."""
    made: dict[str, Path] = {}

    def built(name: str) -> Path:
        tool = "c++" if name == "cpp" else "cc"
        if shutil.which("make") is None or shutil.which(tool) is None:
            pytest.skip(f"make or {tool} is not installed: the example cannot be built here")
        if name not in made:
            folder = tmp_path_factory.mktemp(name) / "example"
            shutil.copytree(EXAMPLES / name, folder)
            command = ["make", "-s", f"INCLUDE={INCLUDE}"]
            run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=50, check=False)
            assert run.returncode == 0, run.stderr
            made[name] = folder
        return made[name]

    return built


@pytest.fixture
def opened(build: Build) -> Callable[..., Any]:
    """Opens the probe in this process, as a worker does, and initialises it."""

    def open_it(*flags: str, **table: object) -> Any:  # Any: put together when it is opened
        options, config = split(table)
        wrapper = wrapped(str(build(*flags)), options, config)
        wrapper.athena_init(None)  # type: ignore[arg-type]
        return wrapper

    return open_it


class Box:
    """A session's outbox and cancellation."""

    cancelled = False

    def __init__(self) -> None:
        self.told: list[Any] = []

    def emit(self, reply: Any) -> None:
        self.told.append(reply)


@pytest.fixture
def box() -> Box:
    """What a session that emits, emitted."""
    return Box()


@pytest.fixture
def context(box: Box) -> Callable[..., Any]:
    """A session's context, with that box."""

    def made(params: Mapping[str, str] | None = None, **headers: str) -> SessionContext:
        return SessionContext("sid", "s", params or {}, headers, (), None, Principal("me"), box, box)

    return made
