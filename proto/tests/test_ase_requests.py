"""Requests in ASE JSON, from the seed's own to the ones nobody should send."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena.models import Expectation, Kind, Part, Request, Stage
from athena_proto.ase import MAX_PARTS, Message, decode_message, encode_request

LIMIT = 1 << 20
SEED = Path(__file__).parent / "data" / "seed_004.json"


def decoded(document: object, service: str = "ocr", **options: object) -> Message:
    return decode_message(json.dumps(document).encode(), service, LIMIT, **options)  # type: ignore[arg-type]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_seeds_own_request_decodes_unchanged() -> None:
    message = decode_message(SEED.read_bytes(), "mmocr", LIMIT)
    assert message.headers["app_id"] == "123456"
    assert message.headers["mac"] == "6c:92:bf:65:c6:14"
    assert message.headers["status"] == "3"
    assert "request_id" not in message.headers
    assert message.params == {
        "category": "ai_category",
        "application_mode": "common_gpu",
        "gpu_id": "first",
        "gpu_type": "T4G16",
    }
    assert message.expect == (Expectation("boxes", None, {"encoding": "utf8", "compress": "raw", "format": "json"}),)
    (part,) = message.parts
    assert (part.key, part.kind, part.stage, part.seq) == ("data", Kind.IMAGE, Stage.ONCE, None)
    assert part.data == b"\xff\xd8\xff\xe0 a picture"
    assert part.attributes == {"encoding": "jpg"}


def test_an_empty_object_is_an_empty_request() -> None:
    message = decoded({})
    assert (message.parts, message.params, message.headers, message.expect, message.sid) == ((), {}, {}, (), "")


def test_null_stands_for_nothing_in_every_place_upstream_allows_it() -> None:
    message = decoded({"header": None, "parameter": {"ocr": None}, "payload": None})
    assert message.parts == ()
    message = decoded(
        {"header": {"a": None}, "parameter": {"ocr": {"b": None}}, "payload": {"x": {"seq": None, "c": None}}}
    )
    assert not message.headers
    assert not message.params
    assert not message.parts[0].attributes


def test_numbers_become_strings_in_their_shortest_form() -> None:
    message = decoded({"parameter": {"ocr": {"a": 3, "b": 12.5, "c": True, "d": 16000.0}}})
    assert message.params == {"a": "3", "b": "12.5", "c": "true", "d": "16000"}


def test_appid_is_an_alias_of_app_id() -> None:
    assert decoded({"header": {"appid": "7"}}).headers == {"app_id": "7"}
    assert decoded({"header": {"appid": "7", "app_id": 7}}).headers == {"app_id": "7"}
    with pytest.raises(ServiceError, match="app_id and its alias appid differ"):
        decoded({"header": {"appid": "7", "app_id": "8"}})


def test_header_names_are_lower_cased_and_lists_joined_as_upstream_joins_them() -> None:
    assert decoded({"header": {"Net_Type": "wifi", "patch_id": ["a", 2]}}).headers == {
        "net_type": "wifi",
        "patch_id": "a;2",
    }


def test_the_sid_and_the_status_of_the_header_are_read() -> None:
    message = decoded({"header": {"sid": "s1", "status": 1}, "payload": {"x": {}}})
    assert (message.sid, message.stage, message.parts[0].stage) == ("s1", Stage.CONTINUE, Stage.CONTINUE)
    assert decoded({"header": {"status": 0}, "payload": {"x": {}}}, stage=Stage.END).parts[0].stage is Stage.BEGIN
    assert "sid" not in message.headers


def test_the_services_own_parameters_win_and_without_them_all_are_flattened() -> None:
    both = {"parameter": {"ocr": {"a": 1, "out": {"format": "json"}}, "tts": {"b": 2, "audio": {"data_type": "audio"}}}}
    assert decoded(both).params == {"a": "1"}
    assert [each.key for each in decoded(both).expect] == ["out"]
    other = decoded(both, "asr")
    assert other.params == {"a": "1", "b": "2"}
    assert other.expect == (Expectation("out", None, {"format": "json"}), Expectation("audio", Kind.AUDIO, {}))


def test_an_unknown_data_type_is_other_as_upstream_has_it() -> None:
    assert decoded({"parameter": {"ocr": {"out": {"data_type": "smell"}}}}).expect[0].kind is Kind.OTHER


@pytest.mark.parametrize("name", ["text", "image", "audio", "video", "other"])
def test_the_content_key_says_the_kind(name: str) -> None:
    unit = {name: b64(b"\0\xff"), "status": 1, "seq": 4, "sample_rate": 16000, "encoding": "raw"}
    (part,) = decoded({"payload": {"d": unit}}).parts
    assert part.kind is Kind[name.upper()]
    assert (part.data, part.stage, part.seq) == (b"\0\xff", Stage.CONTINUE, 4)
    assert part.attributes == {"sample_rate": "16000", "encoding": "raw"}


def test_text_is_base64_and_the_refusal_says_how_to_send_it_plain() -> None:
    assert decoded({"payload": {"d": {"text": b64("hällo".encode())}}}).parts[0].text == "hällo"
    with pytest.raises(ServiceError, match=r'payload.d.text: not base64 at byte 5; base64 it, or .* "plain"'):
        decoded({"payload": {"d": {"text": "hello word"}}})


def test_plain_is_text_as_it_is_and_asks_for_a_plain_reply() -> None:
    message = decoded({"payload": {"d": {"plain": "hello word"}}})
    assert (message.parts[0].kind, message.parts[0].data, message.plain) == (Kind.TEXT, b"hello word", True)
    assert decoded({"header": {"plain": True}}).plain
    assert not decoded({"payload": {"d": {"text": ""}}}).plain
    with pytest.raises(ServiceError, match=r"payload.d.plain: expected a string"):
        decoded({"payload": {"d": {"plain": 1}}})


def test_beside_a_content_key_plain_is_an_attribute_as_any_other() -> None:
    assert decoded({"payload": {"d": {"audio": "", "plain": 1}}}).parts[0].attributes == {"plain": "1"}


def test_an_embedded_value_arrives_letter_by_letter_with_format_json() -> None:
    body = b'{"payload": {"d": {"text": { "a" : [1.50, "x"] } , "encoding": "utf8"}}}'
    (part,) = decode_message(body, "ocr", LIMIT).parts
    assert part.data == b'{ "a" : [1.50, "x"] }'
    assert part.attributes == {"format": "json", "encoding": "utf8"}


@pytest.mark.parametrize("content", [1, True, None, 1.5])
def test_a_content_that_is_neither_base64_nor_a_json_value_is_refused(content: object) -> None:
    with pytest.raises(ServiceError, match=r"payload.d.text: expected base64, or a JSON object or array"):
        decoded({"payload": {"d": {"text": content}}})


@pytest.mark.parametrize("kind", ["image", "audio", "video"])
def test_a_json_value_is_no_picture_and_no_sound(kind: str) -> None:
    with pytest.raises(ServiceError, match=rf"payload.d.{kind}: expected base64$"):
        decoded({"payload": {"d": {kind: {"a": 1}}}})


def test_a_seq_is_a_whole_number_however_it_is_written() -> None:
    assert decoded({"payload": {"d": {"plain": "x", "seq": 4.0}}}).parts[0].seq == 4
    with pytest.raises(ServiceError, match="seq: expected a whole number"):
        decoded({"payload": {"d": {"plain": "x", "seq": 4.5}}})


def test_a_list_of_units_is_many_parts_of_one_key() -> None:
    parts = decoded({"payload": {"d": [{"image": b64(b"1")}, {"image": b64(b"2")}], "e": {"other": ""}}}).parts
    assert [(part.key, bytes(part.data)) for part in parts] == [("d", b"1"), ("d", b"2"), ("e", b"")]


def test_a_frame_without_content_keeps_the_kind_its_stream_had() -> None:
    kinds: dict[str, Kind] = {}
    decoded({"payload": {"d": {"audio": b64(b"x"), "status": 0}}}, kinds=kinds, stage=Stage.CONTINUE)
    (last,) = decoded({"payload": {"d": {"status": 2}}}, kinds=kinds, stage=Stage.CONTINUE).parts
    assert (last.kind, last.stage, last.data) == (Kind.AUDIO, Stage.END, b"")


def test_gzip_is_unfolded_and_relabelled() -> None:
    (part,) = decoded({"payload": {"d": {"text": b64(gzip.compress(b"hello")), "compress": "gzip"}}}).parts
    assert (part.data, part.attributes) == (b"hello", {"compress": "raw"})


def test_a_gzip_bomb_is_too_large_and_broken_gzip_a_bad_request() -> None:
    with pytest.raises(ServiceError, match="unfolds to more than") as caught:
        decoded({"payload": {"d": {"other": b64(gzip.compress(bytes(LIMIT + 1))), "compress": "gzip"}}})
    assert caught.value.fault is Fault.TOO_LARGE
    for broken in (b"", b"x", gzip.compress(b"hello")[:-1], gzip.compress(b"a") + b"b"):
        with pytest.raises(ServiceError, match=r"payload.d.other: .*gzip") as caught:
            decoded({"payload": {"d": {"other": b64(broken), "compress": "gzip"}}})
        assert caught.value.fault is Fault.BAD_REQUEST


REFUSED = {
    "the document is an array": (b"[]", "body: Expected `object`"),
    "header is a list": (b'{"header":[]}', "`header`"),
    "a header field is an object": (b'{"header":{"a":{}}}', "header.a"),
    "a list in the header holds an object": (b'{"header":{"a":[{}]}}', "header.a"),
    "the header's status is unknown": (b'{"header":{"status":4}}', "header.status"),
    "a parameter stands beside the services": (b'{"parameter":{"lang":"en"}}', "`parameter"),
    "a parameter is a list": (b'{"parameter":{"ocr":{"a":[]}}}', "parameter.ocr.a"),
    "another service's parameter is a list": (b'{"parameter":{"ocr":{},"tts":{"a":[]}}}', "parameter.tts.a"),
    "an expectation nests": (b'{"parameter":{"ocr":{"out":{"a":{}}}}}', "parameter.ocr.out.a"),
    "the payload is a string": (b'{"payload":"x"}', "`payload`"),
    "a unit is a string": (b'{"payload":{"d":"x"}}', "`payload"),
    "a unit is null": (b'{"payload":{"d":null}}', "`payload"),
    "an attribute is an object": (b'{"payload":{"d":{"a":{}}}}', "payload.d.a"),
    "an attribute is a huge integer": (b'{"payload":{"d":{"a":99999999999999999999}}}', "payload.d.a"),
    "an embedded value holds a huge integer": (b'{"payload":{"d":{"text":[99999999999999999999]}}}', "payload.d.text"),
    "an embedded value is too deep": (b'{"payload":{"d":{"text":' + b"[" * 70 + b"]" * 70 + b"}}}", "payload.d.text"),
    "an embedded value has a key twice": (b'{"payload":{"d":{"text":{"a":1,"a":2}}}}', "'a' stands twice"),
    "two contents": (b'{"payload":{"d":{"text":"","image":""}}}', "payload.d: has two contents"),
    "the status is unknown": (b'{"payload":{"d":{"status":9}}}', "payload.d.status"),
    "the status is true": (b'{"payload":{"d":{"status":true}}}', "payload.d.status"),
    "the seq is negative": (b'{"payload":{"d":{"seq":-1}}}', "payload.d.seq"),
    "the seq is a word": (b'{"payload":{"d":{"seq":"one"}}}', "payload.d.seq"),
    "a payload key twice": (b'{"payload":{"d":{"status":3},"d":{"status":3}}}', "'d' stands twice"),
    "payload twice": (b'{"payload":{},"payload":{}}', "'payload' stands twice"),
    "a header field twice": (b'{"header":{"a":1,"a":1}}', "'a' stands twice"),
    "an unknown member holds a key twice": (b'{"extra":{"a":1,"a":1}}', "'a' stands twice"),
    "an unknown member is not UTF-8": (b'{"extra":"\xff"}', "not UTF-8"),
    "too many parts": (json.dumps({"payload": {"d": [{}] * (MAX_PARTS + 1)}}).encode(), "1025 parts"),
}


@pytest.mark.parametrize(("body", "place"), REFUSED.values(), ids=REFUSED.keys())
def test_a_malformed_request_is_refused_with_its_path(body: bytes, place: str) -> None:
    with pytest.raises(ServiceError, match=place) as caught:
        decode_message(body, "ocr", LIMIT)
    assert caught.value.fault is Fault.BAD_REQUEST


def test_unknown_members_of_the_document_are_dropped_as_upstream_drops_them() -> None:
    assert decoded({"extra": {"deep": [1]}, "payload": {"d": {"other": ""}}}).parts[0].key == "d"


def test_what_is_larger_than_the_limit_is_too_large() -> None:
    half = b64(bytes(LIMIT // 2 + 1))
    with pytest.raises(ServiceError, match="payload: 1048578 bytes") as caught:
        decoded({"payload": {"a": {"other": half}, "b": {"other": half}}})
    assert caught.value.fault is Fault.TOO_LARGE


NAMES = st.text("abcxyz_-", min_size=1, max_size=8).filter(
    lambda name: (
        name not in ("text", "image", "audio", "video", "other", "plain", "status", "seq", "compress", "sid", "appid")
    )
)
STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PARTS = st.builds(
    Part,
    NAMES,
    st.binary(max_size=40),
    st.sampled_from(Kind),
    st.sampled_from(Stage),
    st.none() | st.integers(0, 2**40),
    st.dictionaries(NAMES, STRINGS, max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(PARTS, max_size=5, unique_by=lambda part: part.key),
    st.dictionaries(NAMES, STRINGS, max_size=4),
    st.dictionaries(NAMES, STRINGS, max_size=4),
)
def test_what_a_client_encodes_the_server_decodes_to_the_same_values(
    parts: list[Part], params: dict[str, str], headers: dict[str, str]
) -> None:
    request = Request("ocr", parts=tuple(parts), params=params, headers=headers)
    message = decode_message(encode_request(request), "ocr", LIMIT)
    assert message.params == params
    assert message.headers == headers
    assert len(message.parts) == len(parts)
    for sent, got in zip(parts, message.parts, strict=True):
        assert (sent.key, sent.data, sent.kind, sent.stage, sent.seq) == (
            got.key,
            got.data,
            got.kind,
            got.stage,
            got.seq,
        )
        assert sent.attributes == got.attributes


def test_expectations_and_the_headers_status_are_encoded() -> None:
    request = Request("ocr", expect=(Expectation("out", Kind.AUDIO, {"encoding": "pcm"}), Expectation("boxes")))
    message = decode_message(encode_request(request, stage=Stage.BEGIN, plain=True), "ocr", LIMIT)
    assert (message.expect, message.stage, message.plain) == (request.expect, Stage.BEGIN, True)


def test_strings_that_json_cannot_hold_are_refused_where_they_are_encoded() -> None:
    with pytest.raises(ServiceError, match="does not fit into JSON"):
        encode_request(Request("ocr", params={"a": "\ud800"}))
