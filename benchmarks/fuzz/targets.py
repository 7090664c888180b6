"""What is fuzzed: each target takes bytes as a stranger would send them, and may refuse them in one way only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from athena.errors import Fault, ServiceError
from athena.link import frames, greeting, heads
from athena.link import worker_pb2 as worker
from athena.link.faults import fault_of
from athena.models import Kind, Request, Stage
from athena_proto import answers, ase, multipart, native, parts, strict, xsf, xsf_client
from athena_transport_http.feed import _parse as parse_event
from athena_transport_http.multiplex import _whose as whose
from athena_transport_zmq import envelope

from . import inference, seeds

__all__ = ["REFUSALS", "Broken", "Target", "targets"]

LIMIT = 64 * 1024
REFUSALS = frozenset({Fault.BAD_REQUEST, Fault.TOO_LARGE, Fault.UNSUPPORTED})
"""What a decoder may say no with: anything else would be a 500, or a lie."""


class Broken(AssertionError):
    """An input was taken, but what came out does not hold."""


@frozen
class Target:
    """One decoder.

    Attributes:
        name: Its name in the result.
        seeds: Good inputs.
        run: Takes one input; refuses it with ServiceError or FrameError, or takes it.
    """

    name: str
    seeds: tuple[bytes, ...]
    run: Callable[[bytes], object]


def targets() -> tuple[Target, ...]:
    """All of them."""
    http, rpc = seeds.documents(), seeds.upstream()
    calls, replies = seeds.requests(), seeds.replies()
    return (
        Target("ase request", http, _ase_request),
        Target("ase frame", http, _ase_frame),
        Target("ase answer", seeds.answers(), _ase_answer),
        Target("ase multiplex", seeds.named(), whose),
        Target("strict json", http, _strict_json),
        Target("strict base64", (b"", b"eA==", b"/9j/4AAQSkZJRg==", b"QUJD" * 20), _base64),
        Target("strict utf8", ("grüße".encode(), "日本語😀".encode()), lambda data: strict.utf8(data, "body")),
        Target("events", (b"event: end\ndata: {}", b"data: {}\ndata: x", b"event:\r\n"), parse_event),
        Target("form", seeds.forms(), _form),
        Target("native request", calls, _native_request),
        Target("native reply", replies, _native_reply),
        Target("native split", calls + replies, _native_split),
        Target("native fault", seeds.faults(), answers.decode_fault),
        Target("native description", seeds.descriptions(), _native_descriptions),
        Target("xsf packet", rpc, _xsf_packet),
        Target("xsf answer", seeds.upstream_answers(), xsf_client.decode_answer),
        Target("zmq envelope", seeds.heads(), _zmq_head),
        Target("oip json", inference.documents(), inference.infer),
        Target("oip binary", inference.binaries(), inference.infer_binary),
        Target("oip generate", inference.generates(), inference.generate),
        Target("oip message", inference.messages(), inference.message),
        Target("worker frames", seeds.frames(), _worker_frames),
        Target("worker heads", seeds.worker_heads(), _worker_heads),
    )


def _ase_request(data: bytes) -> None:
    message = ase.decode_message(data, "talk", LIMIT)
    _strictly(data)
    request = Request("talk", "", message.parts, message.params, message.headers, message.expect)
    again = ase.decode_message(ase.encode_request(request), "talk", 2 * LIMIT)
    if [(part.key, part.data, part.kind) for part in message.parts if part.attributes.get("compress") != "gzip"] != [
        (part.key, part.data, part.kind) for part in again.parts if part.attributes.get("compress") != "gzip"
    ]:
        raise Broken("a request is another after it was written and read")


def _strictly(data: bytes) -> None:
    """What is taken is JSON for Python's parser too, in UTF-8, with every key once and nothing that is no JSON."""

    def pairs(found: list[tuple[str, object]]) -> None:
        if len({key for key, _ in found}) != len(found):
            raise Broken("a key stands twice in one object, and it was taken")

    def constant(name: str) -> None:
        raise Broken(f"{name} was taken")

    try:
        json.loads(str(data, "utf-8"), object_pairs_hook=pairs, parse_constant=constant, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise Broken(f"taken, but {error}") from None


def _strict_json(data: bytes) -> None:
    strict.loads(data)
    _strictly(data)


def _ase_frame(data: bytes) -> None:
    kinds: dict[str, Kind] = {"data": Kind.AUDIO}
    message = ase.decode_message(data, "talk", LIMIT, stage=Stage.CONTINUE, kinds=kinds)
    if message.style is not None:
        ase.encode_error(ServiceError(Fault.QUOTA, "enough"), cid=message.style.cid)


def _ase_answer(data: bytes) -> None:
    answer = ase.decode_answer(data, LIMIT)
    if answer.reply is not None:
        ase.encode_reply(answer.reply, answer.sid, LIMIT)
    elif answer.error is not None:
        ase.encode_error(answer.error, answer.sid)


def _base64(data: bytes) -> None:
    strict.base64(data, "payload.d.image")
    strict.base64(str(data, "latin-1"), "payload.d.image")


def _form(data: bytes) -> None:
    line, _, body = data.partition(b"\n")
    found = multipart.fields_of(body, multipart.boundary_of(str(line, "latin-1")))
    if sum(len(field.data) for field in found) > len(body):
        raise Broken("a form has more data than bytes")


def _native_request(data: bytes) -> None:
    native.peek_service(data)
    request, alias = native.decode_request(data, max_message=LIMIT)
    native.decode_request(native.encode_request(request, alias), max_message=2 * LIMIT)


def _native_reply(data: bytes) -> None:
    reply, sid = native.decode_reply(data, max_message=LIMIT)
    again, _ = native.decode_reply(native.encode_reply(reply, sid), max_message=2 * LIMIT)
    if [(part.key, bytes(part.data)) for part in reply.parts] != [(part.key, bytes(part.data)) for part in again.parts]:
        raise Broken("a reply is another after it was written and read")


def _native_split(data: bytes) -> None:
    """Large messages are taken apart by our own scanner: it must say what protobuf says."""
    for decode in (native.decode_request, native.decode_reply):
        small, large = _either(decode, data), None
        before, parts.LARGE = parts.LARGE, 0
        try:
            large = _either(decode, data)
        finally:
            parts.LARGE = before
        if small != large:
            raise Broken(f"{decode.__name__}: {small!r} in one way, {large!r} in the other")


def _either(decode: Callable[[bytes], Any], data: bytes) -> object:
    try:
        found = decode(data)[0]
    except ServiceError as error:
        return error.fault
    return [
        (part.key, bytes(part.data), part.kind, part.stage, part.seq, dict(part.attributes)) for part in found.parts
    ]


def _native_descriptions(data: bytes) -> None:
    refusals = []
    for decode in (answers.decode_description, answers.decode_services):
        try:
            decode(data)
        except ServiceError as error:
            refusals.append(error)
    if len(refusals) == 2:
        raise refusals[0]


def _xsf_packet(data: bytes) -> None:
    packet = xsf.decode_packet(data, LIMIT)
    xsf.encode_failure(ServiceError(Fault.OVERLOADED, "no room"), packet, packet.handle, "127.0.0.1:1")
    xsf_client.encode_packet(packet.op, packet.handle, first=packet.first, wait=packet.wait, request=packet.request)


def _zmq_head(data: bytes) -> Mapping[str, str]:
    if len(data) < envelope.HEAD.size:
        raise ServiceError(Fault.BAD_REQUEST, "too short for a head; the server looks before it asks for headers")
    envelope.HEAD.unpack_from(data)
    return envelope.headers_of(data)


def _worker_frames(data: bytes) -> None:
    whole, bytewise = frames.Decoder(LIMIT), frames.Decoder(LIMIT)
    first = list(frames.feed(whole, data))
    try:
        second = [frame for at in range(len(data)) for frame in frames.feed(bytewise, data[at : at + 1])]
    except frames.FrameError:
        raise Broken("frames that are whole in one piece are broken byte by byte") from None
    if first != second:
        raise Broken("frames depend on how their bytes come")


def _worker_heads(data: bytes) -> None:
    if not data:
        return
    frame = frames.Frame(frames.CALL, 1, data[1:], data[1 : 1 + data[0] % 8])
    refusals: list[Exception] = []
    opening = Request("talk", "s1")
    decoders: tuple[Callable[[], object], ...] = (
        lambda: heads.request_of(frame, "talk", None),
        lambda: heads.write_of(frame, opening),
        lambda: heads.reply_of(frame),
        lambda: heads.resource_of(frame),
        lambda: greeting.hello_of(frame),
        lambda: greeting.ready_of(frame),
        lambda: greeting.refusal_of(frame),
        lambda: fault_of(frame),
        lambda: heads.decode(worker.Phase, frame),
    )
    for decode in decoders:
        try:
            decode()
        except frames.FrameError as error:
            refusals.append(error)
    if len(refusals) == len(decoders):
        raise refusals[0]
