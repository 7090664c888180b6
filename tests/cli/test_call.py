"""``athena call`` against a running kernel: what is printed, where, and with which exit code."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import athena as package
from athena import Part, Reply, Request, Wrapper, hookimpl
from athena.models import Document, Kind
from athena_wrapper_echo.wrapper import Echo

from .conftest import in_a_process

Athena = Callable[..., tuple[int, str, str]]


class Who(Wrapper):
    """Says who called, and sends a picture."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        said = Part.from_json("said", {"user": request.headers.get("x-user"), "params": dict(request.params)})
        return Reply((said, Part("picture", b"\x89PNG\x00", Kind.IMAGE, attributes={"encoding": "png"})))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    document = Document("[transports.grpc]\nport = 0\n")
    with package.start(document, wrappers={"echo": Echo, "who": Who}) as kernel:
        yield kernel.endpoints[0].url


def test_a_text_comes_back_on_stdout_and_nothing_else(athena: Athena, endpoint: str) -> None:
    assert athena("call", endpoint, "echo", "text=hello") == (0, "hello\n", "")


def test_parameters_and_headers_travel(athena: Athena, endpoint: str) -> None:
    code, out, err = athena("call", endpoint, "who", "-p", "a=1", "--param", "b=x=y", "--header", "X-User=ada")
    assert code == 0
    assert json.loads(out) == {"user": "ada", "params": {"a": "1", "b": "x=y"}}
    assert "picture  IMAGE png 5 bytes; -o FOLDER saves it" in err


def test_the_bytes_of_one_part_can_be_had(endpoint: str) -> None:
    done = in_a_process("call", endpoint, "who", "--raw", "said", "-p", "a=1")
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"user":null,"params":{"a":"1"}}', "")


def test_a_file_goes_in_and_parts_are_saved(athena: Athena, endpoint: str, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(b"\x89PNG\x00\xff")
    code, out, err = athena("call", endpoint, "echo", f"data=@{tmp_path / 'in.png'}", "-o", str(tmp_path / "out"))
    assert (code, out) == (0, "")
    assert (tmp_path / "out" / "data.png").read_bytes() == b"\x89PNG\x00\xff"
    assert f"→ {tmp_path / 'out' / 'data.png'}" in err


def test_json_is_one_object_per_reply(athena: Athena, endpoint: str) -> None:
    code, out, err = athena("call", endpoint, "who", "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert [part["key"] for part in told["parts"]] == ["said", "picture"]
    assert base64.b64decode(told["parts"][1]["base64"]) == b"\x89PNG\x00"


def test_a_stream_prints_each_item(athena: Athena, endpoint: str) -> None:
    assert athena("call", endpoint, "echo", "a=x", "-p", "times=3", "--stream") == (0, "x\nx\nx\n", "")


def test_a_session_prints_what_comes_back_for_each_write(athena: Athena, endpoint: str) -> None:
    assert athena("call", endpoint, "echo", "--session", "a=1", "a=2", "a=3") == (0, "1\n2\n3\n", "")


def test_a_file_is_cut_into_the_writes_of_a_session(athena: Athena, endpoint: str, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("abcde")
    words = ("--session", f"a=@{tmp_path / 'in.txt'}", "--chunk", "2")
    assert athena("call", endpoint, "echo", *words) == (0, "ab\ncd\ne\n", "")


def test_a_fault_is_a_sentence_and_1(athena: Athena, endpoint: str) -> None:
    code, out, err = athena("call", endpoint, "nobody", "a=1")
    assert (code, out) == (1, "")
    assert err.startswith("athena: NOT_FOUND: ")
    assert "Traceback" not in err


def test_a_deadline_is_kept(athena: Athena, endpoint: str) -> None:
    code, _, err = athena("call", endpoint, "echo", "a=1", "-p", "delay_ms=20000", "--timeout", "0.1")
    assert code == 1
    assert err.startswith("athena: DEADLINE: ")


def test_nobody_there_is_a_sentence_and_1(athena: Athena) -> None:
    code, _, err = athena("call", "grpc://127.0.0.1:9", "echo", "a=1", "--timeout", "2")
    assert code == 1
    assert err.startswith("athena: UNAVAILABLE: ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("127.0.0.1:80", "echo"), "is no endpoint; expected a URL that begins with one of: "),
        (("grpc://x", "echo", "hello"), "expected KEY=TEXT or KEY=@FILE"),
        (("grpc://x", "echo", "a=@-", "b=@-"), "stdin can be one part only"),
        (("grpc://x", "echo", "-p", "a"), "--param a: expected KEY=VALUE"),
        (("gopher://x", "echo"), "channels.gopher is not installed"),
    ],
)
def test_words_that_make_no_call_are_refused_with_2(words: tuple[str, ...], sentence: str, athena: Athena) -> None:
    code, out, err = athena("call", *words)
    assert (code, out) == (2, "")
    assert sentence in err
