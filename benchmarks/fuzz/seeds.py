"""Good inputs, made by our own encoders and by hand: what is mutated must begin well."""

from __future__ import annotations

import base64
import gzip
import json

from athena import fields
from athena.errors import Executed, Fault, ServiceError
from athena.link import frames as link
from athena.link import greeting
from athena.link import heads as link_heads
from athena.link.faults import encode_fault as link_fault
from athena.models import (
    Description,
    Expectation,
    Kind,
    Limits,
    Param,
    Part,
    Principal,
    Reply,
    Request,
    Resource,
    Stage,
)
from athena_proto import answers as native_answers
from athena_proto import ase, native, xsf, xsf_client
from athena_transport_zmq.envelope import Operation, headers_out, pack

__all__ = [
    "answers",
    "descriptions",
    "documents",
    "faults",
    "forms",
    "frames",
    "heads",
    "named",
    "replies",
    "requests",
    "upstream",
    "upstream_answers",
    "worker_heads",
]

SOUND = base64.b64encode(bytes(range(64))).decode()
FOLDED = base64.b64encode(gzip.compress(b"hello, hello, hello")).decode()
REQUESTS = (
    Request("talk"),
    Request("talk", "s1", (Part("data", b"\xff\xd8", Kind.IMAGE, attributes={"encoding": "jpg"}),), {"do": "see"}),
    Request(
        "talk",
        "",
        (
            Part.from_text("a", "grüße", Stage.BEGIN),
            Part.from_json("b", {"k": [1, 2.5, None]}),
            Part("c", b"x" * 300, seq=7),
        ),
        {"top": "3", "scale": "12.5"},
        {"app_id": "1", "uid": "2"},
        (Expectation("boxes", Kind.TEXT, {"compress": "gzip"}), Expectation("other")),
    ),
)
REPLIES = (
    Reply(),
    Reply((Part.from_json("boxes", [{"box": [1, 2], "text": "hü"}]),)),
    Reply(
        (Part("d", b"\x00\xff", Kind.AUDIO, Stage.END, 3, {"sample_rate": "16000"}), Part("d", b"")),
        Stage.END,
        {"event": "x"},
    ),
)
ERRORS = (
    ServiceError(Fault.USER_ERROR, "no face", executed=Executed.YES, code=4711, error_id="ab"),
    ServiceError(Fault.QUOTA, "enough", retry_after=1.5),
)


def documents() -> tuple[bytes, ...]:
    """ASE requests and frames."""
    unit = {
        "status": 0,
        "format": "audio/L16;rate=16000",
        "encoding": "raw",
        "seq": 1,
        "audio": SOUND,
        "sample_rate": 16000,
    }
    whole = (
        {"header": {"appid": "1", "status": 3, "uid": None, "cid": "c"}, "payload": {"data": unit}},
        {
            "header": {"sid": "s", "cid": 7},
            "payload": {"a": {"status": 1, "text": [1, {"k": "ü"}]}, "b": [unit, {"plain": "x"}]},
        },
        {
            "parameter": {
                "talk": {"do": "see", "n": 3, "r": {"data_type": "text", "compress": "gzip"}},
                "other": {"f": 1.5},
            },
            "payload": {"talk_1": {"compress": "gzip", "text": FOLDED}, "other_1": {"image": ""}},
        },
        {},
    )
    return tuple(json.dumps(each).encode() for each in whole) + tuple(map(ase.encode_request, REQUESTS))


def named() -> tuple[bytes, ...]:
    """Frames that say whose they are."""
    whole = [json.loads(document) for document in documents()]
    return tuple(json.dumps({**each, "header": {**each.get("header", {}), "cid": "c"}}).encode() for each in whole)


def answers() -> tuple[bytes, ...]:
    """ASE answers."""
    own = tuple(ase.encode_reply(reply, "s1", 1 << 20) for reply in REPLIES)
    return (
        own
        + tuple(ase.encode_error(error, "s1") for error in ERRORS)
        + (b'{"header":{"code":10110,"message":"x","sid":""}}',)
    )


