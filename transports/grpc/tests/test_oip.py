"""GRPCInferenceService on a real kernel, by a client made of the messages alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest

import athena
from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.errors import Fault, ServiceError
from athena.kernel import Kernel
from athena.models import Document
from athena_proto import oip_pb2 as pb

SERVICE = "/inference.GRPCInferenceService/"
ANSWERS = {
    "ServerLive": pb.ServerLiveResponse,
    "ServerReady": pb.ServerReadyResponse,
    "ServerMetadata": pb.ServerMetadataResponse,
    "ModelReady": pb.ModelReadyResponse,
    "ModelMetadata": pb.ModelMetadataResponse,
    "ModelInfer": pb.ModelInferResponse,
    "RepositoryIndex": pb.RepositoryIndexResponse,
    "RepositoryModelUnload": pb.RepositoryModelUnloadResponse,
}


class Words(Wrapper):
    """The words of a text one by one; in a session, what was written last."""

    version = "5"
    inputs = (fields.text("text"),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Iterator[Reply]:
        for word in request.part("text").text.split():
            if word == "fail":
                raise ServiceError(Fault.USER_ERROR, "as asked", code=40001)
            yield Reply((Part.from_text("word", word),))

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        session.outbox.emit(Reply(request.parts, Stage.END if request.ended else Stage.CONTINUE))


class Here:
    """A kernel, and a client of its gRPC port."""

    def __init__(self, kernel: Kernel, channel: grpc.aio.Channel) -> None:
        self.kernel = kernel
        self.channel = channel

    async def ask(self, method: str, message: Any) -> Any:
        call = self.channel.unary_unary(SERVICE + method)
        return ANSWERS[method].FromString(await call(message.SerializeToString(), timeout=10))

    async def refusal(self, method: str, message: Any) -> tuple[str, str, str]:
        """(status, athena-fault, sentence)."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.ask(method, message)
        trailers = dict(caught.value.trailing_metadata() or ())
        return caught.value.code().name, str(trailers.get("athena-fault")), caught.value.details() or ""

    def stream(self) -> Any:
        return self.channel.stream_stream(SERVICE + "ModelStreamInfer")(timeout=20)


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    document = Document("[kernel]\ndrain_timeout = 5.0\n[transports.grpc]\nport = 0\n", "1", "test.toml")
    async with athena.start(document, wrappers={"words": Words()}) as kernel:
        target = kernel.endpoints[0].url.partition("://")[2]
        async with grpc.aio.insecure_channel(target) as channel:
            yield Here(kernel, channel)


def infer(text: str, id: str = "", **flags: bool) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest(model_name="words", id=id)
    message.inputs.add(name="text", datatype="BYTES", shape=[1], contents={"bytes_contents": [text.encode()]})
    if flags:
        message.parameters["sequence_id"].string_param = "s"
        for name, value in flags.items():
            message.parameters[name].bool_param = value
    return message


async def test_an_inference_joins_what_an_iterator_gives(here: Here) -> None:
    answer = await here.ask("ModelInfer", infer("a b", "7"))
    assert (answer.id, answer.model_version, answer.raw_output_contents[0]) == ("7", "5", b"\x02\0\0\0ab")


async def test_refusals_have_a_status_a_fault_and_a_sentence(here: Here) -> None:
    assert (await here.refusal("ModelInfer", pb.ModelInferRequest(model_name="none")))[:2] == ("NOT_FOUND", "NOT_FOUND")
    old = pb.ModelInferRequest(model_name="words", model_version="4")
    assert (await here.refusal("ModelInfer", old))[2] == "model 'words' has no version '4'; it has: 5"
    assert (await here.refusal("ModelInfer", infer("fail")))[:2] == ("INTERNAL", "USER_ERROR")
    assert (await here.refusal("ModelInfer", infer("x", sequence_end=True)))[:2] == ("NOT_FOUND", "NOT_FOUND")
    bad = pb.ModelInferRequest(model_name="words", raw_input_contents=[b"1"])
    assert (await here.refusal("ModelInfer", bad))[:2] == ("INVALID_ARGUMENT", "BAD_REQUEST")
    unload = pb.RepositoryModelUnloadRequest(model_name="words")
    status, fault, sentence = await here.refusal("RepositoryModelUnload", unload)
    assert (status, fault) == ("UNIMPLEMENTED", "UNSUPPORTED")
    assert "athena reload" in sentence


async def test_a_sequence_is_one_session_and_goes_on_while_draining(here: Here) -> None:
    assert (await here.ask("ModelInfer", infer("a", sequence_start=True))).raw_output_contents[0] == b"\x01\0\0\0a"
    stopping = asyncio.ensure_future(here.kernel.stop())
    await asyncio.sleep(0.1)
    assert not (await here.ask("ServerReady", pb.ServerReadyRequest())).ready
    assert not (await here.ask("ModelReady", pb.ModelReadyRequest(name="words"))).ready
    assert (await here.refusal("ModelInfer", infer("a")))[0] == "UNAVAILABLE"
    assert (await here.refusal("ModelInfer", infer("a", sequence_start=True)))[0] == "UNAVAILABLE"
    assert (await here.ask("ModelInfer", infer("z", sequence_end=True))).raw_output_contents[0] == b"\x01\0\0\0z"
    await asyncio.wait_for(stopping, 10)
