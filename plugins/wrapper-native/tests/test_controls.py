"""What a library tells beside its results: units into the meters, figures and traces into the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from athena import Request
from athena_wrapper_native.abi import FFI
from athena_wrapper_native.controls import Controls
from athena_wrapper_native.tags import Tags


def test_units_of_a_call_are_usage_of_its_reply(opened: Any) -> None:
    reply = opened().athena_once_exec(Request("s", "sid", params={"do": "meter"}))
    assert dict(reply.attributes) == {"usage.chars": "7", "usage.pages": "1"}


def test_units_told_by_callback_too(opened: Any) -> None:
    reply = opened(native={"asynchronous": True}).athena_once_exec(Request("s", "sid", params={"do": "meter"}))
    assert reply.attributes["usage.chars"] == "7"


def test_figures_and_traces_are_in_the_log_with_the_call_they_are_of(
    opened: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        opened().athena_once_exec(Request("s", "sid-9", params={"do": "meter"}))
    said = [record.getMessage() for record in caplog.records]
    assert any(line.startswith("metric queue=1234567890123 (sid-9-") for line in said)
    assert any(line.startswith("trace model=tiny (sid-9-") for line in said)


def test_what_fails_in_a_function_of_ours_is_minus_one_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Tags):
        def find(self, pointer: Any) -> Any:
            raise RuntimeError("broken")

    meter = Controls(Failing()).functions[0]
    assert meter(FFI.new("char[]", b"x"), FFI.new("char[]", b"unit"), 1) == -1
    assert "a function that the library was given failed" in caplog.text


def test_a_library_without_controls_is_told_none(opened: Any) -> None:
    wrapper = opened("-DWITHOUT_wrapperSetCtrl")
    assert "wrapperSetCtrl" in wrapper.library.missing
