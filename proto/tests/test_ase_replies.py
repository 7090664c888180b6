"""Replies in ASE JSON: what upstream's clients read, and what ours gets back."""

from __future__ import annotations

import base64
import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena.errors import Executed, Fault, ServiceError
from athena.models import Kind, Part, Reply, Stage
from athena_proto.ase import decode_answer, encode_error, encode_reply
from athena_proto.ase_documents import payload_of

LIMIT = 1 << 20
BOXES = [
    {
        "filename": "0",
        "result": [{"box": [1, 2, 3, 4, 5, 6, 7, 8], "box_score": 0.9, "text": "hüll", "text_score": 1.0}],
    }
]


def shown(reply: Reply, **options: bool) -> dict[str, dict[str, object]]:
    document = json.loads(encode_reply(reply, "s1", LIMIT, **options))
    assert isinstance(document, dict)
    return document


def again(reply: Reply) -> Reply:
    answer = decode_answer(encode_reply(reply, "s1", LIMIT), LIMIT)
    assert (answer.sid, answer.error) == ("s1", None)
    assert answer.reply is not None
    return answer.reply


def test_a_reply_reads_as_the_seed_reads_it() -> None:
    document = shown(Reply((Part.from_json("boxes", BOXES),)))
    assert document["header"] == {"code": 0, "message": "success", "sid": "s1", "status": 3}
    for box in document["payload"]["boxes"]["text"][0].get("result"):  # type: ignore[index]
        assert "box at {box}, {box_score}, {text}, {text_score}".format(**box)


def test_without_format_json_the_content_is_base64_of_every_kind() -> None:
    for kind in Kind:
        unit = shown(Reply((Part("d", b"[1]\xff", kind, seq=2, attributes={"encoding": "raw"}),)))["payload"]["d"]
        assert unit == {"encoding": "raw", "status": 3, "seq": 2, kind.name.lower(): "WzFd/w=="}


@pytest.mark.parametrize(
    "data", [b'"a string"', b"", b" ", b"{", b"[1]x", b'["\\ud800"]', b'["\xff"]', b"NaN", b"[" * 5000]
)
def test_bytes_that_are_no_json_value_or_a_json_string_stay_base64(data: bytes) -> None:
    unit = shown(Reply((Part("d", data, Kind.TEXT, attributes={"format": "json"}),)))["payload"]["d"]
    assert base64.b64decode(str(unit["text"])) == data  # type: ignore[index]


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"null", b"true", b"1.50", b' {"a": "\\ud83d\\ude00"} ', '["ü"]'.encode()]
)
def test_embedded_values_come_back_letter_by_letter(data: bytes) -> None:
    part = Part("d", data, Kind.TEXT, attributes={"format": "json"})
    assert json.loads(encode_reply(Reply((part,)), "", LIMIT))["payload"]["d"]["text"] == json.loads(data)
    assert again(Reply((part,))).part("d").data == data.strip()


def test_a_plain_reply_shows_its_text_and_keeps_base64_where_it_must() -> None:
    parts = (Part.from_text("a", "hüllo"), Part("b", b"\xff", Kind.TEXT), Part("c", b"x", Kind.IMAGE))
    payload = shown(Reply(parts), plain=True)["payload"]
    assert payload == {
        "a": {"status": 3, "plain": "hüllo"},
        "b": {"status": 3, "text": "/w=="},
        "c": {"status": 3, "image": "eA=="},
    }


def test_parts_of_one_key_become_a_list_and_come_back_in_order() -> None:
    reply = Reply(tuple(Part("d", str(number).encode()) for number in range(3)))
    assert [unit["other"] for unit in shown(reply)["payload"]["d"]] == ["MA==", "MQ==", "Mg=="]  # type: ignore[index]
    assert [bytes(part.data) for part in again(reply).parts] == [b"0", b"1", b"2"]


def test_attributes_named_like_a_units_own_keys_do_not_travel() -> None:
    part = Part("d", b"x", Kind.IMAGE, attributes={"text": "no", "status": "9", "a": "b"})
    assert shown(Reply((part,)))["payload"]["d"] == {"a": "b", "status": 3, "image": "eA=="}


