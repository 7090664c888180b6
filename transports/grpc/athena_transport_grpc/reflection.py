"""Server reflection, for clients that are made from nothing but the server's address; guarded like any call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from athena_proto import inference_pb2, oip_pb2, xsf_pb2

from .entry import Call, Entry

__all__ = ["handlers"]

# Version 1 has the very messages of v1alpha under another package; new clients ask for it first.
_PACKAGES = ("grpc.reflection.v1alpha.ServerReflection", "grpc.reflection.v1.ServerReflection")
_METHOD = "ServerReflectionInfo"


def handlers(entry: Entry) -> tuple[grpc.GenericRpcHandler, ...]:
    """What serves reflection, under both its names."""
    names = (
        inference_pb2.DESCRIPTOR.services_by_name["Inference"].full_name,
        oip_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name,
        xsf_pb2.DESCRIPTOR.services_by_name["XsfCall"].full_name,
        health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
        reflection.SERVICE_NAME,
    )
    servicer = reflection.aio.ReflectionServicer(service_names=names)

    async def answer(questions: AsyncIterator[Any], call: Call) -> None:
        async for reply in servicer.ServerReflectionInfo(questions, call.wire):
            await call.wire.write(reply)

    return tuple(
        grpc.method_handlers_generic_handler(
            package,
            {
                _METHOD: grpc.stream_stream_rpc_method_handler(
                    entry.guarded("reflection", f"/{package}/{_METHOD}", answer),
                    reflection_pb2.ServerReflectionRequest.FromString,
                    reflection_pb2.ServerReflectionResponse.SerializeToString,
                )
            },
        )
        for package in _PACKAGES
    )
