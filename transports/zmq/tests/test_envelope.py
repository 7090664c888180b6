"""The head: ten bytes, then what the caller says of itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from athena.errors import Fault, ServiceError
from athena_proto import inference_pb2 as pb
from athena_transport_zmq import envelope
from athena_transport_zmq.envelope import Operation

PAGE = Path(__file__).resolve().parents[3] / "docs" / "zmq-protocol.md"


def test_a_head_is_ten_bytes_and_big_endian() -> None:
    assert envelope.pack(Operation.ONCE, 7) == b"\x01\x01\x00\x00\x00\x00\x00\x00\x00\x07"


def test_headers_survive_and_names_become_lower_case() -> None:
    head = envelope.pack(Operation.ONCE, 1, envelope.headers_out({"X-Key": "k", "x-name": "ü"}))
    assert envelope.headers_of(head) == {"x-key": "k", "x-name": "ü"}
    assert envelope.headers_out({}) == b""
    assert envelope.headers_of(envelope.pack(Operation.ONCE, 1)) == {}


def test_names_a_foreign_client_wrote_in_capitals_are_lowered_too() -> None:
    head = envelope.pack(1, 1, pb.Headers(headers={"Authorization": "x"}).SerializeToString())
    assert envelope.headers_of(head) == {"authorization": "x"}


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        (b"\xff\xff", Fault.BAD_REQUEST),
        (pb.Headers(headers={str(number): "" for number in range(300)}).SerializeToString(), Fault.BAD_REQUEST),
        (pb.Headers(headers={"a": "x" * 40_000}).SerializeToString(), Fault.TOO_LARGE),
    ],
)
def test_a_flood_or_garbage_is_refused(headers: bytes, fault: Fault) -> None:
    with pytest.raises(ServiceError) as caught:
        envelope.headers_of(envelope.pack(1, 1, headers))
    assert caught.value.fault is fault


def test_the_page_lists_every_operation_under_its_number() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| ([A-Z_]+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {int(number): name for number, name in rows.items()} == {int(each): each.name for each in Operation}
