"""The Open Inference Protocol v2: ``inference.GRPCInferenceService``, as docs/oip.md has it."""

from __future__ import annotations

from typing import Any

import grpc

from athena.errors import Fault, ServiceError
from athena.models import Description, Reply
from athena_proto import oip, oip_messages
from athena_proto import oip_pb2 as pb

from .entry import Call, Entry
from .oip_streams import Stream
from .oip_told import SERVICE, Told

__all__ = ["SERVICE", "Oip"]


class Oip:
    """One per server."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._dispatcher = entry.dispatcher
        self._limit = entry.limits.max_message
        self._sequences = oip.Sequences(entry.dispatcher)

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:  # Any: bytes in, bytes out
        """What serves each method."""
        guarded = self._entry.guarded
        infer = guarded("infer", f"/{SERVICE}/ModelInfer", self.infer)
        stream = guarded("infer", f"/{SERVICE}/ModelStreamInfer", self.stream)
        return {
            **Told(self._entry).handlers(),
            "ModelInfer": grpc.unary_unary_rpc_method_handler(infer),
            "ModelStreamInfer": grpc.stream_stream_rpc_method_handler(stream),
        }

    async def infer(self, message: bytes, call: Call) -> bytes:
        """One inference, or one call of a sequence."""
        asked, description = self.decoded(oip_messages.parse_infer(message, self._limit), call)
        if asked.options.sequence is None:
            self.open_house()
            reply = await self._dispatcher.once(asked.request)
        else:
            reply = await self.of_sequence(asked, asked.options.sequence)
        return oip_messages.encode_reply(asked, reply, description, self._limit)

    async def stream(self, _: object, call: Call) -> None:
        """Many inferences, each with as many answers as its wrapper gives."""
        await Stream(self, self._entry, call).run()

    def decoded(self, message: pb.ModelInferRequest, call: Call) -> tuple[oip.Call, Description]:
        """A call with what the wire knows, and what its service takes."""
        description = oip.known(self._dispatcher.services(), message.model_name, message.model_version)
        asked = oip_messages.call_of(message, description)
        return oip.called(asked, call.principal, call.headers, call.deadline), description

    async def of_sequence(self, asked: oip.Call, sequence: oip.Sequence) -> Reply:
        """The answer to one call of a sequence; those that are open go on while the server drains."""
        if sequence.start:
            self.open_house()
        return await self._sequences.answer(asked, sequence)

    def open_house(self) -> None:
        """Refuse what begins while draining."""
        if self._entry.draining:
            raise ServiceError(Fault.UNAVAILABLE, "the server is shutting down; call another instance", retry_after=1.0)
