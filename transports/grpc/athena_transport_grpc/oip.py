"""The Open Inference Protocol v2: ``inference.GRPCInferenceService``, as docs/oip.md has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from athena.errors import Fault, ServiceError
from athena.models import Description, Reply
from athena_proto import oip, oip_messages
from athena_proto import oip_pb2 as pb
from athena_proto.native import peek_service

from .entry import Call, Entry
from .oip_streams import Stream

__all__ = ["SERVICE", "Oip"]

SERVICE = "inference.GRPCInferenceService"
_PEEKS: dict[str, Callable[[bytes], str]] = dict.fromkeys(
    ("RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload"), lambda message: ""
)
"""Whose first field is not a service's name."""
_LIVE = pb.ServerLiveResponse(live=True).SerializeToString()


class Oip:
    """One per server."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._dispatcher = entry.dispatcher
        self._limit = entry.limits.max_message
        self._sequences = oip.Sequences(entry.dispatcher)

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:  # Any: bytes in, bytes out
        """What serves each method."""
        acts = {
            "ServerLive": ("describe", self.live),
            "ServerReady": ("describe", self.ready),
            "ServerMetadata": ("describe", self.server),
            "ModelReady": ("describe", self.model_ready),
            "ModelMetadata": ("describe", self.model),
            "RepositoryIndex": ("describe", self.index),
            "RepositoryModelLoad": ("load", self.load),
            "RepositoryModelUnload": ("load", self.load),
            "ModelInfer": ("infer", self.infer),
        }
        guarded = self._entry.guarded
        found: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        for name, (operation, act) in acts.items():
            served = guarded(operation, f"/{SERVICE}/{name}", act, _PEEKS.get(name, peek_service))
            found[name] = grpc.unary_unary_rpc_method_handler(served)
        stream = guarded("infer", f"/{SERVICE}/ModelStreamInfer", self.stream)
        found["ModelStreamInfer"] = grpc.stream_stream_rpc_method_handler(stream)
        return found

    # --- what is told -------------------------------------------------------------------------------------------------

    async def live(self, message: bytes, call: Call) -> bytes:
        """Whoever answers lives."""
        oip_messages.parse(pb.ServerLiveRequest, message)
        return _LIVE

    async def ready(self, message: bytes, call: Call) -> bytes:
        """Whether every service can take work."""
        oip_messages.parse(pb.ServerReadyRequest, message)
        ready = all(view.health.ready for view in self._dispatcher.services().values())
        return pb.ServerReadyResponse(ready=ready and not self._entry.draining).SerializeToString()

    async def server(self, message: bytes, call: Call) -> bytes:
        """Name, version, extensions."""
        oip_messages.parse(pb.ServerMetadataRequest, message)
        return oip_messages.server_message()

    async def model_ready(self, message: bytes, call: Call) -> bytes:
        """Whether one service can take work."""
        asked = oip_messages.parse(pb.ModelReadyRequest, message)
        view = oip.model(self._dispatcher.services(), call.principal, asked.name, asked.version)
        return pb.ModelReadyResponse(ready=view.health.ready and not self._entry.draining).SerializeToString()

    async def model(self, message: bytes, call: Call) -> bytes:
        """What one service takes and gives."""
        asked = oip_messages.parse(pb.ModelMetadataRequest, message)
        view = oip.model(self._dispatcher.services(), call.principal, asked.name, asked.version)
        return oip_messages.metadata_message(view)

    async def index(self, message: bytes, call: Call) -> bytes:
        """Every service the caller may use."""
        return oip_messages.index_message(self._dispatcher.services(), call.principal, message)

    async def load(self, message: bytes, call: Call) -> bytes:
        """Services come and go by the configuration."""
        raise ServiceError(Fault.UNSUPPORTED, oip.UNMANAGED)

    # --- what is done -------------------------------------------------------------------------------------------------

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
