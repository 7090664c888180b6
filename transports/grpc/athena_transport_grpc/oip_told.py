"""What the Open Inference Protocol tells of a server and its services over gRPC, without asking a wrapper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from athena.errors import Fault, ServiceError
from athena_proto import oip, oip_messages
from athena_proto import oip_pb2 as pb
from athena_proto.native import peek_service

from .entry import Call, Entry

__all__ = ["SERVICE", "Told"]

SERVICE = "inference.GRPCInferenceService"
_PEEKS: dict[str, Callable[[bytes], str]] = dict.fromkeys(
    ("RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload"), lambda message: ""
)
"""Whose first field is not a service's name."""
_LIVE = pb.ServerLiveResponse(live=True).SerializeToString()


class Told:
    """One per server."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._dispatcher = entry.dispatcher

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
            "RepositoryModelUnload": ("load", self.unload),
        }
        found: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        for name, (operation, act) in acts.items():
            peek = _PEEKS.get(name, peek_service)
            served = self._entry.guarded(operation, f"/{SERVICE}/{name}", act, peek)
            found[name] = grpc.unary_unary_rpc_method_handler(served)
        return found

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
        """A service that is there is loaded; more is the configuration's to do."""
        asked = oip_messages.parse(pb.RepositoryModelLoadRequest, message)
        oip.load(self._dispatcher.services(), call.principal, asked.model_name, changed=bool(asked.parameters))
        return b""

    async def unload(self, message: bytes, call: Call) -> bytes:
        """Services come and go by the configuration."""
        raise ServiceError(Fault.UNSUPPORTED, oip.UNMANAGED)
