"""What is committed is what the pinned generator makes of the .proto files."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "generate.py"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def python(generate: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with the pinned generator: the environment's, a cached one, or one made now."""
    named = os.environ.get("ATHENA_PROTO_PYTHON")
    if named:
        return named
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / f"athena-grpcio-tools-{generate.GENERATOR}"
    made = home / "bin" / "python"
    if not made.exists():
        ran = subprocess.run([sys.executable, "-m", "venv", str(home)], capture_output=True, text=True, check=False)
        wanted = [f"grpcio-tools=={generate.GENERATOR}", "setuptools<80"]  # it imports pkg_resources
        if ran.returncode == 0:
            command = [str(made), "-m", "pip", "install", "-q", "--only-binary=:all:", *wanted]
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            made.unlink(missing_ok=True)
            pytest.skip(f"grpcio-tools {generate.GENERATOR} cannot be installed here: {ran.stderr.strip()[-300:]}")
    return str(made)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_generated_modules_are_what_the_generator_makes(generate: ModuleType, python: str, tmp_path: Path) -> None:
    made = generate.generate(python, tmp_path)
    assert len(made) >= 2
    assert generate.differing(made) == []


def test_another_generator_is_refused_with_what_to_install(generate: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"grpcio-tools 1\.71\.2 is needed"):
        generate.generate(sys.executable, tmp_path)
