"""No pickle, no eval, no secret compared in a time that tells."""

from __future__ import annotations

import ast
import re

from tools import house

# Modules that turn bytes into objects with behaviour.
UNSAFE_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "jsonpickle", "joblib"}
UNSAFE_PATHS = {"multiprocessing.connection", "multiprocessing.managers", "multiprocessing.reduction"}
UNSAFE_CALLS = {"eval", "exec"}
UNSAFE_ATTRIBUTES = {"recv_pyobj", "send_pyobj", "unsafe_load", "full_load"}
UNSAFE_PAIRS = {("yaml", "load"), ("torch", "load"), ("numpy", "load"), ("np", "load"), ("builtins", "eval")}
SECRET = re.compile(
    r"(secret|password|passwd|signature|digest|hmac|api_?key|credential|authorization|body_sha256)", re.I
)


def unsafe(syntax: ast.AST) -> list[str]:
    """What in a file would turn input into behaviour."""
    found = []
    for name, line in house.imported(syntax):
        if name.partition(".")[0] in UNSAFE_MODULES or name in UNSAFE_PATHS:
            found.append(f"line {line}: import {name}")
    for node in ast.walk(syntax):
        if isinstance(node, ast.Name) and node.id in UNSAFE_CALLS:
            found.append(f"line {node.lineno}: {node.id}")
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in UNSAFE_ATTRIBUTES or (owner, node.attr) in UNSAFE_PAIRS:
                found.append(f"line {node.lineno}: {owner}.{node.attr}")
    return found


def named(node: ast.AST) -> str:
    """The name a value is read from: ``section.secret.reveal()`` gives all three words."""
    parts = [getattr(each, "id", None) or getattr(each, "attr", None) for each in ast.walk(node)]
    return " ".join(part for part in parts if isinstance(part, str))


def plain_comparisons(syntax: ast.AST) -> list[str]:
    """Secrets compared with == or !=: hmac.compare_digest is the way."""
    found = []
    for node in ast.walk(syntax):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [node.left, *node.comparators]
            # len(secret) == 32 and secret.kind == X tell nothing of the secret.
            if any(isinstance(side, ast.Constant) for side in sides):
                continue
            if any(SECRET.search(named(side)) for side in sides):
                found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


def test_nothing_that_ships_or_runs_beside_it_unpickles_or_evaluates() -> None:
    found = {source.path: unsafe(source.syntax) for source in (*house.shipped(), *house.beside())}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_no_secret_is_compared_with_an_equals_sign() -> None:
    found = {source.path: plain_comparisons(source.syntax) for source in house.shipped()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_each_unsafe_thing_would_be_seen() -> None:
    planted = [
        "import pickle",
        "from marshal import loads",
        "import multiprocessing.connection",
        "from multiprocessing import connection",
        "eval('1')",
        "exec(code)",
        "run = eval",
        "socket.recv_pyobj()",
        "yaml.load(text)",
        "torch.load(path)",
    ]
    assert [line for line in planted if not unsafe(ast.parse(line))] == []
    assert unsafe(ast.parse("import json\njson.loads(x)\nevaluate(x)\nyaml.safe_load(x)")) == []


def test_a_plain_comparison_of_a_secret_would_be_seen() -> None:
    assert plain_comparisons(ast.parse("if given == self._section.secret.reveal(): pass"))
    assert plain_comparisons(ast.parse("if signature != expected: pass"))
    assert not plain_comparisons(ast.parse("if hmac.compare_digest(a, secret): pass\nif part == whole: pass"))
