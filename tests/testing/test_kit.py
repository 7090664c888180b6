"""The fixture: a kernel in a test, without ``await``."""

from __future__ import annotations

import threading
import time

import pytest

from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.errors import Fault, ServiceError, SettingsError
from athena.testing import Kit, Loopback
from athena.testing.kit import recorded

pytest_plugins = ["athena.testing"]


class Upper(Wrapper):
    """Shouts."""

    inputs = (fields.text("text"),)
    outputs = (fields.text("text"),)

    def __init__(self) -> None:
        self.made = True

    @hookimpl
    def athena_init(self, context: object) -> None:
        assert self.made

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply((Part.from_text("text", request.part("text").text.upper()),))

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        session.outbox.emit(Reply((Part.from_text("text", request.part("text").text.upper()),), Stage.END))


def test_a_wrapper_given_in_code_is_served_and_its_hooks_are_recorded(athena_kit: Kit) -> None:
    house = athena_kit.boot(wrappers={"loud": Upper})
    assert house.once("loud", text="hi").part("text").text == "HI"
    assert house.calls == ["athena_init", "athena_once_exec"]


def test_an_object_is_recorded_too_and_stays_as_it_was(athena_kit: Kit) -> None:
    mine = Upper()
    house = athena_kit.boot(wrappers={"loud": mine})
    assert house.once("loud", Part.from_text("text", "hi")).part("text").text == "HI"
    assert house.calls[-1] == "athena_once_exec"
    assert type(mine) is Upper


def test_what_is_refused_is_a_service_error(athena_kit: Kit) -> None:
    house = athena_kit.boot(wrappers={"loud": Upper})
    with pytest.raises(ServiceError) as caught:
        house.once("loud", text=b"hi")
    assert caught.value.fault is Fault.BAD_REQUEST
    assert house.calls == ["athena_init"]


def test_sessions_and_streams_are_there(athena_kit: Kit) -> None:
    house = athena_kit.boot(wrappers={"loud": Upper})
    assert [reply.part("text").text for reply in house.stream("loud", text="hi")] == ["HI"]
    with house.open("loud") as session:
        session.write(Request("loud", parts=(Part.from_text("text", "hi", Stage.END),)))
        assert session.read().part("text").text == "HI"
    assert house.calls[-2:] == ["athena_session_create", "athena_session_write"]


def test_toml_and_plugins_given_in_code_go_together(athena_kit: Kit) -> None:
    toml = '[transports.loopback]\nname = "here"\n[services.loud]\nthreads = 2\n'
    house = athena_kit.boot(toml, wrappers={"loud": Upper}, plugins={"transports.loopback": Loopback})
    assert [endpoint.url for endpoint in house.kernel.endpoints] == ["loopback://here"]
    assert house.kernel.services()["loud"].settings.threads == 2


def test_a_toml_that_is_wrong_is_refused_with_its_line(athena_kit: Kit) -> None:
    with pytest.raises(SettingsError, match=r"test\.toml:2: services\.loud\.thread"):
        athena_kit.boot("[services.loud]\nthread = 2\n", wrappers={"loud": Upper})


def test_every_kernel_is_stopped_when_the_test_is_over() -> None:
    before = threading.active_count()
    kit = Kit()
    kit.boot(wrappers={"loud": Upper}).once("loud", text="hi")
    assert threading.active_count() > before
    kit.close()
    until = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_recording_keeps_the_marker_and_where_a_class_is_from() -> None:
    watched = recorded(Upper, [])
    assert isinstance(watched, type)
    assert watched.__module__ == Upper.__module__
    assert watched.athena_once_exec.athena_impl == Upper.athena_once_exec.athena_impl  # type: ignore[attr-defined]
