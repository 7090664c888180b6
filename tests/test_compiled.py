"""The rooms that are compiled: which they may be, and that compiled they keep what the sources keep."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import compiled, house

ROOMS = [source for sources in compiled.rooms().values() for source in sources]
KEPT = (
    "proto/tests",
    "tests/contracts/test_executors.py",
    "tests/link/test_plain.py",
    "tests/test_matrix.py",
    "transports/http/tests/test_heads.py",
    "transports/http/tests/test_oip.py",
    "transports/http/tests/test_once.py",
    "transports/http/tests/test_plain.py",
)
"""What is run on them here; ``nox -s compiled`` runs more."""
_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.so", "node_modules", "results", "plots", "site", "peers")


def unfit(text: str) -> list[str]:
    """What in a source must not be compiled.

    An exception that leaves a compiled coroutine or generator through an await or a yield can be lost or freed too
    early (mypyc 2.4: a task that told of its exception read freed memory). pluggy marks functions, which compiled ones
    do not let it, and msgspec reads a class's annotations, which compiled ones have not.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.AsyncFunctionDef | ast.Yield | ast.YieldFrom | ast.Await):
            found.append(f"line {node.lineno}: {type(node).__name__}")
        if isinstance(node, ast.FunctionDef) and any("hookimpl" in ast.unparse(each) for each in node.decorator_list):
            found.append(f"line {node.lineno}: @hookimpl")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "msgspec.json.Decoder":
            structs = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            mine = {each.name for each in ast.walk(ast.parse(text)) if isinstance(each, ast.ClassDef)}
            found += [f"line {node.lineno}: a decoder of {name}" for name in sorted(structs & mine)]
    return found


def test_every_room_of_the_lists_is_there() -> None:
    assert [room for room in ROOMS if not room.is_file()] == []
    assert len(ROOMS) == len(set(ROOMS)) > 40


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.relative_to(house.ROOT).as_posix())
def test_a_compiled_room_has_nothing_that_must_not_be_compiled(room: Path) -> None:
    assert unfit(room.read_text()) == []


def test_what_must_not_be_compiled_would_be_seen() -> None:
    assert unfit("async def f():\n    await g()") == ["line 1: AsyncFunctionDef", "line 2: Await"]
    assert unfit("def f():\n    yield 1") == ["line 2: Yield"]
    assert unfit("class A:\n    @hookimpl\n    def f(self): ...") == ["line 3: @hookimpl"]
    assert unfit("class A(msgspec.Struct): ...\nD = msgspec.json.Decoder(A)") == ["line 2: a decoder of A"]
    assert unfit("D = msgspec.json.Decoder(Other)") == []


@pytest.mark.timeout(900)
@pytest.mark.skipif(bool(compiled.missing()), reason=compiled.missing())
def test_compiled_rooms_keep_every_contract_on_every_wire(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(house.ROOT, copy, ignore=_COPIED, symlinks=True)
    compiled.build(copy)
    assert len(compiled.made(copy)) == len(ROOMS) + len(compiled.rooms())
    # Before what is installed: the copy's own modules, in its workers too.
    folders = [
        ".",
        *sorted({path.parent.relative_to(copy).as_posix() for path in copy.glob("*/*/pyproject.toml")}),
        "proto",
    ]
    paths = os.pathsep.join(str(copy / folder) for folder in folders)
    check = "import athena.link.plain as a, athena_proto.strict as b; print(a.__file__, b.__file__)"
    environment = os.environ | {"PYTHONPATH": paths}
    told = subprocess.run([sys.executable, "-c", check], cwd=copy, env=environment, capture_output=True, text=True)
    assert [Path(name).suffix for name in told.stdout.split()] == [".so", ".so"], told.stderr
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "120", *KEPT],
        cwd=copy, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:]
