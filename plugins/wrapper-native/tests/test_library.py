"""One library: what it has, how it is initialised, how its codes become errors, and callbacks for nobody."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from athena import Fault
from athena.errors import PluginBroken, PluginRefused
from athena_wrapper_native.abi import FFI, NULL
from athena_wrapper_native.library import Library
from athena_wrapper_native.options import Options


def test_all_fifteen_are_found(build: Any) -> None:
    library = Library(str(build()), Options())
    assert (library.missing, library.once, library.sessions) == ((), "sync", "sync")


@pytest.mark.parametrize(
    ("without", "asynchronous", "once", "sessions"),
    [
        (("wrapperExec",), None, "async", "sync"),
        (("wrapperExec",), False, "", "sync"),
        (("wrapperCreate",), None, "sync", ""),
        (("wrapperCreate",), True, "async", ""),
        ((), True, "async", "async"),
    ],
)
def test_ways_to_be_called_follow_from_the_symbols_and_the_options(
    build: Any, without: tuple[str, ...], asynchronous: bool | None, once: str, sessions: str
) -> None:
    library = Library(str(build(*(f"-DWITHOUT_{name}" for name in without))), Options(asynchronous))
    assert (library.once, library.sessions) == (once, sessions)


def test_what_is_missing_is_listed_with_what_it_means(build: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        library = Library(str(build("-DWITHOUT_wrapperError")), Options())
    assert library.missing == ("wrapperError",)
    assert "lacks 1 of 15 functions: wrapperError: its error codes have no words" in caplog.text
    assert library.failed("wrapperExec", 7).message == "wrapperExec failed with code 7"


def test_one_that_cannot_be_called_is_refused_with_what_it_lacks(build: Any) -> None:
    path = build("-DWITHOUT_wrapperExec", "-DWITHOUT_wrapperCreate")
    with pytest.raises(PluginRefused, match=r"no wrapper that can be called.*missing: wrapperCreate, wrapperWrite"):
        Library(str(path), Options(asynchronous=False))


def test_one_that_exports_nothing_of_it_is_told_the_likely_reason(build: Any, tmp_path: Path) -> None:
    source = tmp_path / "mangled.c"
    source.write_text("int _Z11wrapperInitP9ParamList(void) { return 0; }\n", encoding="utf-8")
    with pytest.raises(PluginRefused, match=r'exports none of the 15 functions .* extern "C"'):
        Library(str(build(source=source)), Options())


def test_wrapper_init_gets_the_table_and_may_refuse_in_its_own_words(build: Any, opened: Any) -> None:
    library = Library(str(build()), Options())
    with pytest.raises(PluginBroken, match="wrapperInit returned 20001: the words for it"):
        library.init({"fail": "20001"})


def test_a_code_keeps_its_number_and_its_words(build: Any) -> None:
    library = Library(str(build()), Options(bad_request=frozenset({20004})))
    error = library.failed("wrapperExec", 20001)
    assert (error.fault, error.code, error.message) == (Fault.USER_ERROR, 20001, "the words for it")
    assert library.failed("wrapperExec", 20004).fault is Fault.BAD_REQUEST
    assert library.failed("wrapperExec", -5).message == "wrapperExec failed with code -5"
    assert library.failed("wrapperExec", 30000).message == "caf\ufffd"


def test_a_callback_for_nobody_is_minus_one(build: Any) -> None:
    library = Library(str(build()), Options())
    unknown = FFI.new("char[]", b"nobody")
    assert library.callback(unknown, NULL, 0) == -1
    assert library.callback(NULL, NULL, 0) == -1
    silent = library.tags.begin("sync")
    assert library.callback(silent.pointer, NULL, 0) == -1


def test_a_callback_that_fails_on_our_side_is_minus_one_and_logged(
    build: Any, caplog: pytest.LogCaptureFixture
) -> None:
    library = Library(str(build()), Options())

    def deliver(outcome: object) -> bool:
        raise RuntimeError("broken")

    tag = library.tags.begin("sid", deliver)
    assert library.callback(tag.pointer, NULL, 5) == -1
    assert "a callback failed" in caplog.text


def test_fini_is_called_and_its_code_is_logged(build: Any, caplog: pytest.LogCaptureFixture) -> None:
    library = Library(str(build("-DFINI")), Options())
    library.fini()
    assert "wrapperFini" not in caplog.text
    library.fini()
    assert "wrapperFini returned 1: the words for it" in caplog.text
