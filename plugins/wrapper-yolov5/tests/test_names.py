"""Names of classes, in every way they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena_wrapper_yolov5.names import given_names, told_names


@pytest.mark.parametrize(
    "text",
    ["{0: 'cat', 1: 'dog'}", "['cat', 'dog']", "('cat', 'dog')", '{"0": "cat", "1": "dog"}', '{1: "dog", 0: "cat"}'],
)
def test_metadata_of_each_form_is_read(text: str) -> None:
    assert told_names(text) == ("cat", "dog")


@pytest.mark.parametrize(
    "text", ["", "cat", "{0: 'cat', 2: 'dog'}", "[1, 2]", "{'a': 'cat'}", "7", "(" * 300, "__import__('os')"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names: expected"):
        told_names(text)


def test_a_file_has_one_name_on_each_line(tmp_path: Path) -> None:
    (tmp_path / "coco.names").write_text("person\n fire hydrant \n\nKäse\n", encoding="utf-8")
    assert given_names([], str(tmp_path / "coco.names")) == ("person", "fire hydrant", "Käse")
    assert given_names(["a", "b"], "") == ("a", "b")
    assert given_names([], "") == ()


def test_both_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="names and names_file: expected one of them"):
        given_names(["a"], "b")
    with pytest.raises(ValueError, match=r"names_file: .*nowhere: no such file"):
        given_names([], str(tmp_path / "nowhere"))
    (tmp_path / "latin.names").write_bytes("Käse".encode("latin-1"))
    with pytest.raises(ValueError, match="names_file: cannot be read: 'utf-8' codec"):
        given_names([], str(tmp_path / "latin.names"))
