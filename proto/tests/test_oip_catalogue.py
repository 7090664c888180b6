"""Metadata, versions and the index: what a caller may see, and no more."""

from __future__ import annotations

import pytest

from athena import fields
from athena.errors import Fault, ServiceError
from athena.models import ANONYMOUS, Description, Health, Principal, ServiceSettings, ServiceView
from athena_proto.oip_catalogue import described, index, known, load, metadata, model, release

DESCRIPTION = Description("1.2", "", (fields.text("t"), fields.anything()), (fields.tensor("y", "<i8", [-1]),))
VIEWS = {
    "b": ServiceView("b", DESCRIPTION, Health(True), ServiceSettings("b")),
    "a": ServiceView("a", Description(), Health(False, "starting"), ServiceSettings("a")),
}


def test_metadata_show_what_is_declared_and_has_a_name() -> None:
    assert metadata(VIEWS["b"]) == {
        "name": "b",
        "versions": ["1.2"],
        "platform": "athena",
        "inputs": [{"name": "t", "datatype": "BYTES", "shape": (1,)}],
        "outputs": [{"name": "y", "datatype": "INT64", "shape": (-1,)}],
    }


def test_a_description_alone_gives_the_same() -> None:
    assert described("b", DESCRIPTION) == metadata(VIEWS["b"])


def test_the_index_lists_all_or_those_that_are_ready() -> None:
    assert [(row["name"], row["version"], row["state"], row["reason"]) for row in index(VIEWS, ANONYMOUS)] == [
        ("a", "1", "UNAVAILABLE", "starting"),
        ("b", "1.2", "READY", ""),
    ]
    assert [row["name"] for row in index(VIEWS, ANONYMOUS, ready=True)] == ["b"]


def test_who_may_not_use_a_service_does_not_see_it() -> None:
    narrow = Principal("me", scopes=frozenset({"a"}))
    assert [row["name"] for row in index(VIEWS, narrow)] == ["a"]
    with pytest.raises(ServiceError, match="no model 'b'; this server has: a") as caught:
        model(VIEWS, narrow, "b")
    assert caught.value.fault is Fault.NOT_FOUND


def test_a_version_is_the_wrappers_own_or_nothing() -> None:
    assert model(VIEWS, ANONYMOUS, "b", "1.2") is VIEWS["b"]
    assert known(VIEWS, "a", "1") is VIEWS["a"].description
    for ask in (lambda: model(VIEWS, ANONYMOUS, "b", "2"), lambda: known(VIEWS, "b", "2")):
        with pytest.raises(ServiceError, match=r"has no version '2'; it has: 1\.2"):
            ask()


def test_of_a_service_that_is_not_known_yet_nothing_is_known() -> None:
    assert known(VIEWS, "z", "7") == Description()


def test_the_release_is_a_version() -> None:
    assert release()[0].isdigit()


def test_a_service_that_is_there_is_loaded_and_nothing_else_can_be() -> None:
    load(VIEWS, ANONYMOUS, "b")
    for name, changed, fault in (
        ("a", False, Fault.UNAVAILABLE),
        ("b", True, Fault.UNSUPPORTED),
        ("nobody", False, Fault.NOT_FOUND),
        ("nobody", True, Fault.NOT_FOUND),
    ):
        with pytest.raises(ServiceError) as caught:
            load(VIEWS, ANONYMOUS, name, changed=changed)
        assert caught.value.fault is fault
    with pytest.raises(ServiceError, match="no model 'b'"):
        load(VIEWS, Principal("me", scopes=frozenset({"a"})), "b")
