"""Untrusted text: everything malformed is BAD_REQUEST with a place, and nothing well-formed is refused."""

from __future__ import annotations

import json
import time
from base64 import b64encode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena_proto import strict

MALFORMED = {
    "empty": b"",
    "a space": b" ",
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "minus Infinity": b'{"a":-Infinity}',
    "beyond a double": b'{"a":1e999}',
    "beyond a double, negative": b'{"a":-1e999}',
    "an integer beyond 64 bits": b'{"a":18446744073709551616}',
    "an integer below 64 bits": b'{"a":-9223372036854775809}',
    "an integer of 5000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "a leading zero": b'{"a":01}',
    "a plus sign": b'{"a":+1}',
    "a bare point": b'{"a":.5}',
    "a trailing point": b'{"a":1.}',
    "hexadecimal": b'{"a":0x10}',
    "a key twice": b'{"a":1,"a":2}',
    "a key twice, spaced": b'{"a":1,"a" :2}',
    "a key twice, one escaped": b'{"a":1,"\\u0061":2}',
    "a key twice, deep": b'{"x":[{"y":{"a":1,"b":2,"a":3}}]}',
    "a key twice, hidden by a backslash key": b'{"a":1,"a":2,"b\\\\":3}',
    "a key twice, hidden by a colon in a string": b'{"a":1,"a":2,"b":"::"}',
    "a key twice, hidden by an escaped quote": b'{"a":1,"a":2,"b":"\\":"}',
    "the empty key twice": b'{"":1,"":2}',
    "a lone high surrogate": b'{"a":"\\ud800"}',
    "a lone low surrogate": b'{"a":"\\udc00"}',
    "a surrogate as key": b'{"\\ud800":1}',
    "two high surrogates": b'{"a":"\\ud800\\ud800"}',
    "bad UTF-8": b'{"a":"\xff"}',
    "UTF-8 cut short": b'{"a":"\xc3"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "UTF-8 of a surrogate": b'{"a":"\xed\xa0\x80"}',
    "bad UTF-8 in a key": b'{"\xff":1}',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "a control character": b'{"a":"\x01"}',
    "a line break in a string": b'{"a":"\n"}',
    "a NUL": b"\x00",
    "a trailing NUL": b'{"a":1}\x00',
    "two documents": b'{"a":1}{"a":1}',
    "a trailing comma": b'{"a":1,}',
    "a trailing comma in an array": b"[1,]",
    "a comment": b'{"a":1/*x*/}',
    "single quotes": b"{'a':1}",
    "a bare key": b"{a:1}",
    "cut in an object": b'{"a":1',
    "cut in an array": b"[1,2",
    "cut in a string": b'{"a":"x',
    "cut in a literal": b"[tru",
    "a wrong literal": b"[True]",
    "undefined": b"[undefined]",
    "a wrong escape": b'["\\x41"]',
    "a short escape": b'["\\u12"]',
    "only a bracket": b"[",
    "the wrong bracket": b'{"a":1]',
    "65 arrays deep": b"[" * 66 + b"]" * 66,
    "65 objects deep": b'{"a":' * 66 + b"1" + b"}" * 66,
    "5000 arrays deep": b"[" * 5000 + b"]" * 5000,
    "a million open brackets": b"[" * 1_000_000,
    "a million open objects": b'{"a":' * 200_000,
    "random bytes": bytes(range(256)),
    "an HTML page": b"<html></html>",
    "a form": b"a=1&b=2",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_json_is_a_bad_request_that_says_where(body: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        strict.loads(body)
    assert caught.value.fault is Fault.BAD_REQUEST
    assert caught.value.message.startswith("body: ")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"b":{"a":1}}',
        b'{"mac":"6c:92:bf:65:c6:14"}',
        b'{"a\\\\":1,"b":2}',
        b'{"a" : 1 , "b"\n:\t2}',
        b'{"a":"\\":\\":"}',
        b'{"url":"http://x/?a=\\"b\\":c"}',
        b'{"":"","a":[]}',
        b'["\\ud83d\\ude00"]',
        b"[18446744073709551615,-9223372036854775808,0.1,-0.0,1e300]",
        b"[" * 64 + b"]" * 64,
        b'"\\u0000"',
    ],
)
def test_well_formed_json_is_taken_as_pythons_own_decoder_takes_it(body: bytes) -> None:
    assert strict.loads(body) == json.loads(body)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(JSON, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t:\r\n")]), st.booleans())
def test_every_document_comes_back_whole_however_it_is_spaced(
    value: object, separators: tuple[str, str], ascii_only: bool
) -> None:
    try:
        body = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        return  # hypothesis drew a lone surrogate
    try:
        assert strict.loads(body) == value
    except ServiceError:
        assert any("\ud800" <= letter <= "\udfff" for letter in json.dumps(value, ensure_ascii=False))


@settings(max_examples=300, deadline=None)
@given(JSON.filter(lambda value: isinstance(value, dict) and value), st.data())
def test_a_key_written_twice_is_always_found(value: dict[str, object], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)
    body = f"{text[:-1]}, {json.dumps(key)}{data.draw(st.sampled_from(['', ' ', chr(9)]))}: 0}}".encode()
    with pytest.raises(ServiceError, match="body"):
        strict.loads(body)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_never_raise_anything_but_bad_request(body: bytes) -> None:
    try:
        strict.loads(body)
    except ServiceError as error:
        assert error.fault is Fault.BAD_REQUEST


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 80), st.binary(min_size=1, max_size=3))
def test_a_document_with_a_few_bytes_replaced_never_raises_anything_but_bad_request(at: int, bytes_: bytes) -> None:
    body = bytearray(b'{"header":{"app_id":"x","n":[1,2.5,{"a":null}]},"payload":{"data":{"text":"aGVsbG8="}}}')
    body[at : at + len(bytes_)] = bytes_
    try:
        strict.loads(bytes(body))
    except ServiceError as error:
        assert error.fault is Fault.BAD_REQUEST


