"""Loading, unloading and listing resources: as any ZeroMQ client does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from athena.errors import Fault
from athena.models import Part, Resource
from athena_proto import inference_pb2 as pb
from athena_proto.answers import decode_fault
from athena_proto.resources import encode_resource, encode_unload
from athena_transport_zmq.envelope import Operation

if TYPE_CHECKING:
    from conftest import Bare, Served

ONE = Resource("one", (Part("a", b"1"), Part("large", bytes(100_000))), {"k": "v"})
LISTED = pb.ResourcesRequest(service="standin").SerializeToString()


async def test_a_bare_client_loads_lists_and_unloads(served: Served, bare: Bare) -> None:
    bare.send(Operation.LOAD_RESOURCE, 1, encode_resource("standin", ONE))
    assert (await bare.receive())[:2] == (Operation.LOADED, 1)
    found = served.dispatcher.loaded
    assert found is not None
    assert (found.id, found.attributes, [len(part.data) for part in found.parts]) == ("one", {"k": "v"}, [1, 100_000])
    bare.send(Operation.LIST_RESOURCES, 2, LISTED)
    operation, _, message, _ = await bare.receive()
    assert (operation, pb.ResourceList.FromString(message)) == (Operation.RESOURCE_LIST, pb.ResourceList())
    bare.send(Operation.UNLOAD_RESOURCE, 3, encode_unload("standin", "one"))
    assert (await bare.receive())[:2] == (Operation.UNLOADED, 3)


async def test_nonsense_is_refused_and_reaches_nobody(served: Served, bare: Bare) -> None:
    for number, operation in enumerate(
        (Operation.LOAD_RESOURCE, Operation.UNLOAD_RESOURCE, Operation.LIST_RESOURCES), 1
    ):
        bare.send(operation, number, b"\xff\xff\xff")
        said, _, message, _ = await bare.receive()
        assert (said, decode_fault(message).fault) == (Operation.FAULT, Fault.BAD_REQUEST)
    assert served.dispatcher.loaded is None


async def test_a_server_that_drains_takes_none(served: Served, bare: Bare) -> None:
    await served.server.drain()
    bare.send(Operation.LOAD_RESOURCE, 1, encode_resource("standin", ONE))
    while (answer := await bare.receive())[1] != 1:
        pass
    assert decode_fault(answer[2]).fault is Fault.UNAVAILABLE
