"""Who may import whom: the floors, the faces of the kernel, no cycles, no lazy imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tools import house, tree

LEAVES = tree.leaves(house.ROOT)
FACES = {"interfaces", "models", "errors", "fields", "section", "describe", "middleware", "client", "telemetry", "link"}
LINTER = tree.read(house.ROOT / "pyproject.toml")["tool"]["importlinter"]


def lazy_imports(syntax: ast.AST) -> list[int]:
    """The lines of imports inside functions."""
    return sorted(
        {
            node.lineno
            for function in house.functions(syntax)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
    )


def private_rooms(syntax: ast.AST) -> list[str]:
    """What is imported of the kernel besides its public faces."""
    known = {name for name, _ in house.imported(syntax) if name.startswith("athena.")}
    modules = {name for name in known if (house.ROOT / "athena" / name.split(".")[1]).is_dir()} | {
        name for name in known if (house.ROOT / "athena" / f"{name.split('.')[1]}.py").is_file()
    }
    return sorted(name for name in modules if name.split(".")[1] not in FACES)


def cycles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Groups of modules that import each other in a circle (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph.find_modules_directly_imported_by(module):
            if other not in index:
                visit(other)
            if other in stack:
                low[module] = min(low[module], low[other])
        if low[module] == index[module]:
            group = [stack.pop()]
            while group[-1] != module:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for module in sorted(graph.modules):
        if module not in index:
            visit(module)
    return found


def test_import_linter_finds_no_breach() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    run = subprocess.run(command, cwd=house.ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_distribution_of_the_disk_stands_in_the_contracts() -> None:
    modules = {leaf.module for leaf in LEAVES}
    assert set(LINTER["root_packages"]) == modules | {"athena"}
    layers = next(c for c in LINTER["contracts"] if c["name"].startswith("Leaves"))["layers"]
    assert layers[1:] == ["athena_proto", "athena"]
    assert set(layers[0].split(" | ")) == modules - {"athena_proto"}


def test_the_floors_are_those_of_the_design_without_a_waiver() -> None:
    floors = next(c for c in LINTER["contracts"] if c["name"].startswith("The floors"))
    plain = [layer.replace("(", "").replace(")", "") for layer in floors["layers"]]
    assert " > ".join(plain) == (
        "cli > testing > kernel > control > worker | client > dispatcher > service > executors > link > plugins > "
        "settings > session | describe > wrapper | middleware > fields | section > telemetry > specs > interfaces > "
        "models > errors > _compat"
    )
    assert floors["exhaustive"] is True
    for contract in LINTER["contracts"]:
        assert not {"ignore_imports", "exhaustive_ignores"} & set(contract), contract["name"]


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.folder)
def test_a_leaf_imports_only_the_public_faces_of_the_kernel(leaf: tree.Leaf) -> None:
    found = {source.path: private_rooms(source.syntax) for source in house.leaf_sources(leaf)}
    assert {path: names for path, names in found.items() if names} == {}


def test_no_module_of_the_kernel_stands_in_a_circle() -> None:
    # Type-only imports are no cycles at run time; whether they go upward is the floors' business.
    assert cycles(grimp.build_graph("athena", exclude_type_checking_imports=True)) == []


def test_a_circle_would_be_seen() -> None:
    graph = grimp.ImportGraph()
    for importer, other in (("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")):
        graph.add_import(importer=importer, imported=other)
    assert cycles(graph) == [["a", "b", "c"]]


def test_nothing_is_imported_inside_a_function() -> None:
    found = {source.path: lazy_imports(source.syntax) for source in house.shipped()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_an_import_inside_a_function_and_one_of_a_private_room_would_be_seen() -> None:
    planted = ast.parse("from athena.specs import NAME\nfrom athena.models import Part\ndef f():\n    import json\n")
    assert lazy_imports(planted) == [4]
    assert private_rooms(planted) == ["athena.specs", "athena.specs.NAME"]