def test_the_replys_own_attributes_and_stage_stand_in_the_header() -> None:
    reply = again(Reply((), Stage.END, {"a": "b"}))
    assert (reply.parts, reply.stage, reply.attributes) == ((), Stage.END, {"a": "b"})


def test_data_may_be_a_memoryview() -> None:
    assert again(Reply((Part("d", memoryview(b"xyz")),))).part("d").data == b"xyz"
    json_part = Part("d", memoryview(b"[1]"), Kind.TEXT, attributes={"format": "json"})
    assert again(Reply((json_part,))).part("d").data == b"[1]"


def test_a_reply_beyond_the_limit_is_too_large_at_both_ends() -> None:
    reply = Reply((Part("d", bytes(100)), Part("e", bytes(100))))
    for attempt in (lambda: encode_reply(reply, "", 199), lambda: decode_answer(encode_reply(reply, "", 200), 199)):
        with pytest.raises(ServiceError, match="200 bytes") as caught:
            attempt()
        assert (caught.value.fault, caught.value.executed) == (Fault.TOO_LARGE, Executed.YES)


def test_a_reply_that_json_cannot_hold_is_the_wrappers_error() -> None:
    with pytest.raises(ServiceError, match="does not fit into JSON") as caught:
        encode_reply(Reply((Part("d", b"", attributes={"a": "\ud800"}),)), "", LIMIT)
    assert (caught.value.fault, caught.value.executed) == (Fault.USER_ERROR, Executed.YES)


def test_an_error_is_an_answer_too() -> None:
    answer = decode_answer(encode_error(ServiceError(Fault.QUOTA, "slow down", retry_after=2), "s9"), LIMIT)
    assert (answer.reply, answer.sid) == (None, "s9")
    assert answer.error is not None
    assert (answer.error.fault, answer.error.retry_after) == (Fault.QUOTA, 2.0)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"header":1}', b'{"header":{"attributes":{"a":{}}}}'])
def test_what_is_no_ase_json_is_refused(body: bytes) -> None:
    with pytest.raises(ServiceError):
        decode_answer(body, LIMIT)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            Part,
            st.text("abc", max_size=3),
            st.binary(max_size=40),
            st.sampled_from(Kind),
            st.sampled_from(Stage),
            st.none() | st.integers(0, 2**40),
            st.dictionaries(st.text("xyz", max_size=3), st.text("äb ", max_size=5), max_size=3),
        ),
        max_size=6,
    ),
    st.sampled_from(Stage),
)
def test_what_a_server_encodes_the_client_decodes_to_the_same_values(parts: list[Part], stage: Stage) -> None:
    got = again(Reply(tuple(parts), stage))
    assert got.stage is stage
    for key in {part.key for part in parts}:
        mine = [part for part in parts if part.key == key]
        theirs = [part for part in got.parts if part.key == key]
        assert [(part.data, part.kind, part.stage, part.seq, dict(part.attributes)) for part in mine] == [
            (part.data, part.kind, part.stage, part.seq, dict(part.attributes)) for part in theirs
        ]


@given(
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=8), st.binary(max_size=40), st.sampled_from(Kind),
    st.sampled_from(Stage), st.sampled_from(Stage), st.text(st.characters(blacklist_categories=["Cs"]), max_size=8),
)  # fmt: skip
def test_a_plain_reply_is_the_document_that_the_long_way_writes(
    key: str, data: bytes, kind: Kind, place: Stage, stage: Stage, sid: str
) -> None:
    part = Part(key, data, kind, place)
    header = {"code": 0, "message": "success", "sid": sid, "status": stage.value}
    whole = orjson.dumps({"header": header, "payload": payload_of([part], plain=False, embed=True)})
    assert encode_reply(Reply((part,), stage), sid, 100) == whole


def test_a_key_that_json_cannot_hold_is_the_wrappers_error() -> None:
    with pytest.raises(ServiceError) as caught:
        encode_reply(Reply((Part("\ud800"),)), "sid", 100)
    assert caught.value.fault is Fault.USER_ERROR
