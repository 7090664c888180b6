"""What a request says about its answer's writing, and what becomes of it."""

from __future__ import annotations

import gzip
import json

import pytest

from athena.errors import Fault, ServiceError
from athena.models import Expectation, Kind, Part, Reply, Stage
from athena_proto.ase import Style, decode_message, encode_error, encode_reply, merged
from athena_proto.ase_styles import number_of, style_of

LIMIT = 1 << 20


def decoded(document: object, service: str = "s") -> Style | None:
    return decode_message(json.dumps(document).encode(), service, LIMIT).style


def shown(reply: Reply, style: Style | None) -> dict[str, dict[str, object]]:
    document = json.loads(encode_reply(reply, "s1", LIMIT, style=style))
    assert isinstance(document, dict)
    return document


def test_a_request_that_says_nothing_has_no_style() -> None:
    assert decoded({"header": {"app_id": "1"}, "payload": {"d": {"plain": "x", "a": "7"}}}) is None
    assert style_of((), (Expectation("a", None, {"compress": "raw"}),), "") is None


def test_numbers_folding_and_cid_are_noted() -> None:
    style = decoded(
        {
            "header": {"cid": "c", "status": 3},
            "parameter": {"s": {"r": {"compress": "gzip", "rate": 8}, "x": 3}},
            "payload": {"d": {"plain": "x", "custom": 7, "seq": 1, "status": 3, "fast": True, "share": 1.0}},
        }
    )
    assert style == Style(frozenset({"rate", "custom"}), frozenset({"r"}), "c")


@pytest.mark.parametrize(("given", "cid"), [("c", "c"), (0, 0), (True, ""), (1.5, ""), (None, ""), ([1], "")])
def test_a_cid_is_a_string_or_a_whole_number(given: object, cid: object) -> None:
    style = decoded({"header": {"cid": given}})
    assert (style.cid if style else "") == cid


def test_a_cid_stands_in_replies_and_errors() -> None:
    for cid in ("c", 0):
        reply = shown(Reply((Part("d", b"x"),)), Style(cid=cid))
        assert (reply["header"]["cid"], reply["payload"]) == (cid, {"d": {"status": 3, "other": "eA=="}})
        error = json.loads(encode_error(ServiceError(Fault.QUOTA, "enough"), cid=cid))
        assert error["header"]["cid"] == cid


def test_only_the_result_that_is_wanted_folded_is() -> None:
    style = Style(folded=frozenset({"a", "c"}))
    done = gzip.compress(b"done", mtime=0)
    parts = (
        Part("a", b"[1]", Kind.TEXT, attributes={"format": "json"}),
        Part.from_text("b", "plain"),
        Part("c", done, Kind.OTHER, attributes={"compress": "gzip"}),
    )
    document = json.loads(encode_reply(Reply(parts), "", LIMIT, plain=True, style=style))
    again = decode_message(json.dumps({"payload": document["payload"]}).encode(), "s", LIMIT).parts
    assert [(part.key, part.data) for part in again] == [("a", b"[1]"), ("b", b"plain"), ("c", b"done")]
    assert document["payload"]["a"]["compress"] == "gzip"
    assert "compress" not in document["payload"]["b"]


def test_a_reply_in_pieces_is_folded_piece_by_piece() -> None:
    style = Style(folded=frozenset({"a"}))
    for stage in (Stage.BEGIN, Stage.CONTINUE, Stage.END):
        unit = shown(Reply((Part("a", memoryview(b"xx"), Kind.TEXT, stage),), stage), style)["payload"]["a"]
        assert unit["status"] == stage.value  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("16000", 16000), ("-1", -1), (str(2**63 - 1), 2**63 - 1), (str(-(2**62)), -(2**62))]
    + [(text, None) for text in ("", "-", "+1", "01", "-0", "1.0", "1e3", " 1", "٣", str(2**63), "9" * 40)],
)
def test_a_whole_number_is_one_in_its_shortest_form(text: str, number: int | None) -> None:
    assert number_of(text) == number


def test_an_attribute_that_came_as_a_number_goes_back_as_one_where_it_still_is() -> None:
    style = Style(numbers=frozenset({"a", "b", "status"}))
    part = Part("d", b"", attributes={"a": "7", "b": "7x", "c": "7", "channels": "2"})
    assert shown(Reply((part,)), style)["payload"]["d"] == {
        "a": 7, "b": "7x", "c": "7", "channels": 2, "status": 3, "other": "",
    }  # fmt: skip
    assert shown(Reply((part,)), None)["payload"]["d"]["a"] == "7"  # type: ignore[index]


def test_a_sessions_style_grows_and_keeps_its_cid() -> None:
    first, later = Style(frozenset({"a"}), frozenset(), 0), Style(frozenset({"b"}), frozenset({"r"}), "other")
    assert merged(None, later) is later
    assert merged(first, None) is first
    assert merged(first, later) == Style(frozenset({"a", "b"}), frozenset({"r"}), 0)
