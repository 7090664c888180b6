"""docs/worker-protocol.md says what the code does: numbers, limits, messages, and the example byte by byte."""

from __future__ import annotations

import re
from pathlib import Path

from athena.errors import Fault
from athena.link import frames, worker_pb2
from athena.link.frames import KINDS, Decoder, feed, prefix
from athena.link.heads import encode_reply, reply_of, request_of
from athena.models import Kind, Part, Reply, Stage
from athena.specs import API

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "worker-protocol.md").read_text()


def example(name: str) -> bytes:
    """The bytes of the example frame of that name."""
    found = re.search(rf"^{name}\n((?:[0-9a-f ]+\n)+)", TEXT, re.M)
    assert found is not None
    return bytes.fromhex(found[1])


def test_the_examples_call_decodes_to_what_the_page_says() -> None:
    (frame,) = feed(Decoder(1000), example("CALL"))
    assert (KINDS[frame.kind], frame.id) == ("CALL", 1)
    request, held = request_of(frame, "svc", None)
    assert (request.sid, held) == ("s1", False)
    (part,) = request.parts
    assert (part.key, part.data, part.kind, part.stage) == ("text", b"hello", Kind.TEXT, Stage.ONCE)
    assert worker_pb2.Request.FromString(frame.head).remaining_us == 500_000


def test_the_examples_answer_says_what_a_worker_says() -> None:
    head, segments, size = encode_reply(Reply((Part.from_text("text", "HELLO"),)))
    (sent,) = feed(Decoder(1000), prefix(frames.DONE, 1, len(head), size) + head + b"".join(segments))
    (shown,) = feed(Decoder(1000), example("DONE"))
    assert (shown.kind, shown.id, shown.data) == (sent.kind, sent.id, sent.data)
    said = [worker_pb2.Reply.FromString(frame.head) for frame in (shown, sent)]
    assert said[0] == said[1]
    assert worker_pb2.Reply.FromString(shown.head).SerializeToString(deterministic=True) == shown.head
    assert [reply_of(frame).part("text").text for frame in (shown, sent)] == ["HELLO", "HELLO"]


def test_every_kind_stands_on_the_page_with_its_number_and_none_besides() -> None:
    rows = {int(number): name for number, name in re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", TEXT, re.M)}
    assert rows == dict(KINDS)


def test_the_messages_on_the_page_are_those_of_the_source() -> None:
    source = (ROOT / "athena" / "link" / "worker.proto").read_text()
    assert source[source.index("message Part") :].strip() in TEXT
    for name in worker_pb2.DESCRIPTOR.message_types_by_name:
        assert f"message {name} {{" in TEXT


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"api {API}" in TEXT
    assert str(frames.HEAD_LIMIT) in TEXT.replace(" ", "")
    assert str(frames.CREDIT_BYTES) in TEXT.replace(" ", "")
    assert f"fewer than {frames.CREDIT_MESSAGES} messages" in TEXT
    assert frames.HELLO_LIMIT == 16 * 1024 * 1024
    assert "up to 16 MiB" in TEXT


def test_every_fault_is_named() -> None:
    assert [fault.name for fault in Fault if fault.name not in TEXT] == []
