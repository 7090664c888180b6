"""What an author inherits: a description from class attributes, and nothing else."""

from __future__ import annotations

from athena import Wrapper, fields


class Upper(Wrapper):
    """Says it louder.

    More about it.
    """

    version = "1.2"
    inputs = (fields.text("text"),)
    params = (fields.boolean("twice"),)


class Quiet(Wrapper):
    pass


def test_the_description_is_the_class_attributes_and_the_first_line() -> None:
    description = Upper().athena_describe()
    assert (description.version, description.summary) == ("1.2", "Says it louder.")
    assert [field.key for field in description.inputs] == ["text"]
    assert [param.key for param in description.params] == ["twice"]
    assert description.outputs == ()


def test_a_class_without_a_docstring_does_not_borrow_ours() -> None:
    assert Quiet().athena_describe().summary == ""


def test_it_answers_no_other_hook_so_none_is_claimed_that_the_author_did_not_write() -> None:
    assert [name for name in dir(Wrapper) if name.startswith("athena_")] == ["athena_describe"]
