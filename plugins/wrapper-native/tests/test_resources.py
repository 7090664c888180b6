"""Personalised resources: one node with the right marks, one number everywhere, and requests that name them."""

from __future__ import annotations

from typing import Any

import pytest

from athena import Fault, Kind, Part, Request, ServiceError
from athena.models import Resource
from athena_wrapper_native.resources import Resources


def state(wrapper: Any) -> str:
    reply = wrapper.athena_once_exec(Request("s", params={"do": "state"}))
    return str(reply.part("state").text.split(" ", 3)[3])


def resource(name: str, data: bytes = b"words") -> Resource:
    return Resource(name, (Part("hotwords", data, Kind.TEXT),), {"lang": "zh"})


def test_a_library_is_given_one_node_marked_as_a_resource_with_its_id_first(opened: Any) -> None:
    wrapper = opened()
    wrapper.athena_resource_load(resource("17"))
    assert state(wrapper) == "17 patch_id=17 type=4 status=2 next=0"
    wrapper.athena_resource_unload("17")
    assert state(wrapper) == "unloaded 17"
    wrapper.athena_resource_unload("17")  # it is gone: nobody is asked again


def test_an_id_that_is_no_number_has_one_that_is_the_same_in_every_worker(opened: Any) -> None:
    one, other = opened(), opened()
    one.athena_resource_load(resource("mine"))
    other.athena_resource_load(resource("mine"))
    assert state(one) == state(other)


def test_requests_name_resources_by_header_or_parameter_and_unknown_ones_are_refused(opened: Any) -> None:
    wrapper = opened()
    wrapper.athena_resource_load(resource("7"))
    wrapper.athena_resource_load(resource("8"))
    params = {"do": "seen", "res_id": "7; 8"}
    assert wrapper.athena_once_exec(Request("s", params=params)).part("lists").text.endswith("ids=7,8,")
    headed = Request("s", params={"do": "seen"}, headers={"res_id": "8"})
    assert wrapper.athena_once_exec(headed).part("lists").text.endswith("ids=8,")
    with pytest.raises(ServiceError, match="no resource '9' is loaded") as caught:
        wrapper.athena_once_exec(Request("s", params={"res_id": "9"}))
    assert caught.value.fault is Fault.BAD_REQUEST


def test_what_the_library_refuses_is_not_loaded(opened: Any) -> None:
    wrapper = opened()
    with pytest.raises(ServiceError) as caught:
        wrapper.athena_resource_load(resource("7", b"bad"))
    assert (caught.value.code, caught.value.message) == (20005, "the words for it")
    with pytest.raises(ServiceError, match="no resource '7' is loaded"):
        wrapper.athena_once_exec(Request("s", params={"res_id": "7"}))


def test_it_takes_exactly_one_part_and_no_number_twice(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    resources = Resources(opened().library)
    with pytest.raises(ServiceError, match="has 0 parts; a wrapper library takes exactly one"):
        resources.load(Resource("7", ()))
    monkeypatch.setattr("athena_wrapper_native.resources._number", lambda name: 1)
    resources.load(resource("a"))
    resources.load(resource("a"))  # the same again replaces it
    with pytest.raises(ServiceError, match="the number of resource 'b', 1, is another's"):
        resources.load(resource("b"))


def test_an_unload_that_the_library_refuses_is_told(opened: Any) -> None:
    wrapper = opened()
    wrapper.athena_resource_load(resource("13"))
    with pytest.raises(ServiceError) as caught:
        wrapper.athena_resource_unload("13")
    assert caught.value.code == 20006