def forms() -> tuple[bytes, ...]:
    """Forms behind the line with their content type."""
    disposition = b"--b\r\nContent-Disposition: form-data; name="
    file = disposition + b'"page"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n'
    text = disposition + b'"top"\r\n\r\n3\r\n'
    head = b"multipart/form-data; boundary=b\n"
    return (head + file + text + b"--b--\r\n", head + text * 3 + b"--b--", head + b"--b--\r\n")


def requests() -> tuple[bytes, ...]:
    """athena.v1 requests."""
    return tuple(native.encode_request(request, "mine") for request in REQUESTS)


def replies() -> tuple[bytes, ...]:
    """athena.v1 replies."""
    return tuple(native.encode_reply(reply, "s1") for reply in REPLIES)


def faults() -> tuple[bytes, ...]:
    """athena.v1 faults."""
    return tuple(native_answers.encode_fault(error, 3) for error in ERRORS)


def _described() -> Description:
    inputs = (fields.image("data"), fields.text("words", required=False), fields.anything())
    params = (Param("top", "integer", minimum=1, maximum=9, default="3"), Param("mode", "string", choices=("a", "b")))
    return Description("1", "What it does.", inputs, (fields.text("boxes"),), params, frozenset({"once", "session"}))


def descriptions() -> tuple[bytes, ...]:
    """athena.v1 descriptions."""
    return (native_answers.encode_description(_described()), native_answers.encode_description(Description()))


def upstream() -> tuple[bytes, ...]:
    """Packets of upstream's RPC."""
    once = [xsf_client.encode_packet("AIIn", "", first=True, wait=1.0, request=each, once=True) for each in REQUESTS]
    more = xsf_client.encode_packet("AIIn", "0" * 26, first=False, wait=0.5, request=REQUESTS[2], number=4)
    ops = [xsf_client.encode_packet(op, "0" * 26, first=False, wait=0.0) for op in ("AIOut", "AIExcp", "ping")]
    return (*once, more, *ops)


def upstream_answers() -> tuple[bytes, ...]:
    """Answers of upstream's RPC."""
    packets = [xsf.decode_packet(data, 1 << 20) for data in upstream()]
    outputs = [xsf.encode_output(reply, "talk", (), lambda _: 1) for reply in REPLIES]
    good = tuple(xsf.encode_answer(packets[0], "0" * 26, "127.0.0.1:1", output) for output in (*outputs, None))
    bad = tuple(xsf.encode_failure(error, packets[-1], "", "127.0.0.1:1") for error in ERRORS)
    return good + bad


def heads() -> tuple[bytes, ...]:
    """Heads of ZeroMQ envelopes."""
    told = headers_out({"authorization": "x", "traceparent": "00-ab-cd-01"})
    return (pack(Operation.ONCE, 1), pack(Operation.OPEN, 2**63, told), pack(Operation.PING, 0, told))


def worker_heads() -> tuple[bytes, ...]:
    """Heads of the worker protocol, with a byte before them."""
    made = [link_heads.encode_request(request)[0] for request in REQUESTS]
    made += [link_heads.encode_write(request)[0] for request in REQUESTS]
    made += [link_heads.encode_reply(reply)[0] for reply in REPLIES]
    made.append(link_heads.encode_resource(Resource("lexicon", REQUESTS[2].parts, {"a": "b"}))[0])
    made += [link_fault(error) for error in ERRORS]
    made.append(greeting.encode_ready(greeting.Ready(_described(), frozenset({"athena_once_exec"}), "1", 1)))
    known = Request("talk", principal=Principal("me", "keys", frozenset({"talk"})), deadline=1e9)
    made += [link_heads.encode_request(known)[0], greeting.encode_refusal(ERRORS[0])]
    return tuple(b"\x00" + head for head in made)


def frames() -> tuple[bytes, ...]:
    """Frames of the worker protocol, alone and several together."""
    single = []
    for request in REQUESTS:
        head, segments, total = link_heads.encode_request(request)
        single.append(b"".join((link.prefix(link.CALL, 7, len(head), total), head, *segments)))
    assert Limits().max_message > 0  # the frames stay within what a kernel allows
    return (*single, b"".join(single))
