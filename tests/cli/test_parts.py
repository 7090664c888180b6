"""Words of the command line as parts."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from athena.cli.parts import given, pairs, staged
from athena.models import Kind, Part, Stage


@pytest.mark.parametrize(
    ("argument", "key", "data", "kind"),
    [
        ("text=hello", "text", b"hello", Kind.TEXT),
        ("text=a=b", "text", b"a=b", Kind.TEXT),
        ("text=", "text", b"", Kind.TEXT),
        ("text=@@home", "text", b"@home", Kind.TEXT),
        ("blob:other=x", "blob", b"x", Kind.OTHER),
    ],
)
def test_a_word_is_a_text(argument: str, key: str, data: bytes, kind: Kind) -> None:
    part = given(argument).part
    assert (part.key, part.data, part.kind) == (key, data, kind)


@pytest.mark.parametrize(
    ("name", "kind", "attributes"),
    [
        ("page.png", Kind.IMAGE, {"encoding": "png"}),
        ("page.JPG", Kind.IMAGE, {"encoding": "jpg"}),
        ("speech.wav", Kind.AUDIO, {"encoding": "wav"}),
        ("film.mp4", Kind.VIDEO, {"encoding": "mp4"}),
        ("note.txt", Kind.TEXT, {"encoding": "utf8"}),
        ("model.bin", Kind.OTHER, {"encoding": "bin"}),
        ("noname", Kind.OTHER, {}),
    ],
)
def test_a_files_name_says_its_kind(name: str, kind: Kind, attributes: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x00data")
    part = given(f"data=@{tmp_path / name}").part
    assert (part.data, part.kind, part.attributes) == (b"\x00data", kind, attributes)


def test_a_kind_that_is_said_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "scan").write_bytes(b"x")
    assert given(f"data:image=@{tmp_path / 'scan'}").part.kind is Kind.IMAGE


def test_a_json_file_is_json_and_must_be(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"a": 1}')
    part = given(f"q=@{file}").part
    assert part.kind is Kind.TEXT
    assert part.attributes["format"] == "json"
    file.write_text("{")
    with pytest.raises(click.UsageError, match="not JSON"):
        given(f"q=@{file}")


def test_stdin_is_read_later() -> None:
    assert given("text=@-").stdin
    assert not given("text=-").stdin


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("hello", "expected KEY=TEXT or KEY=@FILE"),
        ("=x", "expected KEY=TEXT or KEY=@FILE"),
        ("a:picture=x", "'picture' is no kind; expected one of: text, audio, image, video, other"),
        ("a=@/nowhere/at/all", "no such file or directory"),
    ],
)
def test_what_is_no_part_is_refused_in_a_sentence(argument: str, sentence: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        given(argument)
    assert sentence in caught.value.message


def test_pairs_are_a_mapping_and_later_ones_win() -> None:
    assert pairs(["a=1", "b=x=y", "a=2"], "--param") == {"a": "2", "b": "x=y"}
    with pytest.raises(click.UsageError, match="--param a: expected KEY=VALUE"):
        pairs(["a"], "--param")


def stages(*parts: Part, chunk: int = 0, more: bool = False) -> list[tuple[str, bytes, Stage]]:
    return [(part.key, bytes(part.data), part.stage) for part in staged(parts, chunk, more=more)]


def test_only_the_last_write_of_a_session_ends_it() -> None:
    assert stages(Part("a", b"1"), Part("b", b"2"), Part("a", b"3")) == [
        ("a", b"1", Stage.BEGIN),
        ("b", b"2", Stage.BEGIN),
        ("a", b"3", Stage.END),
    ]


def test_one_write_is_begin_and_end_at_once() -> None:
    assert stages(Part("a", b"1")) == [("a", b"1", Stage.END)]


def test_nothing_ends_while_stdin_is_to_follow() -> None:
    assert stages(Part("a", b"1"), more=True) == [("a", b"1", Stage.BEGIN)]


def test_a_file_is_cut_into_writes() -> None:
    assert stages(Part("a", b"12345"), chunk=2) == [
        ("a", b"12", Stage.BEGIN),
        ("a", b"34", Stage.CONTINUE),
        ("a", b"5", Stage.END),
    ]
