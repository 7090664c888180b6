"""One name in five places, no twins, no corpses, no words that say nothing, no transport named in the kernel."""

from __future__ import annotations

import ast
import re

import pytest

import athena
from tools import house, tree

LEAVES = tree.leaves(house.ROOT)
KERNEL = tree.read(house.ROOT / "pyproject.toml")["project"]
GROUPS = {*tree.GROUPS.values(), *tree.EXTRA_GROUPS}
EMPTY_WORDS = {"Manager", "Handler", "Util", "Utils", "Base", "Helper", "Helpers", "Core", "Common"}
WIRES = {leaf.name for leaf in LEAVES if leaf.kind == "transport"}
# Distributions that ship a second top-level module, and why.
SECOND_MODULES: dict[str, set[str]] = {
    "plugins/wrapper-aiges": {"aiges", "aiges_embed", "iflags"},  # what upstream's wrappers import
}


def words(identifier: str) -> set[str]:
    """The words of a name in any spelling: ``maxHTTPBody_size`` gives max, http, body, size."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)}


def identifiers(syntax: ast.AST) -> list[tuple[str, int]]:
    """Every name in a file, with its line."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(syntax):
        names = {
            getattr(node, field, None) for field in ("id", "attr", "name", "arg", "asname", "module")
        }  # Name, Attribute, def and class, argument, alias, import
        found.extend((name, getattr(node, "lineno", 0)) for name in names if isinstance(name, str))
    return found


def wires_named(syntax: ast.AST) -> list[str]:
    """Where a file names a transport, as an identifier or in a string that is no docstring."""
    exempt = house.docstrings(syntax)
    said = identifiers(syntax) + [
        (node.value, node.lineno)
        for node in ast.walk(syntax)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in exempt
    ]
    return sorted({f"line {line}: {wire}" for text, line in said for wire in WIRES & words(text)})


def test_there_are_leaves_to_look_at() -> None:
    folders = {leaf.folder for leaf in LEAVES}
    assert {"proto", "transports/http", "transports/grpc", "transports/zmq", "plugins/wrapper-echo"} <= folders


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.folder)
def test_folder_distribution_module_and_entry_point_share_one_name(leaf: tree.Leaf) -> None:
    assert leaf.project["name"] == leaf.distribution
    shipped = set(leaf.document["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert shipped == {leaf.module} | SECOND_MODULES.get(leaf.folder, set())
    assert (leaf.path / leaf.module / "__init__.py").is_file()
    if leaf.kind is None:
        # The shelf is no plugin; but the documents of the protocols it holds are told by it, under their own names.
        assert set(leaf.entry_points) <= {"athena.formats"}
        return
    assert leaf.kind in tree.GROUPS, f"{leaf.folder}: {leaf.kind} is no kind of plugin"
    # A distribution that hosts other people's wrappers need not have one of its own.
    own = leaf.entry_points.get(tree.GROUPS[leaf.kind], {})
    assert leaf.name in own or "athena.hosts" in leaf.entry_points
    for group, points in leaf.entry_points.items():
        assert group in GROUPS, f"{leaf.folder}: {group} is not a group of the design"
        for name, target in points.items():
            assert target.startswith(f"{leaf.module}."), f"{leaf.folder}: {name} points outside its module: {target}"
            assert name == leaf.name or group in tree.EXTRA_GROUPS, f"{leaf.folder}: {group} {name}"


def test_one_train_one_version_and_leaves_follow_it() -> None:
    assert athena.__version__ == KERNEL["version"]
    for leaf in LEAVES:
        assert leaf.project["version"] == KERNEL["version"], leaf.folder
        needs = [need for need in leaf.project["dependencies"] if need.startswith("athena-")]
        train = ".".join(KERNEL["version"].split(".")[:2])
        assert f"athena-serving~={train}" in needs, leaf.folder
        assert all(need.endswith(f"~={train}") for need in needs), f"{leaf.folder}: {needs}"


def test_everything_txt_lists_every_distribution_once() -> None:
    lines = (house.ROOT / "everything.txt").read_text(encoding="utf-8").splitlines()
    listed = [line.removeprefix("-e ") for line in lines if line.startswith("-e ")]
    assert sorted(listed) == sorted([".[cli,testing]", *(f"./{leaf.folder}" for leaf in LEAVES)])


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.folder)
def test_a_leaf_has_a_readme_of_its_own_and_an_init_that_does_nothing(leaf: tree.Leaf) -> None:
    assert (leaf.path / "README.md").read_text(encoding="utf-8").startswith(f"# {leaf.distribution}\n")
    init = (leaf.path / leaf.module / "__init__.py").read_text(encoding="utf-8")
    assert len(init.splitlines()) <= 10
    assert ast.get_docstring(ast.parse(init))


def test_every_file_says_in_its_first_line_what_it_is_for() -> None:
    silent = [source.path for source in (*house.shipped(), *house.beside()) if not ast.get_docstring(source.syntax)]
    assert silent == []


def test_no_name_is_a_word_that_says_nothing() -> None:
    found = [
        f"{source.path}: {node.name}"
        for source in house.shipped()
        for node in ast.walk(source.syntax)
        if isinstance(node, ast.ClassDef) and EMPTY_WORDS & set(re.findall(r"[A-Z][a-z]+", node.name))
    ]
    stems = [source.path for source in house.shipped() if EMPTY_WORDS & {source.module.split(".")[-1].capitalize()}]
    assert found + stems == []


def test_there_are_no_twins_and_no_corpses() -> None:
    bad = re.compile(r"(_old|_new|_backup|_copy|_bak|[a-z]2)$")
    sources = (*house.shipped(), *house.tests(), *house.beside())
    assert [s.path for s in sources if bad.search(s.path.rpartition("/")[2].removesuffix(".py"))] == []


def test_the_kernel_names_no_transport() -> None:
    found = {source.path: wires_named(source.syntax) for source in house.kernel()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_named_transport_would_be_seen_but_not_in_a_docstring() -> None:
    assert wires_named(ast.parse('"""Speaks http."""\nx = 1\n"""As grpc does."""')) == []
    planted = "def start_http(): ...\nKIND = 'zmq'\nimport aiohttp as GrpcThing\nURL = 'https://x'"
    assert wires_named(ast.parse(planted)) == ["line 1: http", "line 2: zmq", "line 3: grpc"]
