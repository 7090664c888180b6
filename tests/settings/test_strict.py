"""What counts as which type, and how a value is shown."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest

from athena.section import Free, Secret, option, section
from athena.settings.strict import SCALARS, WrongType, choice, hides, shown, words


class Mode(Enum):
    FAST = "fast"
    ONE = 1


@section
class Inner:
    token: Secret = option(Secret("x"), help="A secret.")


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (str, "str"),
        (Secret, "str"),
        (Path, "str"),
        (Any, "anything"),
        (object, "anything"),
        (Free, "a table"),
        (Inner, "a table"),
        (Mode, "one of: fast, 1"),
        (Literal["a", "b"], "one of: a, b"),
        (int | None, "int"),
        (bool | str, "bool or str"),
        (tuple[str, ...], "list of str"),
        (tuple[int, float], "list of int, float"),
        (tuple, "list"),
        (Mapping[str, int], "table of int"),
        (Mapping[str, Any], "a table"),
        (dict[str, tuple[int, ...]], "table of list of int"),
    ],
)
def test_a_type_is_said_in_the_words_of_a_toml(hint: object, said: str) -> None:
    assert words(hint) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("8080", "str '8080'"),
        ("x" * 70, f"str '{'x' * 60}'…"),
        (True, "bool true"),
        (10**50, "int of 167 bits"),
        (1.5, "float 1.5"),
        ({"a": 1}, "a table"),
        ([1], "a list"),
    ],
)
def test_a_value_is_shown_with_its_type_and_never_at_length(value: object, said: str) -> None:
    assert shown(value) == said


def test_a_number_python_would_not_print_is_shown_by_its_size() -> None:
    assert shown(10**5000) == "int of 16610 bits"


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (str, 5), (int, "5"), (int, 5.0), (int, True), (bool, 1), (bool, "true"), (float, "1"), (float, True),
        (Secret, 5), (Path, 5), (Free, [1]),
    ],
)  # fmt: skip
def test_no_type_becomes_another(hint: Any, value: object) -> None:
    with pytest.raises(WrongType, match=r"^expected "):
        SCALARS[hint](value, hint)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), float("-inf"), 10**400], ids=["nan", "inf", "minus", "wide"]
)
def test_a_number_is_finite(value: object) -> None:
    with pytest.raises(ValueError, match="expected a finite number, got"):
        SCALARS[float](value, float)


def test_a_whole_number_is_a_number_and_text_is_a_secret_or_a_path() -> None:
    made = SCALARS[float](5, float)
    assert (made, type(made)) == (5.0, float)
    assert SCALARS[Secret]("x", Secret) == Secret("x")
    assert SCALARS[Path]("/x", Path) == Path("/x")


def test_a_choice_is_of_the_very_type() -> None:
    hook = choice(Mode, {member.value: member for member in Mode})
    assert hook(1, Mode) is Mode.ONE
    with pytest.raises(WrongType, match="expected one of: fast, 1, got bool true"):
        hook(True, Mode)


@pytest.mark.parametrize("hint", [Secret, Secret | None, tuple[Secret, ...], Mapping[str, tuple[Secret, ...]], Inner])
def test_whatever_may_hold_a_secret_is_never_shown(hint: object) -> None:
    assert hides(hint)
    assert "hunter2" not in str(WrongType(hint, "hunter2"))
    assert str(WrongType(hint, "hunter2")).endswith("got str")


def test_what_holds_no_secret_is_shown() -> None:
    assert not hides(Mapping[str, str])
    assert str(WrongType(int, "5")) == "expected int, got str '5'"
