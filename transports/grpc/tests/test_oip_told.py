"""What GRPCInferenceService tells without asking a wrapper, to whom, and as what guards are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest

from athena.models import Principal
from athena_proto import oip_pb2 as pb

if TYPE_CHECKING:
    from conftest import Served

SERVICE = "/inference.GRPCInferenceService/"


async def ask(channel: grpc.aio.Channel, method: str, message: Any, answer: Any) -> Any:
    return answer.FromString(await channel.unary_unary(SERVICE + method)(message.SerializeToString(), timeout=10))


async def test_server_and_model_are_described(bare: grpc.aio.Channel) -> None:
    assert (await ask(bare, "ServerLive", pb.ServerLiveRequest(), pb.ServerLiveResponse)).live
    assert (await ask(bare, "ServerReady", pb.ServerReadyRequest(), pb.ServerReadyResponse)).ready
    shown = await ask(bare, "ServerMetadata", pb.ServerMetadataRequest(), pb.ServerMetadataResponse)
    assert (shown.name, "binary_tensor_data" in shown.extensions) == ("athena", True)
    assert (await ask(bare, "ModelReady", pb.ModelReadyRequest(name="standin"), pb.ModelReadyResponse)).ready
    model = await ask(bare, "ModelMetadata", pb.ModelMetadataRequest(name="standin"), pb.ModelMetadataResponse)
    assert (model.name, model.platform) == ("standin", "athena")
    rows = (await ask(bare, "RepositoryIndex", pb.RepositoryIndexRequest(), pb.RepositoryIndexResponse)).models
    assert [(row.name, row.state) for row in rows] == [("standin", "READY")]


async def test_who_may_not_use_a_service_does_not_see_it(served: Served, bare: grpc.aio.Channel) -> None:
    served.dispatcher.principal = Principal("ann", scopes=frozenset())
    index = await ask(bare, "RepositoryIndex", pb.RepositoryIndexRequest(), pb.RepositoryIndexResponse)
    assert list(index.models) == []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(bare, "ModelMetadata", pb.ModelMetadataRequest(name="standin"), pb.ModelMetadataResponse)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == "no model 'standin'; this server has: none"


async def test_guards_hear_what_is_asked_and_of_whom(served: Served, bare: grpc.aio.Channel) -> None:
    await ask(bare, "ModelReady", pb.ModelReadyRequest(name="standin"), pb.ModelReadyResponse)
    asked = pb.RepositoryModelLoadRequest(repository_name="r", model_name="standin")
    await ask(bare, "RepositoryModelLoad", asked, pb.RepositoryModelLoadResponse)
    told = [(attempt.operation, attempt.service, attempt.target) for attempt in served.dispatcher.attempts]
    assert told == [("describe", "standin", SERVICE + "ModelReady"), ("load", "", SERVICE + "RepositoryModelLoad")]


async def test_bytes_that_are_no_message_are_refused(bare: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bare.unary_unary(SERVICE + "ModelReady")(b"\xff", timeout=10)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
