"""What is drawn from texts, files, folders and JSONL, and how a session's frames are cut."""

from __future__ import annotations

from pathlib import Path
from random import Random

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.cli.bench import inputs as module
from athena.cli.bench.inputs import Input, load
from athena.cli.bench.plan import Plan, Source
from athena.models import END_MARK, Kind, Stage


def plan(*sources: Source, way: str = "once", lines: str = "") -> Plan:
    return Plan("x://y", "s", way, sources, lines, params={"p": "1"}, headers={"h": "2"})


def frames(found: Input) -> list[tuple[float, str, bytes, Stage]]:
    return [(frame.due, frame.part.key, bytes(frame.part.data), frame.part.stage) for frame in found.frames]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("page-10.png", "page-2.png", "page-1.png", ".hidden"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_a_text_is_the_same_every_time() -> None:
    found = load(plan(Source("a", text="@x")))
    assert found.draw(0, None) is found.draw(7, None)
    (part,) = found.draw(0, None).parts
    assert (part.key, part.text, part.kind) == ("a", "@x", Kind.TEXT)
    assert (found.draw(0, None).params, found.draw(0, None).size) == ({"p": "1"}, 2)


def test_a_folder_is_drawn_in_turn_by_name_numbers_as_numbers(folder: Path) -> None:
    found = load(plan(Source("image", path=str(folder)), Source("a", text="x")))
    names = [bytes(found.draw(number, None).parts[0].data) for number in range(4)]
    assert names == [b"page-1.png", b"page-2.png", b"page-10.png", b"page-1.png"]
    assert found.draw(0, None).parts[0].kind is Kind.IMAGE
    backwards = load(plan(Source("image", path=str(folder), order="descending")))
    assert bytes(backwards.draw(0, None).parts[0].data) == b"page-10.png"


def test_at_random_the_seed_decides(folder: Path) -> None:
    found = load(plan(Source("image", path=str(folder))))
    once, again = [[found.draw(0, chance) for _ in range(30)] for chance in (Random(1), Random(1))]
    assert once == again
    assert len({bytes(each.parts[0].data) for each in once}) == 3


def test_a_line_of_jsonl_is_a_call(folder: Path) -> None:
    file = folder / "calls.jsonl"
    whole = '{"parts": {"n": 3}, "params": {"p": 5}, "headers": {"X-Who": "me"}}'
    file.write_text(f'{{"a": "x", "image": "@page-1.png"}}\n\n{whole}\n')
    found = load(plan(lines=str(file)))
    first, second = found.draw(0, None), found.draw(1, None)
    assert [bytes(part.data) for part in first.parts] == [b"x", b"page-1.png"]
    assert first.params == {"p": "1"}
    assert (second.parts[0].text, second.params, second.headers) == ("3", {"p": "5"}, {"h": "2", "x-who": "me"})
    assert found.draw(2, None) is first


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1]", "calls.jsonl:1: expected an object"),
        ("{", "calls.jsonl:1: not JSON"),
        ("", "there is no line in it"),
        ('{"a": "@nowhere.png"}', "calls.jsonl:1: .*no such file"),
        ('{"parts": {}, "params": 3}', "calls.jsonl:1: params: expected an object"),
    ],
)
def test_a_line_that_is_no_call_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text(text)
    with pytest.raises(click.UsageError, match=sentence):
        load(plan(lines=str(tmp_path / "calls.jsonl")))


def test_what_cannot_be_read_or_is_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(click.UsageError, match="no such file"):
        load(plan(Source("a", path=str(tmp_path / "none"))))
    with pytest.raises(click.UsageError, match="the folder has no files"):
        load(plan(Source("a", path=str(tmp_path))))
    with pytest.raises(click.UsageError, match="'noise' is no kind"):
        load(plan(Source("a", "noise", text="x")))
    monkeypatch.setattr(module, "MOST_BYTES", 3)
    with pytest.raises(click.UsageError, match=r"the inputs: .* more than"):
        load(plan(Source("a", text="four")))


@given(st.binary(max_size=200), st.integers(1, 50))
def test_frames_put_together_are_the_part(data: bytes, cut: int) -> None:
    text = data.hex()
    found = load(plan(Source("a", text=text, cut=cut, pace=0.01), way="session")).draw(0, None)
    told = frames(found)
    assert b"".join(data for _, _, data, _ in told) == text.encode()
    assert [due for due, *_ in told] == pytest.approx([number * 0.01 for number in range(len(told))])
    assert [stage is Stage.END for *_, stage in told] == [False] * (len(told) - 1) + [True]


def test_lines_and_files_may_be_frames(folder: Path) -> None:
    (folder / "said.txt").write_text("one\ntwo\n")
    by_line = load(plan(Source("a", path=str(folder / "said.txt"), by="lines"), way="session"))
    assert frames(by_line.draw(0, None)) == [(0.0, "a", b"one", Stage.BEGIN), (0.0, "a", b"two", Stage.END)]
    by_file = load(plan(Source("a", path=str(folder), by="files"), way="session"))
    assert [data for _, _, data, _ in frames(by_file.draw(0, None))][:2] == [b"page-1.png", b"page-2.png"]


def test_streams_of_different_pace_are_woven_and_ended_together() -> None:
    found = load(
        plan(Source("a", text="123", cut=1, pace=0.02), Source("b", text="xy", cut=1, pace=0.03), way="session")
    )
    told = frames(found.draw(0, None))
    assert [data for _, _, data, _ in told] == [b"1", b"x", b"2", b"y", b"3", b""]
    assert found.draw(0, None).frames[-1].part is END_MARK
    assert [stage for *_, stage in told[:-1]] == [Stage.BEGIN, Stage.BEGIN, *[Stage.CONTINUE] * 3]
