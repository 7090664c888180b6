"""What the house tests look at: our own source files as text and as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools import tree

ROOT = Path(__file__).resolve().parents[1]
# Written by a generator, by other people, or for other people to change: no law of ours is about them.
EXEMPT_NAMES = ("_pb2.py", "_pb2_grpc.py")
EXEMPT_FOLDERS = ("athena/cli/templates/", "/vendored/", "plugins/_template/")


@dataclass(frozen=True)
class Source:
    """One Python file of ours.

    Attributes:
        path: Relative to the repository, with slashes.
        text: What it says.
        syntax: What it means.
    """

    path: str
    text: str
    syntax: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def module(self) -> str:
        """Its dotted name, without the folder of its distribution."""
        parts = list(Path(self.path).with_suffix("").parts)
        start = next(i for i, part in enumerate(parts) if part == "athena" or part.startswith("athena_"))
        names = parts[start:]
        return ".".join(names[:-1] if names[-1] == "__init__" else names)


def _ours(path: Path) -> bool:
    where = path.relative_to(ROOT).as_posix()
    return not where.endswith(EXEMPT_NAMES) and not any(folder in where for folder in EXEMPT_FOLDERS)


@cache
def _load(folder: Path) -> tuple[Source, ...]:
    found = []
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
        if _ours(path):
            text = path.read_text(encoding="utf-8")
            found.append(Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text, str(path))))
    return tuple(found)


def kernel() -> tuple[Source, ...]:
    """What ships as athena-serving."""
    return _load(ROOT / "athena")


def shipped() -> tuple[Source, ...]:
    """What ships at all: the kernel and every leaf."""
    leaves = [source for leaf in tree.leaves(ROOT) for source in _load(leaf.path / leaf.module)]
    return (*kernel(), *leaves)


def leaf_sources(leaf: tree.Leaf) -> tuple[Source, ...]:
    """What one leaf ships."""
    return _load(leaf.path / leaf.module)


def tests() -> tuple[Source, ...]:
    """Every test file of the kernel and the leaves."""
    folders = [ROOT / "tests", *(leaf.path / "tests" for leaf in tree.leaves(ROOT))]
    return tuple(source for folder in folders if folder.is_dir() for source in _load(folder))


def beside() -> tuple[Source, ...]:
    """What does not ship and is no test: tools, demos, benchmarks, the noxfile."""
    names = ("tools", "demos", "benchmarks", "examples", "proto/generate.py", "noxfile.py", "conftest.py")
    folders = [ROOT / name for name in names]
    return tuple(source for folder in folders if folder.exists() for source in _load(folder))


def functions(syntax: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    for node in ast.walk(syntax):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def docstrings(syntax: ast.AST) -> set[int]:
    """The ids of string constants that stand alone as a statement: docstrings, of attributes too."""
    return {
        id(node.value)
        for node in ast.walk(syntax)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def imported(syntax: ast.AST) -> Iterator[tuple[str, int]]:
    """Every absolute module name that is imported, with its line; ``from a import b`` gives ``a`` and ``a.b``."""
    for node in ast.walk(syntax):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno
