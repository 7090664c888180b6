"""The codec of upstream's RPC: utils.ReqData and ResData, with the loader's messages inside ↔ athena.models. No socket.

A call is one packet of a session. Its operation and the session's handle stand in the outer message, what the wrapper
is to get in the inner one. Errors travel inside too: ``LoaderOutput.code`` and ``err``, while ``ResData.code`` stays 0,
except where there was no room (10110): then clients look for another instance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from athena.errors import Fault, ServiceError
from athena.models import EMPTY, Expectation, Part, Reply, Request, Stage

from . import loader_pb2, xsf_pb2
from .ase_errors import code_of
from .native import refuse_large
from .parts import KINDS, MAX_PARTS, STAGES, bad, parse, strings

__all__ = [
    "ABORT",
    "HANDLE",
    "NOTHING",
    "NO_ROOM",
    "PING",
    "READ",
    "WRITE",
    "Packet",
    "decode_packet",
    "encode_answer",
    "encode_failure",
    "encode_output",
    "part_of",
]

WRITE, READ, ABORT, PING = "AIIn", "AIOut", "AIExcp", "ping"
"""The operations that mean something; upstream's loader takes five more and does nothing for them."""
NOTHING = frozenset({"AIHotword", "AILBType", "AIDetect", "AILoad", "AIUnLoad"})
HANDLE = 26
"""Characters of a session's handle: clients read its first 13 (version, IPv4 and port, in hexadecimal digits)."""
NO_ROOM = 10110
_WAIT = 0.5
"""Seconds a client is taken to wait where it does not say so (``waitTime``)."""
_OURS = frozenset({"seq", "status"})


@frozen
class Packet:
    """What a client asks.

    Attributes:
        op: AIIn, AIOut, AIExcp, ping, or one of those that do nothing.
        handle: The session's, "" before it has one.
        trace: Handed back as it came.
        first: Whether it begins a session or is a single call (``SeqNo`` 1).
        wait: Seconds the client waits for a result.
        once: Whether it is a call, and not a part of a session.
        number: Its place in its session (``sync_id``).
        names: What the service may be called: the id first, then the name.
        request: The rest; its service is not chosen yet.
    """

    op: str
    handle: str
    trace: str
    first: bool
    wait: float
    once: bool
    number: int
    names: tuple[str, str]
    request: Request


def decode_packet(data: bytes, max_message: int) -> Packet:
    """A utils.ReqData.

    Raises:
        ServiceError: BAD_REQUEST, TOO_LARGE; UNSUPPORTED for an operation nobody knows.
    """
    refuse_large(data, (), max_message)
    message = parse(xsf_pb2.ReqData, data)
    op = message.op
    if op not in (WRITE, READ, ABORT, PING) and op not in NOTHING:
        raise ServiceError(Fault.UNSUPPORTED, f"op: expected one of {WRITE}, {READ}, {ABORT}, {PING}; got {op[:64]!r}")
    inner = loader_pb2.LoaderInput()
    if op == WRITE:
        if len(message.data) != 1:
            raise bad(f"data: expected one LoaderInput, got {len(message.data)}")
        inner = parse(loader_pb2.LoaderInput, message.data[0].data)
    once = inner.state == loader_pb2.LoaderInput.ONCE
    if len(inner.pl) > MAX_PARTS:
        raise bad(f"pl: {len(inner.pl)}; at most {MAX_PARTS} are taken")
    expect = tuple(
        Expectation(wish.name, KINDS.get(wish.dataType), strings(wish.attribute, f"expect.{wish.name}"))
        for wish in inner.expect
    )
    usual = Stage.ONCE if once else Stage.CONTINUE
    request = Request(
        "",
        "",
        tuple(part_of(payload, usual) for payload in inner.pl),
        strings(inner.params, "params") if inner.params else EMPTY,
        strings(inner.headers, "headers") if inner.headers else EMPTY,
        expect,
    )
    return Packet(
        op,
        message.s.h,
        message.s.t,
        message.param.get("SeqNo") == "1",
        _seconds(message.param.get("waitTime", "")),
        once,
        inner.sync_id,
        (inner.serviceId, inner.serviceName),
        request,
    )


