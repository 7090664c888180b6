"""The archives under test: the example by its own Makefile, the odd ones with plain javac and jar."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from athena_wrapper_java.__main__ import SDK

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[2] / "examples" / "worker-java"


@pytest.fixture(scope="session")
def echo_jar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's archive, as its README says to build it."""
    if missing := [tool for tool in ("java", "javac", "jar", "make") if shutil.which(tool) is None]:
        pytest.skip(f"there is no {' and no '.join(missing)} here: apt-get install default-jdk-headless make")
    folder = tmp_path_factory.mktemp("echo")
    run("make", "-C", str(EXAMPLE), f"SDK={SDK}", f"OUT={folder}")
    return folder / "echo.jar"


@pytest.fixture(scope="session")
def archives(echo_jar: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with odd.jar, asked.jar and together.jar."""
    folder = tmp_path_factory.mktemp("odd")
    classes = echo_jar.parent / "classes"
    run("javac", "--release", "17", "-Xlint:all", "-Werror", "-cp", str(classes), "-d", str(classes),
        *map(str, sorted(HERE.glob("*.java"))))  # fmt: skip
    for name in ("Odd", "Asked", "Together"):
        file = str(folder / f"{name.lower()}.jar")
        run("jar", "--create", "--file", file, "--main-class", name, "-C", str(classes), ".")
    return folder


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    print(done.stdout, done.stderr, file=sys.stderr)
    assert done.returncode == 0, done.stderr
