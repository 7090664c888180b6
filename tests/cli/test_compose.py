"""One document out of a file and the options, each line still known by who wrote it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from athena._compat import tomllib
from athena.cli.compose import Wish, compose, service_name, set_wish, transport_wishes, wrapper_wishes
from athena.errors import SettingsError
from athena.models import Document
from athena.settings import Problem

FILE = """\
# what we run
[services.ocr]
wrapper = "rapidocr"   # the good one
threads = 2

[log]
level = "info"
"""


def composed(text: str, *wishes: Wish) -> dict[str, object]:
    return tomllib.loads(compose(Document(text, origin="a.toml"), wishes).document.text)


@pytest.mark.parametrize(
    ("option", "path", "value"),
    [
        ("services.ocr.threads=4", ("services", "ocr", "threads"), 4),
        ("services.ocr.deadline=1.5", ("services", "ocr", "deadline"), 1.5),
        ("log.access=true", ("log", "access"), True),
        ("kernel.name=one", ("kernel", "name"), "one"),
        ('kernel.name="1"', ("kernel", "name"), "1"),
        ("transports.x.host=0.0.0.0", ("transports", "x", "host"), "0.0.0.0"),
        ('services."*".executor=remote', ("services", "*", "executor"), "remote"),
        ("plugins.block=['a', 'b']", ("plugins", "block"), ["a", "b"]),
        ("services.ocr.config={}", ("services", "ocr", "config"), {}),
        ("kernel.name=a=b", ("kernel", "name"), "a=b"),
        ("kernel.name=", ("kernel", "name"), ""),
        ("kernel.name=1\n[log]", ("kernel", "name"), "1\n[log]"),
    ],
)
def test_a_value_is_toml_and_else_a_string(option: str, path: tuple[str, ...], value: object) -> None:
    assert set_wish(option) == [Wish(f"--set {option}", path, value)]


@pytest.mark.parametrize("option", ["services.ocr.threads", "a b=1", "=1", "a.=2"])
def test_what_is_no_key_and_value_is_refused(option: str) -> None:
    with pytest.raises(click.UsageError, match="--set"):
        set_wish(option)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("x", {}),
        ("x=8080", {"port": 8080}),
        ("x=:0", {"port": 0}),
        ("x=127.0.0.1:0", {"host": "127.0.0.1", "port": 0}),
        ("x=[::1]:80", {"host": "::1", "port": 80}),
        ("x=localhost", {"host": "localhost"}),
    ],
)
def test_a_transport_is_named_with_as_much_of_an_address_as_one_likes(given: str, address: dict[str, object]) -> None:
    assert composed("", *transport_wishes(given)) == {"transports": {"x": address}}


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(click.UsageError, match="expected NAME, NAME=PORT or NAME=HOST:PORT"):
        transport_wishes("x=localhost:eighty")


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("rapidocr", "rapidocr"),
        ("my_models.ocr:BigOcr", "bigocr"),
        ("./ocr/wrapper.py", "ocr"),
        ("/srv/asr/libwrapper.so", "asr"),
        ("detector.py", "detector"),
    ],
)
def test_a_service_is_named_after_its_wrapper(reference: str, name: str) -> None:
    assert service_name(reference) == name


def test_a_wrappers_path_starts_from_where_the_shell_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (wish,) = wrapper_wishes("speech=./asr.py")
    assert wish == Wish("--wrapper speech=./asr.py", ("services", "speech", "wrapper"), str(tmp_path / "asr.py"))


def test_options_change_the_file_and_leave_its_other_lines_as_they_are() -> None:
    wishes = [*set_wish("services.ocr.threads=4"), *set_wish("services.ocr.queue=1"), *wrapper_wishes("echo")]
    text = compose(Document(FILE, origin="a.toml"), wishes).document.text
    assert tomllib.loads(text) == {
        "services": {"ocr": {"wrapper": "rapidocr", "threads": 4, "queue": 1}, "echo": {"wrapper": "echo"}},
        "log": {"level": "info"},
    }
    assert "# what we run" in text
    assert 'wrapper = "rapidocr"   # the good one' in text


def test_without_a_file_the_options_are_the_document() -> None:
    made = compose(None, [*wrapper_wishes("echo"), *transport_wishes("x=0")])
    assert tomllib.loads(made.document.text) == {
        "services": {"echo": {"wrapper": "echo"}},
        "transports": {"x": {"port": 0}},
    }
    assert made.document.origin == "command line"


def test_a_table_that_is_there_is_left_as_it_is() -> None:
    assert composed("[transports.x]\nport = 1\n", *transport_wishes("x")) == {"transports": {"x": {"port": 1}}}


def test_later_options_win() -> None:
    assert composed("", *set_wish("a.b=1"), *set_wish("a.b=2")) == {"a": {"b": 2}}


def test_an_option_cannot_make_a_table_of_a_value() -> None:
    with pytest.raises(click.UsageError, match=r"--set log\.level\.x=1: log\.level has a value; it is no table"):
        compose(Document(FILE), set_wish("log.level.x=1"))


def test_a_file_that_is_no_toml_is_left_to_who_reads_it_next() -> None:
    assert compose(Document("[broken", origin="a.toml"), set_wish("log.level=x")).document.text == "[broken"


def test_a_problem_is_told_where_the_user_wrote_it() -> None:
    wishes = [*set_wish("services.ocr.queue=x"), *set_wish("services.ocr.workers=0"), *set_wish("log.level=loud")]
    made = compose(Document(FILE, origin="a.toml"), wishes)
    lines = made.document.text.split("\n")

    def problem(start: str) -> Problem:
        number = next(number for number, line in enumerate(lines, 1) if line.startswith(start))
        return Problem(("k",), "wrong", "a.toml", number)

    given = [problem("threads"), problem("queue"), problem("workers"), problem("level"), Problem((), "x", "b.toml", 2)]
    told = made.explain(SettingsError(given)).problems
    assert [(each.origin, each.line) for each in told] == [
        ("a.toml", 4),
        ("--set services.ocr.queue=x", 0),
        ("--set services.ocr.workers=0", 0),
        ("--set log.level=loud", 0),
        ("b.toml", 2),
    ]
