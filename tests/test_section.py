"""A plugin's own table: frozen, bounded, and silent about its secrets."""

from __future__ import annotations

import traceback

import attrs
import pytest

from athena.section import BadValue, Secret, above, at_least, between, not_empty, one_of, option, section


@section
class Example:
    """A table with every kind of bound."""

    port: int = option(8080, help="Port.", check=between(0, 65535))
    workers: int = option(1, help="Workers.", check=at_least(1))
    grace: float = option(1.0, help="Seconds.", check=above(0))
    mode: str = option("a", help="Mode.", check=one_of("a", "b"))
    name: str = option("x", help="Name.", check=not_empty)
    tags: list[str] = option(factory=list, help="Tags.")


def test_a_section_is_frozen_and_takes_keywords_only() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Example().port = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        Example(1)  # type: ignore[misc]


def test_a_factory_makes_a_value_for_each() -> None:
    first, second = Example(), Example()
    first.tags.append("a")
    assert second.tags == []


def test_every_option_keeps_its_help_for_explain() -> None:
    helps = {field.name: field.metadata["help"] for field in attrs.fields(Example)}
    assert helps["port"] == "Port."
    assert all(helps.values())


@pytest.mark.parametrize(
    ("key", "bad", "good"),
    [
        ("port", (-1, 65536), (0, 65535)),
        ("workers", (0, -3), (1, 1000)),
        ("grace", (0, -0.5), (0.001, 5)),
        ("mode", ("c", ""), ("a", "b")),
        ("name", ("",), ("x",)),
    ],
)
def test_bounds_refuse_what_is_outside_and_only_that(
    key: str, bad: tuple[object, ...], good: tuple[object, ...]
) -> None:
    for value in good:
        assert getattr(Example(**{key: value}), key) == value
    for value in bad:
        with pytest.raises(BadValue) as caught:
            Example(**{key: value})
        assert caught.value.key == key
        assert caught.value.expected
        assert f"{key}: expected {caught.value.expected}, got " in str(caught.value)


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert [str(secret), repr(secret), f"{secret}", f"{[secret]}"] == ["***", "***", "***", "[***]"]
    try:
        raise ValueError(secret)
    except ValueError as error:
        assert "hunter2" not in "".join(traceback.format_exception(error))


def test_secrets_compare_with_secrets_only() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
