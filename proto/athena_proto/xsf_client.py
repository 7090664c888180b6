"""The client's end of upstream's RPC: packets out, answers in."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from athena.errors import Executed, Fault, ServiceError
from athena.models import Part, Reply, Request, Stage

from . import loader_pb2, xsf_pb2
from .ase_errors import decode_error
from .ase_styles import number_of
from .parts import STAGES, parse
from .xsf import part_of

__all__ = ["Answer", "decode_answer", "encode_packet"]


@frozen
class Answer:
    """What a server said.

    Attributes:
        handle: The session's.
        reply: The results; without parts where there are none yet. None for ping and the like.
        error: What went wrong, or None.
    """

    handle: str
    reply: Reply | None
    error: ServiceError | None


def encode_packet(
    op: str,
    handle: str,
    *,
    first: bool,
    wait: float,
    request: Request | None = None,
    once: bool = False,
    number: int = 0,
) -> bytes:
    """A utils.ReqData; ``request`` for AIIn only."""
    message = xsf_pb2.ReqData(op=op, param={"SeqNo": "1" if first else "2", "waitTime": str(max(0, int(wait * 1000)))})
    message.s.h = handle
    if request is not None:
        inner = loader_pb2.LoaderInput(serviceId=request.service, serviceName=request.service, sync_id=number)
        inner.state = loader_pb2.LoaderInput.ONCE if once else loader_pb2.LoaderInput.STREAM
        inner.headers.update(request.headers)
        inner.params.update(request.params)
        for wish in request.expect:
            meta = inner.expect.add(name=wish.key, attribute=wish.attributes)
            meta.dataType = int(wish.kind or 0)  # type: ignore[assignment]  # the numbers are the same
        for part in request.parts:
            inner.pl.append(_payload(part))
        message.data.add(data=inner.SerializeToString())
    return message.SerializeToString()


def _payload(part: Part) -> loader_pb2.Payload:
    meta = loader_pb2.MetaDesc(name=part.key, attribute={**part.attributes, "status": str(int(part.stage))})
    meta.dataType = int(part.kind)  # type: ignore[assignment]  # the numbers are the same
    return loader_pb2.Payload(meta=meta, data=bytes(part.data))


def decode_answer(data: bytes) -> Answer:
    """A utils.ResData.

    Raises:
        ServiceError: BAD_REQUEST: what came is not one.
    """
    message = parse(xsf_pb2.ResData, data)
    handle = message.s.h
    if not message.data:
        error = _error(message.code, message.error_info, message.param) if message.code or message.error_info else None
        return Answer(handle, None, error)
    output = parse(loader_pb2.LoaderOutput, message.data[0].data)
    if output.code or message.code:
        text = output.err or message.error_info
        return Answer(handle, None, _error(output.code or message.code, text, message.param))
    parts = tuple(part_of(payload, Stage.ONCE) for payload in output.pl)
    return Answer(handle, Reply(parts, STAGES.get(output.status, Stage.CONTINUE)), None)


def _error(code: int, text: str, more: Mapping[str, str]) -> ServiceError:
    header: dict[str, object] = {"code": code, "message": text or f"the loader answered {code}"}
    for name in ("fault", "executed", "error_id"):
        told = more.get(f"athena-{name.replace('_', '-')}")
        if told:
            header[name] = told
    own = more.get("athena-code", "")
    if (number := number_of(own)) is not None:
        header["wrapper_code"] = number
    error = decode_error(header)
    if "executed" not in header and error.fault in (Fault.OVERLOADED, Fault.UNAVAILABLE, Fault.NOT_FOUND):
        error.executed = Executed.NO
    return error
