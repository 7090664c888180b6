"""The typed tables of a toml: defaults, and what follows from them."""

from __future__ import annotations

import attrs
import pytest

from athena.models import (
    Change,
    Document,
    Limits,
    ServiceSettings,
)


def test_concurrency_is_workers_times_threads_unless_given() -> None:
    assert ServiceSettings("s", workers=3, threads=2).concurrency == 6
    assert ServiceSettings("s", workers=3, threads=2, max_concurrency=4).concurrency == 4


def test_a_documents_files_are_not_shown_and_not_shared() -> None:
    assert "hidden" not in repr(Document("x = 1", files={"hidden": b""}))
    assert Document("a").files is not Document("b").files


def test_limits_and_services_begin_with_the_defaults_of_the_design() -> None:
    limits, service = Limits(), ServiceSettings("s")
    assert (limits.max_message, limits.max_in_flight) == (32 * 1024 * 1024, 1024)
    assert (service.executor, service.workers, service.threads, service.queue) == ("process", 1, 1, 64)
    assert limits.default_deadline <= limits.max_deadline


@pytest.mark.parametrize("value", [ServiceSettings("s"), Limits(), Change(1, 2)])
def test_settings_are_frozen(value: object) -> None:
    field = attrs.fields(type(value))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, field, "other")


def test_tables_of_a_service_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        ServiceSettings("s").config["x"] = 1  # type: ignore[index]