def test_a_mebibyte_with_colons_in_its_strings_is_checked_without_parsing_it_twice() -> None:
    body = json.dumps({"mac": "6c:92:bf:65:c6:14", "image": "A" * (1 << 20)}).encode()
    started = time.perf_counter()
    assert strict.loads(body)["mac"] == "6c:92:bf:65:c6:14"
    assert time.perf_counter() - started < 0.5


def test_many_colons_fall_back_to_the_exact_way() -> None:
    body = json.dumps({str(number): ":" for number in range(5000)}).encode()
    assert len(strict.loads(body)) == 5000
    with pytest.raises(ServiceError, match="'7' stands twice"):
        strict.loads(body[:-1] + b', "7": 1}')


def test_a_typed_decoder_names_the_path_of_a_wrong_type() -> None:
    class Document(msgspec.Struct):
        header: dict[str, int]

    with pytest.raises(ServiceError, match="body: Expected `object`, got `array` at `header`"):
        strict.decode(msgspec.json.Decoder(Document), b'{"header":[]}')


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("aGVsbG8", "length or padding"),
        ("aGVsb G8=", "byte 5"),
        ("aGVsbG8=\n", "byte"),
        ("aGVs-G8=", "byte 4"),
        ("=", "length or padding"),
        ("hello world!", "byte 5"),
        ("päd", "byte 1"),
        ("aGVsbG8=aGVs", "byte 7"),
    ],
)
def test_what_is_not_base64_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(ServiceError, match=place) as caught:
        strict.base64(text, "payload.data.image", "try harder")
    assert caught.value.message.startswith("payload.data.image: not base64")
    assert caught.value.message.endswith("; try harder")


@given(st.binary(max_size=100))
def test_base64_comes_back(data: bytes) -> None:
    assert strict.base64(b64encode(data).decode(), "x") == data


def test_utf8_is_refused_with_its_place() -> None:
    assert strict.utf8("ü".encode(), "x") == "ü"
    with pytest.raises(ServiceError, match="x: not UTF-8 at byte 2"):
        strict.utf8(b"ab\xff", "x")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (3, "3"),
        (12.5, "12.5"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (1e18, "1e+18"),
        (1.5e-300, "1.5e-300"),
        (True, "true"),
        (False, "false"),
        (16000, "16000"),
    ],
)
def test_scalars_travel_in_their_shortest_form(value: object, text: str) -> None:
    assert strict.scalar(value, "p") == text


@pytest.mark.parametrize(
    ("value", "got"), [(None, "null"), ([], "an array"), ({}, "an object"), (2**64, "64 bits"), (1e300, "64 bits")]
)
def test_what_is_no_scalar_is_refused(value: object, got: str) -> None:
    with pytest.raises(ServiceError, match=got):
        strict.scalar(value, "p")
