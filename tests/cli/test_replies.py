"""What came back: for people, programs, pipes and files."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from athena.cli.replies import Printer, told
from athena.models import Kind, Part, Reply, Stage

LINES = [{"text": "Straße", "score": 0.5}]
Output = pytest.CaptureFixture[str]


def test_one_text_is_printed_as_it_is(capsys: Output) -> None:
    Printer().show(Reply((Part.from_text("text", "héllo"),)))
    assert capsys.readouterr() == ("héllo\n", "")


def test_of_several_parts_each_is_titled_beside_the_results(capsys: Output) -> None:
    Printer().show(Reply((Part.from_text("a", "1"), Part.from_text("b", "2"))))
    assert capsys.readouterr() == ("1\n2\n", "a\nb\n")


def test_json_is_laid_out_for_reading(capsys: Output) -> None:
    Printer().show(Reply((Part.from_json("boxes", LINES),)))
    out, _ = capsys.readouterr()
    assert json.loads(out) == LINES
    assert "Straße" in out
    assert len(out.splitlines()) > 3


def test_json_that_is_none_is_printed_as_text(capsys: Output) -> None:
    Printer().show(Reply((Part.from_text("x", "{oops", format="json"),)))
    assert capsys.readouterr().out == "{oops\n"


def test_bytes_are_described_and_how_to_have_them_is_said(capsys: Output) -> None:
    Printer().show(Reply((Part("page", b"\x89" * 2048, Kind.IMAGE, attributes={"encoding": "png"}),)))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "page  IMAGE png 2,048 bytes; -o FOLDER saves it, --raw KEY writes it\n"


def test_a_text_that_is_not_utf8_is_bytes(capsys: Output) -> None:
    Printer().show(Reply((Part("t", b"\xff\xfe", Kind.TEXT),)))
    assert capsys.readouterr().out == ""


def test_json_output_is_one_object_per_line_with_everything(capsys: Output) -> None:
    printer = Printer(as_json=True)
    parts = (
        Part.from_text("t", "hé", Stage.END),
        Part.from_json("j", LINES),
        Part("b", b"\x00\xff", Kind.OTHER, Stage.CONTINUE, 3, {"k": "v"}),
    )
    printer.show(Reply(parts, Stage.CONTINUE, {"a": "1"}))
    printer.show(Reply())
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {
        "stage": "CONTINUE",
        "attributes": {"a": "1"},
        "parts": [
            {"key": "t", "kind": "TEXT", "stage": "END", "text": "hé"},
            {
                "key": "j",
                "kind": "TEXT",
                "stage": "ONCE",
                "attributes": {"encoding": "utf8", "format": "json"},
                "json": LINES,
            },
            {"key": "b", "kind": "OTHER", "stage": "CONTINUE", "seq": 3, "attributes": {"k": "v"}, "base64": "AP8="},
        ],
    }
    assert second == told(Reply()) == {"stage": "ONCE", "attributes": {}, "parts": []}


def test_raw_writes_the_bytes_of_one_part_and_nothing_else(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Printer(raw="b").show(Reply((Part.from_text("a", "1"), Part("b", b"\x00\xff\n"))))
    assert capfdbinary.readouterr() == (b"\x00\xff\n", b"")


def test_raw_of_a_part_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(click.UsageError, match="--raw x: the reply has no such part; it has: a, b"):
        Printer(raw="x").show(Reply((Part("a"), Part("b"))))


def test_parts_are_saved_under_names_that_stay_in_the_folder(tmp_path: Path, capsys: Output) -> None:
    printer = Printer(folder=tmp_path / "out")
    png = Part("../page", b"1", Kind.IMAGE, attributes={"encoding": "png"})
    printer.show(Reply((png, Part.from_text("t", "x"), Part.from_json("j", 1), Part("", b"2"))))
    printer.show(Reply((png, Part("evil", b"3", attributes={"encoding": "../../x"}))))
    saved = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert saved == {
        "___page.png": b"1",
        "___page-2.png": b"1",
        "t.txt": b"x",
        "j.json": b"1",
        "part.bin": b"2",
        "evil.bin": b"3",
    }
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out"]
    assert "../page  IMAGE png 1 bytes → " in capsys.readouterr().err
