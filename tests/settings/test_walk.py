"""From cattrs' tree of faults to problems."""

from __future__ import annotations

import attrs
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from athena.section import BadValue, Secret, option, section
from athena.settings.problems import Problem
from athena.settings.strict import WrongType
from athena.settings.structure import _converter
from athena.settings.walk import MISSING, bad_value, walk


@section
class Leaf:
    x: int = option(help="A number.")


@section
class Tree:
    leaf: Leaf = option(help="One.")
    leaves: tuple[Leaf, ...] = option((), help="Many.")


def fault(table: object) -> BaseValidationError:
    try:
        _converter().structure(table, Tree)
    except BaseValidationError as error:
        return error
    raise AssertionError("nothing was refused")


def test_the_path_goes_through_tables_and_lists() -> None:
    found = walk(fault({"leaf": {"x": "a"}, "leaves": [{"x": 1}, {"x": 1.5}]}), ("t",))
    assert found == [
        Problem(("t", "leaf", "x"), "expected int, got str 'a'"),
        Problem(("t", "leaves", "[1]", "x"), "expected int, got float 1.5"),
    ]


def test_a_missing_key_is_named_below_its_table() -> None:
    assert walk(fault({"leaf": {}})) == [Problem(("leaf", "x"), MISSING)]
    assert walk(fault({"leaf": {}}), lenient=True) == []


def test_a_single_fault_is_a_problem_of_the_path_itself() -> None:
    assert walk(WrongType(int, "a"), ("k",)) == [Problem(("k",), "expected int, got str 'a'")]
    assert walk(ValueError("no"), ("k",)) == [Problem(("k",), "no")]
    assert walk(KeyError(), ("k",)) == [Problem(("k",), "KeyError")]


def test_a_bad_value_is_shown_shortly_and_a_secret_not_at_all() -> None:
    assert bad_value(BadValue("k", "1 to 2", 3)) == "expected 1 to 2, got 3"
    assert bad_value(BadValue("k", "less", "x" * 500)).endswith("x'…")
    assert bad_value(BadValue("k", "more", Secret("hunter2"))) == "expected more, got ***"


def test_the_tree_is_as_cattrs_makes_it() -> None:
    # What walk leans on; another cattrs that builds another tree is seen here first.
    inner, others = fault({"leaf": 5, "z": 1}).group_exceptions()  # type: ignore[attr-defined]
    assert [note.name for _, note in inner] == ["leaf"]
    assert isinstance(others[0], ForbiddenExtraKeysError)
    assert [attribute.name for attribute in attrs.fields(others[0].cl)] == ["leaf", "leaves"]
