"""The tree of errors: what each says and carries."""

from __future__ import annotations

import pytest

from athena.errors import (
    AthenaError,
    Cancelled,
    Executed,
    Fault,
    PluginBroken,
    PluginError,
    PluginMissing,
    PluginRefused,
    Problem,
    Retry,
    ServiceError,
    SettingsError,
    dotted,
)


def test_every_error_is_an_athena_error() -> None:
    for cls in (SettingsError, PluginMissing, PluginBroken, PluginRefused, ServiceError, Cancelled):
        assert issubclass(cls, AthenaError)
    assert not issubclass(Cancelled, ServiceError)


def test_a_faults_value_is_its_name_since_it_travels_on_every_wire() -> None:
    assert all(fault.value == fault.name for fault in Fault)
    assert len(Fault) == 16


def test_only_what_was_not_dispatched_may_be_sent_again_at_once() -> None:
    assert [fault for fault in Fault if fault.retry is Retry.YES] == [Fault.UNAVAILABLE]
    assert {fault for fault in Fault if fault.retry is Retry.LATER} == {Fault.OVERLOADED, Fault.QUOTA}
    assert Fault.WORKER_LOST.retry is Retry.NO


def test_a_service_error_says_not_executed_unless_told() -> None:
    error = ServiceError(Fault.NOT_FOUND, "no such service")
    assert (error.executed, error.code, error.retry_after, error.error_id) == (Executed.NO, None, None, "")
    assert str(error) == error.message == "no such service"
    assert repr(error) == "ServiceError(NOT_FOUND, 'no such service', executed='no')"


def test_a_service_error_keeps_what_the_wrapper_said() -> None:
    error = ServiceError(
        Fault.USER_ERROR, "bad page", executed=Executed.YES, code=30100, retry_after=1.5, error_id="e1"
    )
    assert (error.fault, error.executed, error.code) == (Fault.USER_ERROR, Executed.YES, 30100)
    assert (error.retry_after, error.error_id) == (1.5, "e1")


def test_settings_are_refused_with_every_problem_one_a_line() -> None:
    first = Problem(("transports", "http", "prot"), "unknown key", "aiges.toml", 3)
    second = Problem(("kernel",), "expected a table")
    error = SettingsError([first, second])
    assert error.problems == (first, second)
    assert str(error).splitlines() == ["aiges.toml:3: transports.http.prot: unknown key", "kernel: expected a table"]


def test_a_problem_of_the_whole_file_has_no_key_and_no_line() -> None:
    assert str(Problem((), "is empty", "aiges.toml")) == "aiges.toml: is empty"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("services", "*", "remote"), 'services."*".remote'),
        (("log", "sinks", "[1]", "level"), "log.sinks[1].level"),
        (("a b",), '"a b"'),
        ((), ""),
    ],
)
def test_a_path_is_written_as_it_stands_in_a_toml(path: tuple[str, ...], text: str) -> None:
    assert dotted(path) == text


def test_a_plugin_error_names_plugin_and_distribution() -> None:
    error = PluginRefused("misspelt hook", plugin="wrappers.echo", distribution="athena-wrapper-echo 0.1.0")
    assert isinstance(error, PluginError)
    assert (error.plugin, error.distribution) == ("wrappers.echo", "athena-wrapper-echo 0.1.0")
    assert PluginMissing("gone").distribution == ""
