"""The Open Inference Protocol over gRPC: its messages ↔ calls and replies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message

from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Principal, Reply, ServiceView

from . import oip_pb2 as pb
from .oip_calls import Call, chosen, made, options_of, told_of, wanted_of
from .oip_catalogue import EXTENSIONS, NAME, PLATFORM, index, release, tensors, version_of
from .oip_datatypes import BYTES, Buffer, Datatype
from .oip_tensors import Tensor, checked, framed, unframed
from .strict import malformed

__all__ = [
    "call_of",
    "encode_failure",
    "encode_final",
    "encode_reply",
    "index_message",
    "metadata_message",
    "parse",
    "parse_infer",
    "server_message",
    "streamed",
]

M = TypeVar("M", bound=Message)
_FINAL = "triton_final_response"
_CONTENTS = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


def parse(kind: type[M], data: bytes) -> M:
    """A message of ``inference``.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    try:
        return kind.FromString(data)
    except (DecodeError, ValueError) as error:  # ValueError: the pure-Python parser on bad UTF-8
        raise malformed("message", f"not an inference.{kind.DESCRIPTOR.name}") from error


def parse_infer(data: bytes, limit: int) -> pb.ModelInferRequest:
    """A request for an inference, its tensors still undecoded.

    Raises:
        ServiceError: BAD_REQUEST, TOO_LARGE.
    """
    if len(data) > limit:
        raise ServiceError(Fault.TOO_LARGE, f"message: {len(data)} bytes; at most {limit} are taken")
    return parse(pb.ModelInferRequest, data)


def call_of(message: pb.ModelInferRequest, description: Description) -> Call:
    """The call that a request is.

    Args:
        message: The request.
        description: What its service takes.

    Raises:
        ServiceError: BAD_REQUEST with the path, UNSUPPORTED.
    """
    raw = message.raw_input_contents
    if raw and len(raw) != len(message.inputs):
        raise malformed("raw_input_contents", f"{len(raw)} for {len(message.inputs)} inputs; send one each or none")
    found = [_tensor(one, raw[place] if raw else None) for place, one in enumerate(message.inputs)]
    wanted = tuple(wanted_of(one.name, _values(one.parameters)) for one in message.outputs)
    options = options_of(_values(message.parameters))
    return made(message.model_name, description, found, options, wanted, message.id)


def _tensor(one: pb.ModelInferRequest.InferInputTensor, raw: bytes | None) -> Tensor:
    shape = tuple(one.shape)
    kind, count = checked(one.name, one.datatype, shape)
    told = told_of(_values(one.parameters), f"inputs.{one.name}.parameters")
    if raw is None:
        return Tensor(one.name, kind, shape, _contents(one, kind, count), told)
    if one.HasField("contents"):
        raise malformed(f"inputs.{one.name}", "both contents and raw_input_contents; send one of them")
    if kind is BYTES:
        return Tensor(one.name, kind, shape, unframed(one.name, raw, count), told)
    if len(raw) != count * kind.size:
        text = f"{len(raw)} bytes; {count} elements of {kind.name} have {count * kind.size}"
        raise malformed(f"inputs.{one.name}", text)
    return Tensor(one.name, kind, shape, [raw], told)


def _contents(one: pb.ModelInferRequest.InferInputTensor, kind: Datatype, count: int) -> list[Buffer]:
    path = f"inputs.{one.name}.contents"
    field = _CONTENTS.get(kind.name)
    if field is None:
        raise malformed(path, f"there are none for {kind.name}; send it in raw_input_contents")
    values: Sequence[Any] = getattr(one.contents, field)  # Any: what the datatype's field holds
    if len(values) != count:
        raise malformed(path, f"{len(values)} elements in {field}; the shape {list(one.shape)} has {count}")
    return list(values) if kind is BYTES else [kind.pack(values, path)]