def _seconds(told: str) -> float:
    if not told:
        return _WAIT
    if not told.isascii() or not told.isdecimal() or len(told) > 9:
        raise bad(f"param.waitTime: expected a whole number of milliseconds, got {told[:32]!r}")
    return int(told) / 1000


def part_of(payload: loader_pb2.Payload, usual: Stage) -> Part:
    """A part out of a payload; ``usual`` is its stage where it does not say (attribute ``status``).

    Raises:
        ServiceError: BAD_REQUEST.
    """
    meta = payload.meta
    kind = KINDS.get(meta.dataType)
    if kind is None:
        raise bad(f"pl.{meta.name}.dataType: expected 0 to 4, got {meta.dataType}")
    attributes = strings(meta.attribute, f"pl.{meta.name}")
    told = attributes.get("status", "")
    stage = usual if not told else _STAGES.get(told)
    if stage is None:
        raise bad(f"pl.{meta.name}.status: expected 0, 1, 2 or 3, got {told[:32]!r}")
    rest = {name: value for name, value in attributes.items() if name not in _OURS}
    return Part(meta.name, payload.data, kind, stage, None, rest or EMPTY)


_STAGES = {str(number): stage for number, stage in STAGES.items()}


def encode_output(reply: Reply, service: str, expect: Sequence[Expectation], seq_of: Callable[[str], int]) -> bytes:
    """A protocol.LoaderOutput out of a reply.

    Args:
        reply: What the wrapper answered.
        service: Its service's name.
        expect: What the client wished: what a result does not say of itself is said as it was wished.
        seq_of: The number of a key's next result.
    """
    output = loader_pb2.LoaderOutput(serviceId=service)
    wishes = {wish.key: wish.attributes for wish in expect}
    status = reply.stage
    for part in reply.parts:
        status = part.stage if reply.stage is not Stage.END else Stage.END
        meta = loader_pb2.MetaDesc(name=part.key)
        meta.dataType = int(part.kind)  # type: ignore[assignment]  # the numbers are the same
        told = {**wishes.get(part.key, EMPTY), **part.attributes, "seq": str(seq_of(part.key))}
        told["status"] = str(int(status))
        for name, value in told.items():
            meta.attribute[name] = value
        output.pl.add(meta=meta, data=bytes(part.data))
    output.status = int(status)  # type: ignore[assignment]  # the numbers are the same
    return output.SerializeToString()


def encode_answer(packet: Packet, handle: str, peer: str, output: bytes | None) -> bytes:
    """A utils.ResData.

    Args:
        packet: What is answered.
        handle: The session's.
        peer: This server's own address: clients come back to it.
        output: A LoaderOutput, or None for ``ping`` and the like.
    """
    answer = xsf_pb2.ResData()
    _session(answer.s, packet.trace, handle, peer)
    if output is not None:
        answer.data.add(data=output)
    return answer.SerializeToString()


def encode_failure(error: ServiceError, packet: Packet, handle: str, peer: str) -> bytes:
    """A utils.ResData that tells of an error."""
    session = bool(packet.handle) and not packet.first
    code = code_of(error, session=session)
    output = loader_pb2.LoaderOutput(code=_number(code), err=error.message)
    output.status = loader_pb2.LoaderOutput.END
    answer = xsf_pb2.ResData()
    _session(answer.s, packet.trace, handle, peer)
    # Upstream has no place for these; where it is one of us that reads, nothing is lost.
    answer.param["athena-fault"] = error.fault.name
    answer.param["athena-executed"] = error.executed.value
    if error.code is not None:
        answer.param["athena-code"] = str(error.code)
    if error.error_id:
        answer.param["athena-error-id"] = error.error_id
    if code == NO_ROOM:
        answer.code, answer.error_info = code, error.message
    answer.data.add(data=output.SerializeToString())
    return answer.SerializeToString()


def _number(code: int) -> int:
    return max(-(2**31), min(2**31 - 1, code))


def _session(into: xsf_pb2.Session, trace: str, handle: str, peer: str) -> None:
    into.t, into.h = trace, handle
    into.sess["PeerAddr"] = peer
