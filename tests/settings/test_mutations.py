"""Break one thing of a good file, anywhere: exactly one problem, at the right line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen
from hypothesis import given, note, settings
from hypothesis import strategies as st

from athena.errors import SettingsError
from athena.models import Document
from athena.settings import Problem, read

GOOD = (Path(__file__).parent.parent / "data" / "tomls" / "good.toml").read_text()
Resolve = Callable[[str, str], type | None]

# The kinds of mutation. Each takes a place of the good file and gives the broken text, and what must be answered.
KINDS = ("misspelt key", "wrong type", "out of range", "key twice", "table misspelt")

# Values by type, and which of them are no value of it.
SAMPLES = {
    "str": '"text"',
    "int": "5",
    "float": "5.5",
    "bool": "true",
    "list": '["a"]',
    "table": "{ x = 5 }",
    "date": "2024-05-01",
}
FITS = {"float": {"int", "float"}}

# Values of the right type that are out of their key's range, by the last name of the key.
OUTSIDE = {
    "drain_timeout": ["-1.0", "1e9"],
    "max_message": ["0", "-5", "1_073_741_824"],
    "max_in_flight": ["0", "1_000_001"],
    "default_deadline": ["0", "-1.5", "nan"],
    "max_deadline": ["0.0", "inf", "29"],
    "idle_timeout": ["0", "-inf"],
    "max_lifetime": ["-3"],
    "level": ['"loud"', '""'],
    "format": ['"xml"'],
    "wrapper": ['""', '" "'],
    "executor": ['"nowhere"', '""'],
    "workers": ["0", "-1", "1025"],
    "threads": ["0", "1025"],
    "spares": ["-1"],
    "max_concurrency": ["0"],
    "queue": ["-1"],
    "max_sessions": ["-1"],
    "max_resources": ["-1"],
    "max_resource_bytes": ["-1"],
    "init_timeout": ["0", "-0.5"],
    "deadline": ["0", "500.0"],
    "grace": ["-0.1"],
    "max_size": ["0", "65537"],
    "max_wait_ms": ["-1", "1e6"],
    "count": ["0", "65"],
    "memory": ["-1"],
    "port": ["-1", "65536"],
}


@frozen
class Place:
    """One key of the file.

    Attributes:
        start, end: Of the whole pair in the text.
        value: Where its value starts.
        inline: Whether it stands in an inline table.
    """

    path: tuple[str, ...]
    start: int
    end: int
    value: int
    inline: bool = False

    @property
    def kind(self) -> str:
        text = GOOD[self.value : self.end]
        first = {'"': "str", "[": "list", "{": "table", "t": "bool", "f": "bool"}.get(text[0])
        return first or ("float" if "." in text or self.path[-1] in FLOATS else "int")


FLOATS = {"default_deadline", "max_wait_ms"}  # written as whole numbers here, which is allowed


def places() -> list[Place]:
    """Every key but those of the free map."""
    found: list[Place] = []
    header: tuple[str, ...] = ()
    at = 0
    pattern = re.compile(r"^(?:\[(?P<header>.+?)\].*|(?P<key>\w+) = (?P<value>\[[^\]]*\]|\{.*?\}|[^#\n]+))$", re.M)
    for match in pattern.finditer(GOOD, at):
        if match["header"]:
            header = tuple(match["header"].split("."))
        elif header[-1] != "config":
            path = (*header, match["key"])
            found.append(Place(path, match.start(), match.end(), match.start("value")))
            for inner in re.finditer(r"(\w+) = (\w+)", match["value"]):
                start = match.start("value")
                place = (start + inner.start(), start + inner.end(), start + inner.start(2))
                found.append(Place((*path, inner[1]), *place, inline=True))
    return found


PLACES = places()
HEADERS = [(match[1].split("."), match.start()) for match in re.finditer(r"^\[(.+?)\]", GOOD, re.M)]
# Every word of a header but the last one of [services.x]: a service may have any name.
WORDS = [
    (names, start, index)
    for names, start in HEADERS
    for index in range(len(names))
    if not (names[0] == "services" and index == 1 and len(names) == 2)
]


@st.composite
def misspelt(draw: st.DrawFn, word: str) -> str:
    """One slip of the hand."""
    index = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slips = [word[:index] + letter + word[index:], word[:index] + letter + word[index + 1 :]]
    slips += [
        word[:index] + word[index + 1 :],
        word[:index] + word[index + 1 : index + 2] + word[index] + word[index + 2 :],
    ]
    return draw(st.sampled_from([slip for slip in slips if slip and slip != word] or [word + "x"]))


def line_of(at: int, text: str = GOOD) -> int:
    return text.count("\n", 0, at) + 1


def put(place: Place, text: str) -> str:
    return GOOD[: place.start] + text + GOOD[place.end :]


def misspelt_key(draw: st.DrawFn) -> tuple[str, tuple[str, ...], int, str]:
    place = draw(st.sampled_from(PLACES))
    name = draw(misspelt(place.path[-1]))
    pair = name + GOOD[place.start + len(place.path[-1]) : place.end]
    return put(place, pair), (*place.path[:-1], name), line_of(place.start), "unknown "


def wrong_type(draw: st.DrawFn) -> tuple[str, tuple[str, ...], int, str]:
    place = draw(st.sampled_from(PLACES))
    fits = FITS.get(place.kind, {place.kind})
    value = draw(st.sampled_from([sample for kind, sample in SAMPLES.items() if kind not in fits]))
    return put(place, f"{place.path[-1]} = {value}"), place.path, line_of(place.start), "expected "


def out_of_range(draw: st.DrawFn) -> tuple[str, tuple[str, ...], int, str]:
    place = draw(st.sampled_from([place for place in PLACES if place.path[-1] in OUTSIDE]))
    value = draw(st.sampled_from(OUTSIDE[place.path[-1]]))
    return put(place, f"{place.path[-1]} = {value}"), place.path, line_of(place.start), ""


def key_twice(draw: st.DrawFn) -> tuple[str, tuple[str, ...], int, str]:
    place = draw(st.sampled_from(PLACES))
    pair = GOOD[place.start : place.end]
    between = ", " if place.inline else "\n"
    text = put(place, pair + between + pair)
    return text, place.path, line_of(place.end + len(between), text), "key defined twice; first at line "


def table_misspelt(draw: st.DrawFn) -> tuple[str, tuple[str, ...], int, str]:
    names, start, index = draw(st.sampled_from(WORDS))
    name = draw(misspelt(names[index]))
    header = [*names[:index], name, *names[index + 1 :]]
    text = GOOD[:start] + f"[{'.'.join(header)}]" + GOOD[start + len(".".join(names)) + 2 :]
    path = (*names[:index], name)
    # A table below a service that is not there: what is missing is that service's wrapper.
    service = names[0] == "services" and index == 1
    return text, (*path, "wrapper") if service else path, line_of(start), ""


MUTATIONS = dict(zip(KINDS, (misspelt_key, wrong_type, out_of_range, key_twice, table_misspelt), strict=True))


@st.composite
def mutations(draw: st.DrawFn, kind: str) -> tuple[str, tuple[str, ...], int, str]:
    return MUTATIONS[kind](draw)


def problems(text: str, resolve: Resolve) -> tuple[Problem, ...]:
    try:
        read(Document(text), resolve)
    except SettingsError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=200)
def test_one_mutation_is_answered_by_exactly_one_problem_at_the_right_line(
    kind: str, data: st.DataObject, resolve: Resolve
) -> None:
    text, path, line, said = data.draw(mutations(kind))
    note(text)
    found = problems(text, resolve)
    assert [(problem.path, problem.line) for problem in found] == [(path, line)], [str(each) for each in found]
    assert found[0].text.startswith(said)


def test_every_key_of_the_good_file_is_a_place_to_break() -> None:
    assert len(PLACES) >= 45
    assert len(HEADERS) == 12
    assert {place.path[-1] for place in PLACES} >= set(OUTSIDE)


def test_every_key_is_caught_when_misspelt_and_when_of_another_type(resolve: Resolve) -> None:
    for place in PLACES:
        for pair in (f"x{GOOD[place.start : place.end]}", f"{place.path[-1]} = 2024-05-01"):
            found = problems(put(place, pair), resolve)
            assert len(found) == 1, (pair, found)
            assert found[0].line == line_of(place.start)