def _values(parameters: Mapping[str, pb.InferParameter]) -> dict[str, object] | None:
    """Parameters as plain values; one without a choice is one without a value."""
    if not parameters:
        return None
    found: dict[str, object] = {}
    for name, value in parameters.items():
        choice = value.WhichOneof("parameter_choice")
        found[name] = None if choice is None else getattr(value, choice)
    return found


def encode_reply(call: Call, reply: Reply, description: Description, limit: int) -> bytes:
    """The answer to a call.

    Raises:
        ServiceError: TOO_LARGE; USER_ERROR for parts that are no tensors.
    """
    return _sent(_response(call, reply, description), limit)


def streamed(call: Call, reply: Reply, description: Description, limit: int) -> bytes:
    """One of an iterator's answers, for a stream.

    Raises:
        ServiceError: TOO_LARGE, USER_ERROR.
    """
    response = _response(call, reply, description)
    if call.options.final:
        response.parameters[_FINAL].bool_param = False
    return _sent(pb.ModelStreamInferResponse(infer_response=response), limit)


def encode_final(call: Call, description: Description) -> bytes:
    """What ends one call's answers in a stream, where the client asked to be told."""
    response = _response(call, Reply(), description)
    response.parameters[_FINAL].bool_param = True
    return pb.ModelStreamInferResponse(infer_response=response).SerializeToString()


def encode_failure(error: ServiceError, service: str, id: str) -> bytes:
    """An error in a stream, which goes on; what a status would say in trailers stands in the parameters."""
    response = pb.ModelInferResponse(model_name=service, id=id)
    told = {"athena-fault": error.fault.name, "athena-executed": error.executed.value}
    if error.code is not None:
        told["athena-code"] = str(error.code)
    if error.error_id:
        told["athena-error-id"] = error.error_id
    for name, value in told.items():
        response.parameters[name].string_param = value
    message = pb.ModelStreamInferResponse(error_message=error.message or error.fault.name, infer_response=response)
    return message.SerializeToString()


def _response(call: Call, reply: Reply, description: Description) -> pb.ModelInferResponse:
    version = version_of(description)
    response = pb.ModelInferResponse(model_name=call.request.service, model_version=version, id=call.id)
    for name, value in reply.attributes.items():
        response.parameters[name].string_param = value
    for tensor in chosen(call, reply, description):
        shown = response.outputs.add(name=tensor.name, datatype=tensor.datatype.name, shape=tensor.shape)
        for name, value in tensor.parameters.items():
            shown.parameters[name].string_param = value
        data = framed(tensor.elements) if tensor.datatype is BYTES else bytes(tensor.elements[0])
        response.raw_output_contents.append(data)
    return response


def _sent(message: Message, limit: int) -> bytes:
    data = message.SerializeToString()
    if len(data) > limit:
        text = f"the reply has {len(data)} bytes; at most {limit} are sent"
        raise ServiceError(Fault.TOO_LARGE, text, executed=Executed.YES)
    return data


def server_message() -> bytes:
    """The server's own metadata."""
    message = pb.ServerMetadataResponse(name=NAME, version=release(), extensions=EXTENSIONS)
    return message.SerializeToString()


def metadata_message(view: ServiceView) -> bytes:
    """A model's metadata."""
    description = view.description
    message = pb.ModelMetadataResponse(name=view.name, versions=[version_of(description)], platform=PLATFORM)
    message.inputs.extend(_shown(description.inputs))
    message.outputs.extend(_shown(description.outputs))
    return message.SerializeToString()


def _shown(fields: tuple[Any, ...]) -> Iterator[pb.ModelMetadataResponse.TensorMetadata]:  # Any: Field
    for name, datatype, shape in tensors(fields):
        yield pb.ModelMetadataResponse.TensorMetadata(name=name, datatype=datatype, shape=shape)


def index_message(views: Mapping[str, ServiceView], principal: Principal, data: bytes) -> bytes:
    """The repository's index.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    asked = parse(pb.RepositoryIndexRequest, data)
    message = pb.RepositoryIndexResponse()
    for row in index(views, principal, ready=asked.ready):
        message.models.add(**row)
    return message.SerializeToString()
