"""What may be typed, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Athena = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "no ENDPOINT; expected a URL that begins with one of: "),
        (("127.0.0.1:80", "echo"), "is no endpoint; expected a URL"),
        (("gopher://x", "echo"), "is no endpoint; expected a URL"),
        (("grpc://x",), "no SERVICE"),
        (("grpc://x", "echo", "hello"), "expected KEY=TEXT, KEY=@FILE or KEY=@FOLDER"),
        (("grpc://x", "echo", "a=@-"), "stdin is read once"),
        (("grpc://x", "echo", "a=@/no/where"), "no such file"),
        (("grpc://x", "echo", "-c", "3", "-r", "5"), "--rate is an open loop and --concurrency a closed one"),
        (("grpc://x", "echo", "--stream", "--session"), "--session and --stream exclude each other"),
        (("grpc://x", "echo", "--frame-bytes", "3"), "add --session"),
        (("grpc://x", "echo", "--session", "--frame-lines", "--frame-files"), "exclude each other"),
        (("grpc://x", "echo", "--max-errors", "200%"), "expected a share like 0.01 or 1%"),
        (("grpc://x", "echo", "--max-errors", "few"), "expected a share like 0.01 or 1%"),
        (("grpc://x", "echo", "-p", "a"), "--param a: expected KEY=VALUE"),
        (("grpc://x", "echo", "--save", "/no/where/a.json"), "its folder is not there"),
        (("grpc://x", "echo", "-d", "0"), "not in the range"),
        (("grpc://x", "echo", "-P", "9"), "--processes 9: more than --concurrency 8"),
    ],
)
def test_words_that_make_no_load_are_refused_with_2(words: tuple[str, ...], sentence: str, athena: Athena) -> None:
    code, out, err = athena("bench", *words)
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.split())


def test_files_of_calls_and_parts_exclude_each_other(athena: Athena, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": "x"}\n')
    words = ("bench", "grpc://x", "echo", "--inputs", str(tmp_path / "a.jsonl"))
    assert "parts beside it would have no place" in athena(*words, "a=x")[2]
    assert "--frame-… options cut parts" in athena(*words, "--session", "--frame-ms", "3")[2]


def test_a_report_of_something_else_is_no_baseline(athena: Athena, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    code, _, err = athena("bench", "grpc://x", "echo", "--baseline", str(tmp_path / "a.json"))
    assert (code, "no report of athena bench" in err) == (2, True)


def test_an_xtest_file_that_names_no_reachable_endpoint_asks_for_one(athena: Athena, tmp_path: Path) -> None:
    (tmp_path / "said.txt").write_text("x")
    (tmp_path / "xtest.toml").write_text('[data]\npayload = "a"\n[a]\ninputSrc = "said.txt"\ntype = "text"\n')
    code, _, err = athena("bench", "--xtest", str(tmp_path / "xtest.toml"))
    assert (code, "no ENDPOINT (xtest.toml names none that can be reached)" in " ".join(err.split())) == (2, True)


def test_the_folder_of_the_picture_that_an_xtest_file_wants_is_made_as_xtest_does(
    athena: Athena, tmp_path: Path
) -> None:
    (tmp_path / "said.txt").write_text("x")
    picture = tmp_path / "log" / "line.png"
    (tmp_path / "xtest.toml").write_text(
        f'[svcMode]\nloopCnt = 1\nplot_file = "{picture}"\n[data]\npayload = "a"\n'
        f'[a]\ninputSrc = "{tmp_path}/said.txt"\ntype = "text"\n'
    )
    said = athena("bench", "--xtest", str(tmp_path / "xtest.toml"), "http://127.0.0.1:1", "-q", "--warmup", "0")
    assert picture.is_file(), said


def test_help_has_every_option_with_a_sentence(athena: Athena) -> None:
    code, out, _ = athena("bench", "--help")
    assert code == 0
    for option in ("--rate", "--concurrency", "--ramp", "--frame-ms", "--inputs", "--xtest", "--baseline", "--plot"):
        assert option in out
