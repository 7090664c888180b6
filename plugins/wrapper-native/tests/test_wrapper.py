"""A library is a wrapper with the hooks its functions can answer, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from athena import Request
from athena.plugins import Hooks
from athena.plugins.rules import manager_for

SYNC = {"once", "session", "read", "resource"}


@pytest.mark.parametrize(
    ("flags", "asynchronous", "operations"),
    [
        ((), False, SYNC),
        ((), True, {"once", "session", "resource"}),
        (("-DWITHOUT_wrapperCreate",), False, {"once", "resource"}),
        (("-DWITHOUT_wrapperExec",), False, {"session", "read", "resource"}),
    ],
)
def test_its_operations_are_what_its_functions_allow(
    opened: Any, flags: tuple[str, ...], asynchronous: bool, operations: set[str]
) -> None:
    wrapper = opened(*flags, native={"asynchronous": asynchronous})
    hooks = Hooks(manager_for([("wrappers.x", wrapper)], wrapper=True), "wrappers.x")
    assert hooks.description.operations == operations
    assert hooks.description.version == "3.2.1"


def test_its_description_names_the_file_and_what_is_missing(opened: Any) -> None:
    assert opened().athena_describe().summary == "libwrapper.so, a shared library."
    less = opened("-DWITHOUT_wrapperError").athena_describe().summary
    assert less == "libwrapper.so, a shared library; without wrapperError."


def test_init_hands_over_the_table_as_strings(opened: Any) -> None:
    wrapper = opened(size=3, fast=True)
    reply = wrapper.athena_once_exec(Request("s", params={"do": "state"}))
    assert reply.part("state").text.endswith("size=3;fast=true;")
    wrapper.athena_fini()
