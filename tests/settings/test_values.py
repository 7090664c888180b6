"""What settings are made of."""

from __future__ import annotations

from athena.models import Became
from athena.settings.problems import Problem
from athena.settings.values import Locations, Settings

WHERE = Locations("x.toml", {("a",): 1, ("a", "b"): 4})


def test_a_key_that_is_not_written_is_where_its_table_is() -> None:
    assert [WHERE.line(path) for path in [("a", "b"), ("a", "b", "c"), ("a", "z"), ("z",), ()]] == [4, 4, 1, 0, 0]


def test_a_relative_problem_gets_its_whole_path_and_its_place() -> None:
    assert WHERE.place([Problem(("b",), "text")], ("a",)) == (Problem(("a", "b"), "text", "x.toml", 4),)


def test_where_things_stand_is_no_part_of_what_they_are() -> None:
    assert Settings(where=WHERE) == Settings()


def test_keys_that_have_moved_stand_where_they_stood() -> None:
    became = Became(("old", "key"), ("new", "place", "key"))
    where = Locations("o.toml", {("old",): 1, ("old", "key"): 2}).moved([became])
    assert where.line(("new", "place", "key")) == 2
    assert where.line(("new", "place", "other")) == 2, "the table it came to"
    assert where.line(("old", "key")) == 2
