"""Nodes in, and whatever comes back out."""

from __future__ import annotations

import pytest

from aiges.dto import Response, ResponseData
from athena import Fault, Kind, Part, ServiceError, Stage
from athena_wrapper_aiges.values import Refusal, answer, error_of, nodes, plain_nodes, replied, texts


def data(key: str = "r", value: object = b"1", status: int = 3, type: int = 0) -> ResponseData:
    made = ResponseData()
    made.key, made.data, made.status, made.type = key, value, status, type
    return made


def test_parts_become_nodes_of_either_style_and_take_their_fields_kind() -> None:
    parts = (Part("img", memoryview(b"12"), Kind.OTHER, Stage.BEGIN, 4, {"encoding": "jpg"}),)
    (node,) = nodes(parts, {"img": 2}).list
    assert (node.key, node.data, node.len, node.type, node.status) == ("img", b"12", 2, 2, 0)
    assert node.desc == {"encoding": "jpg"}
    assert nodes(parts, {}).get("img").type == 4
    assert nodes(parts, {}).get("none") is None
    plain = plain_nodes(parts, {"img": 2})
    assert (plain[0]["data"], plain[0].status, plain.get("img"), plain.list) == (b"12", 0, plain[0], plain)


def test_a_table_becomes_flat_strings() -> None:
    table = {"common": {"lic": 10}, "on": True, "rate": 0.5, "names": ["a", "b"]}
    assert texts(table) == {"common.lic": "10", "on": "true", "rate": "0.5", "names": "a;b"}


@pytest.mark.parametrize("returned", [Response([data()]), [data()], [{"key": "r", "data": b"1"}]])
def test_every_style_of_result_gives_its_nodes(returned: object) -> None:
    assert replied(answer(returned, (), "exec"), "exec", once=True).part("r").data == b"1"


def test_a_number_is_a_refusal_and_nought_means_the_list_that_was_filled() -> None:
    assert answer(0, [data()], "exec")[0].key == "r"
    for wrong in (100, Response().response_err(100)):
        with pytest.raises(Refusal) as caught:
            answer(wrong, (), "exec")
        assert caught.value.code == 100


@pytest.mark.parametrize(
    ("returned", "text"),
    [(None, "returned None; expected a Response"), (object(), "returned object; expected a Response")],
)
def test_what_is_no_result_is_named(returned: object, text: str) -> None:
    with pytest.raises(ServiceError, match=text):
        answer(returned, (), "exec")


def test_an_empty_response_is_an_error_once_and_nothing_yet_in_a_session() -> None:
    with pytest.raises(ServiceError, match="without any data"):
        replied(Response().list, "exec", once=True)
    assert replied(Response().list, "exec", once=False).stage is Stage.CONTINUE
    assert replied([data(value=b"", status=1)], "exec", once=False).parts == ()


def test_a_sessions_stage_is_its_nodes_and_a_single_calls_is_once() -> None:
    assert replied([data(status=1)], "cb", once=False).stage is Stage.CONTINUE
    assert replied([data(status=1), data(status=2)], "cb", once=False).stage is Stage.END
    assert replied([data(status=3)], "cb", once=False).stage is Stage.END
    assert replied([data(key="", value=b"", status=2)], "cb", once=False).stage is Stage.END
    assert replied([data(status=1)], "exec", once=True).parts[0].stage is Stage.ONCE


def test_data_that_cannot_travel_and_numbers_out_of_range_are_named() -> None:
    assert replied([data(value="ä"), data(value=bytearray(b"x"))], "exec", once=True).parts[0].data == "ä".encode()
    with pytest.raises(ServiceError, match="data of type int"):
        replied([data(value=5)], "exec", once=True)
    with pytest.raises(ServiceError, match="of type 9"):
        replied([data(type=9)], "exec", once=True)


def test_an_error_says_text_and_number() -> None:
    error = error_of(7, "no model")
    assert (error.fault, error.code, error.message) == (Fault.USER_ERROR, 7, "no model;code=7")
