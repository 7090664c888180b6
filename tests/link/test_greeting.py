"""Greetings: HELLO, READY and REFUSED say on the other side what was said on this one."""

from __future__ import annotations

import pytest

from athena.errors import (
    AthenaError,
    Fault,
    PluginBroken,
    PluginError,
    PluginMissing,
    PluginRefused,
    ServiceError,
    SettingsError,
)
from athena.link import worker_pb2 as pb
from athena.link.frames import HELLO, READY, REFUSED, Frame, FrameError
from athena.link.greeting import (
    Hello,
    Ready,
    encode_hello,
    encode_ready,
    encode_refusal,
    hello_of,
    ready_of,
    refusal_of,
)
from athena.link.tables import Tables
from athena.models import Description, Field, Kind, Limits, Param
from athena.settings.problems import Problem


def refused(error: BaseException) -> AthenaError:
    return refusal_of(Frame(REFUSED, 0, encode_refusal(error), b""))


def test_hello_comes_out_as_it_went_in() -> None:
    hello = Hello(
        "ocr",
        "./wrapper.py",
        "/srv/conf",
        Tables({"threshold": 0.5}, {"timing": {}}),
        ("GPU-1", "GPU-2"),
        Limits(max_message=1000, default_deadline=1.5),
        4,
        True,
        "debug",
        (1, 3),
    )
    assert hello_of(Frame(HELLO, 0, encode_hello(hello), b"")) == hello


def test_a_bare_hello_means_the_defaults() -> None:
    hello = hello_of(Frame(HELLO, 0, pb.Hello(service="x").SerializeToString(), b""))
    assert (hello.limits, hello.threads, hello.log_level) == (Limits(), 1, "info")


def test_ready_comes_out_as_it_went_in() -> None:
    description = Description(
        "2.1",
        "Reads pages.",
        (Field("page", Kind.IMAGE, True, ("png", "jpg"), "", "", (), True, "A page."), Field("*", None, False)),
        (Field("boxes", Kind.TEXT, schema='{"type":"array"}', dtype="<f4", shape=(-1, 4)),),
        (Param("lang", "string", True, None, None, 8.0, ("en", "de"), "Language."), Param("n", "integer", False, "")),
        frozenset({"once", "batch"}),
    )
    ready = Ready(description, frozenset({"athena_once_exec"}), "0.1.0", 1)
    assert ready_of(Frame(READY, 0, encode_ready(ready), b"")) == ready


@pytest.mark.parametrize("cls", [PluginMissing, PluginBroken, PluginRefused])
def test_a_plugins_refusal_is_the_same_error_with_the_same_sentence(cls: type[PluginError]) -> None:
    found = refused(cls("wrappers.x: no", plugin="wrappers.x", distribution="athena-wrapper-x"))
    assert type(found) is cls
    assert str(found) == "wrappers.x: no"
    assert isinstance(found, PluginError)
    assert (found.plugin, found.distribution) == ("wrappers.x", "athena-wrapper-x")


def test_settings_problems_keep_their_key_paths() -> None:
    problems = (Problem(("config", "jurnal"), "unknown key"), Problem(("config", "n"), "expected integer, got 'x'"))
    found = refused(SettingsError(problems))
    assert isinstance(found, SettingsError)
    assert found.problems == problems


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt: no reason given"),
        (ValueError("bad \ud800"), "ValueError: bad ?"),
        (ServiceError(Fault.UNAVAILABLE, "no memory"), "no memory"),
    ],
)
def test_anything_else_is_a_broken_plugin_with_a_sentence(error: BaseException, said: str) -> None:
    found = refused(error)
    assert isinstance(found, PluginBroken)
    assert str(found) == said


def test_nonsense_breaks_the_protocol() -> None:
    with pytest.raises(FrameError, match="Ready"):
        ready_of(Frame(READY, 0, b"\xff\xff\xff", b""))


def test_the_error_a_hook_refused_with_comes_along() -> None:
    error = PluginBroken("a: athena_resource_load raised ServiceError: no", plugin="a")
    error.__cause__ = ServiceError(Fault.BAD_REQUEST, "no", code=7)
    found = refused(error).__cause__
    assert isinstance(found, ServiceError)
    assert (found.fault, found.message, found.code) == (Fault.BAD_REQUEST, "no", 7)
