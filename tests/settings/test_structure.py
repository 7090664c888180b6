"""A table becomes a section, or all its faults."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest

from athena.errors import PluginBroken, SettingsError
from athena.section import BadValue, Free, Secret, above, between, not_empty, option, section
from athena.settings import settle


class Mode(Enum):
    FAST = "fast"
    EXACT = "exact"


@section
class Tls:
    cert: str = option(help="Certificate.", check=not_empty)
    key: Secret = option(help="Key.", check=not_empty)


@section
class Rich:
    host: str = option("127.0.0.1", help="Address.")
    port: int = option(8080, help="Port.", check=between(0, 65535))
    rate: float = option(1.0, help="Rate.", check=above(0))
    fast: bool = option(False, help="Speed.")
    mode: Mode = option(Mode.FAST, help="Mode.")
    level: Literal["low", "high"] = option("low", help="Level.")
    names: tuple[str, ...] = option((), help="Names.")
    pair: tuple[int, float] = option((1, 2.0), help="Two numbers.")
    weights: Mapping[str, float] = option(factory=dict, help="Weights.")
    verify: bool | str = option(True, help="Trust.")
    folder: Path | None = option(None, help="Folder.")
    tokens: Mapping[str, Secret] = option(factory=dict, help="Tokens.")
    tls: Tls | None = option(None, help="TLS.")
    peers: tuple[Tls, ...] = option((), help="Others.")
    extra: Free = option(factory=Free, help="Anything.")
    anything: Any = option(None, help="Anything at all.")


@section
class Needy:
    model: str = option(help="A required key.")
    size: int = option(help="Another.")


@attrs.frozen(kw_only=True)
class Ordered:
    low: int = 1
    high: int = attrs.field(default=2, validator=attrs.validators.lt(100))

    def __attrs_post_init__(self) -> None:
        if self.low > self.high:
            raise BadValue("low", f"at most high ({self.high})", self.low)


@attrs.frozen
class Whole:
    part: int = attrs.field(default=1)

    @part.validator
    def _check(self, attribute: object, value: int) -> None:
        if value > self.limit():
            raise ValueError(f"part is more than {self.limit()}")

    def limit(self) -> int:
        return 5


@section
class Odd:
    data: complex = option(0j, help="No toml has complex numbers.")


@section
class Lost:
    data: Nowhere = option(None, help="An annotation that names nothing.")  # type: ignore[name-defined]  # noqa: F821


def refused(cls: type | None, table: Mapping[str, object], **options: bool) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settle(cls, table, **options)
    return [str(problem) for problem in caught.value.problems]


def test_a_table_of_every_type_becomes_a_section() -> None:
    made = settle(
        Rich,
        {
            "port": 1, "rate": 2, "fast": True, "mode": "exact", "level": "high", "names": ["a"], "pair": [3, 4],
            "weights": {"a": 1}, "verify": "/ca.pem", "folder": "/tmp", "tokens": {"a": "s"},
            "tls": {"cert": "c", "key": "k"}, "peers": [{"cert": "c", "key": "k"}], "extra": {"x": [1]},
            "anything": [1],
        },
    )  # fmt: skip
    tls = Tls(cert="c", key=Secret("k"))
    assert made == Rich(
        port=1, rate=2.0, fast=True, mode=Mode.EXACT, level="high", names=("a",), pair=(3, 4.0), weights={"a": 1.0},
        verify="/ca.pem", folder=Path("/tmp"), tokens={"a": Secret("s")}, tls=tls, peers=(tls,),
        extra=Free(x=[1]), anything=[1],
    )  # fmt: skip
    assert type(made.rate) is type(made.weights["a"]) is float
    assert type(made.extra) is Free


def test_nothing_given_is_every_default() -> None:
    assert settle(Rich, {}) == Rich()


def test_every_fault_of_a_table_is_named_at_once_with_the_whole_path() -> None:
    found = refused(
        Rich,
        {
            "port": 70000, "rate": "fast", "fast": 1, "mode": "slow", "level": "mid", "names": ["a", 5], "pair": [1],
            "weights": {"a": "b", "c": True}, "verify": 5, "tls": {"cert": "", "kye": "k"},
            "peers": [{"cert": "c", "key": "k"}, {"cert": 5, "key": "k"}, 7], "extra": 5, "hots": "x",
        },
    )  # fmt: skip
    assert sorted(found) == sorted(
        [
            "port: expected 0 to 65535, got 70000",
            "rate: expected float, got str 'fast'",
            "fast: expected bool, got int 1",
            "mode: expected one of: fast, exact, got str 'slow'",
            "level: expected one of: low, high, got str 'mid'",
            "names[1]: expected str, got int 5",
            "pair: expected 2 values (list of int, float), got 1",
            "weights.a: expected float, got str 'b'",
            "weights.c: expected float, got bool true",
            "verify: expected bool or str, got int 5",
            "tls.cert: expected something, not nothing, got ''",
            "tls.kye: unknown key; expected one of: cert, key",
            "peers[1].cert: expected str, got int 5",
            "peers[2]: expected a table, got int",
            "extra: expected a table, got int 5",
            "hots: unknown key; expected one of: host, port, rate, fast, mode, level, names, pair, weights, verify, "
            "folder, tokens, tls, peers, extra, anything; did you mean: host",
        ]
    )


def test_two_values_out_of_range_are_both_named() -> None:
    assert refused(Rich, {"port": -1, "rate": 0}) == [
        "port: expected 0 to 65535, got -1",
        "rate: expected more than 0, got 0.0",
    ]


def test_required_keys_are_named_unless_one_is_misspelt_or_the_table_is_torn() -> None:
    assert refused(Needy, {}) == ["model: required key is missing", "size: required key is missing"]
    assert refused(Needy, {"modle": "x"}) == [
        "size: required key is missing",
        "modle: unknown key; expected one of: model, size",
    ]
    assert refused(Needy, {"size": "x"}, lenient=True) == ["size: expected int, got str 'x'"]
    assert settle(Needy, {}, lenient=True) is None


@pytest.mark.parametrize(
    "table",
    [
        {"tokens": "hunter2"}, {"tokens": {"a": ["hunter2"]}}, {"tokens": ["hunter2"]}, {"tls": "hunter2"},
        {"tls": {"cert": "c", "key": ["hunter2"]}}, {"peers": ["hunter2"]}, {"peers": "hunter2"},
        {"tls": {"cert": 5, "key": "hunter2"}}, {"tls": {"cert": "c", "key": "hunter2", "x": 1}},
    ],
)  # fmt: skip
def test_no_problem_shows_a_secret(table: dict[str, object]) -> None:
    assert "hunter2" not in "\n".join(refused(Rich, table))


def test_an_empty_secret_is_refused_without_being_shown() -> None:
    assert refused(Tls, {"cert": "c", "key": ""}) == ["key: expected something, not nothing, got ***"]


def test_a_section_that_judges_itself_blames_its_key() -> None:
    assert refused(Ordered, {"low": 5}) == ["low: expected at most high (2), got 5"]
    assert refused(Ordered, {"high": 100}) == ["high: 'high' must be < 100: 100"]


def test_a_check_that_wants_the_whole_section_is_asked_once_it_is_whole() -> None:
    assert settle(Whole, {"part": 5}) == Whole(5)
    assert refused(Whole, {"part": 6}) == ["part is more than 5"]


def test_a_plugin_without_a_section_takes_no_keys_and_a_free_one_takes_any() -> None:
    assert settle(None, {}) is None
    assert refused(None, {"a": 1}) == ["a: unknown key; none is expected here"]
    assert settle(Free, {"a": {"b": [1]}}) == {"a": {"b": [1]}}


def test_paths_are_put_below_the_path_that_is_given() -> None:
    with pytest.raises(SettingsError, match=r'^services\."\*"\.port: expected int'):
        settle(Rich, {"port": "x"}, ("services", "*"))
    with pytest.raises(SettingsError, match=r"^a: expected a table, got int 5"):
        settle(Rich, 5, ("a",))


def test_a_section_that_no_toml_can_fill_is_the_plugins_fault() -> None:
    with pytest.raises(PluginBroken, match="cannot hold <class 'complex'>"):
        settle(Odd, {})
    with pytest.raises(PluginBroken, match="Lost: an annotation names nothing: name 'Nowhere' is not defined"):
        settle(Lost, {})
    with pytest.raises(PluginBroken, match="is no section"):
        settle(int, {})
