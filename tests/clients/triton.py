"""Drives Athena with tritonclient, unchanged, in an environment of its own; prints what it saw as one JSON document.

Called as ``python triton.py http|grpc HOST:PORT``. Nothing of Athena is imported here.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import queue
import sys
from collections.abc import Callable

import numpy
from tritonclient.utils import InferenceServerException

LEFT = numpy.arange(32, dtype=numpy.int32).reshape(2, 16)
RIGHT = numpy.full((2, 16), 7, dtype=numpy.int32)
KINDS = {
    "BOOL": numpy.array([[True, False]], bool),
    "UINT8": numpy.array([0, 255], numpy.uint8),
    "UINT16": numpy.array([65535], numpy.uint16),
    "UINT32": numpy.array([4294967295], numpy.uint32),
    "UINT64": numpy.array([18446744073709551615], numpy.uint64),
    "INT8": numpy.array([-128, 127], numpy.int8),
    "INT16": numpy.array([-32768], numpy.int16),
    "INT32": numpy.array([[[-2147483648]]], numpy.int32),
    "INT64": numpy.array([-9223372036854775808], numpy.int64),
    "FP16": numpy.array([0.5, -2.25], numpy.float16),
    "FP32": numpy.array([[1.5, -3.0e38], [0.1, 0.0]], numpy.float32),
    "FP64": numpy.array([1e300, -0.1], numpy.float64),
    "BYTES": numpy.array(["one", "zwei", "трое"], object),
}


def plain(array: numpy.ndarray | None) -> object:
    """An array as JSON."""
    if array is None:
        return None
    values = [one.decode() if isinstance(one, bytes) else one for one in array.flatten().tolist()]
    return {"shape": list(array.shape), "dtype": str(array.dtype), "values": values}


class Caller:
    """One wire's client; what differs between the two is here alone."""

    def __init__(self, wire: str, address: str) -> None:
        self.wire = wire
        self.module = importlib.import_module(f"tritonclient.{wire}")
        self.client = self.module.InferenceServerClient(address)

    def tensor(self, name: str, array: numpy.ndarray, datatype: str, binary: bool = True) -> object:
        made = self.module.InferInput(name, list(array.shape), datatype)
        made.set_data_from_numpy(array, **({"binary_data": binary} if self.wire == "http" else {}))
        return made

    def wanted(self, name: str, binary: bool = True) -> object:
        return self.module.InferRequestedOutput(name, **({"binary_data": binary} if self.wire == "http" else {}))

    def simple(self, binary: bool = True) -> list[object]:
        return [self.tensor("INPUT0", LEFT, "INT32", binary), self.tensor("INPUT1", RIGHT, "INT32", binary)]

    def error(self, act: Callable[[], object]) -> list[str | None]:
        try:
            act()
        except InferenceServerException as error:
            return [error.status(), error.message()]
        return ["no error", ""]


def health(caller: Caller) -> object:
    client = caller.client
    return [
        client.is_server_live(),
        client.is_server_ready(),
        client.is_model_ready("simple"),
        client.is_model_ready("simple", "3"),
        caller.error(lambda: client.is_model_ready("nobody") or caller.client.get_model_metadata("nobody"))[0],
    ]


def metadata(caller: Caller) -> object:
    more = {"as_json": True} if caller.wire == "grpc" else {}
    server, model = caller.client.get_server_metadata(**more), caller.client.get_model_metadata("simple", **more)
    for side in ("inputs", "outputs"):
        for tensor in model[side]:
            tensor["shape"] = [int(size) for size in tensor["shape"]]  # protobuf's JSON writes int64 as text
    return [server["name"], sorted(server["extensions"]), model]


def infer(caller: Caller) -> object:
    found = []
    for binary in (True, False):
        for outputs in (None, [caller.wanted("OUTPUT1", binary)]):
            got = caller.client.infer("simple", caller.simple(binary), outputs=outputs, request_id="r1")
            answer = got.get_response()
            id = answer["id"] if caller.wire == "http" else answer.id
            found.append([id, plain(got.as_numpy("OUTPUT0")), plain(got.as_numpy("OUTPUT1"))])
    return found


def datatypes(caller: Caller) -> object:
    found = {}
    for name, array in KINDS.items():
        for binary in (True, False):
            got = caller.client.infer(
                "any", [caller.tensor("x", array, name, binary)], outputs=[caller.wanted("x", binary)]
            ).as_numpy("x")
            if name == "BYTES":
                same = [one.decode() if isinstance(one, bytes) else one for one in got.tolist()] == array.tolist()
            else:
                same = got.dtype == array.dtype and got.shape == array.shape and numpy.array_equal(got, array)
            found[f"{name} {binary}"] = bool(same)
    return found


def params(caller: Caller) -> object:
    given = {"text": "ü", "whole": 7, "real": 0.5, "yes": True}
    got = caller.client.infer("any", [caller.tensor("x", KINDS["BYTES"], "BYTES")], parameters=given, priority=1)
    return plain(got.as_numpy("told"))


def asynchronous(caller: Caller) -> object:
    if caller.wire == "http":
        client = caller.module.InferenceServerClient(caller.address, concurrency=8)
        waiting = [client.async_infer("simple", caller.simple()) for _ in range(16)]
        return [plain(one.get_result().as_numpy("OUTPUT0")) for one in waiting]
    done: queue.Queue[object] = queue.Queue()
    for _ in range(16):
        caller.client.async_infer("simple", caller.simple(), lambda result, error: done.put(error or result))
    return [plain(done.get(timeout=10).as_numpy("OUTPUT0")) for _ in range(16)]


def sequences(caller: Caller) -> object:
    """Two at once, one named by a number and one by a string."""
    found: dict[str, list[object]] = {"7": [], "seven": []}
    for number, value in enumerate((11, 7, 5)):
        for id in (7, "seven"):
            array = numpy.array([value + (id == 7)], numpy.int32)
            got = caller.client.infer(
                "sums",
                [caller.tensor("INPUT", array, "INT32")],
                sequence_id=id,
                sequence_start=number == 0,
                sequence_end=number == 2,
            )
            found[str(id)].append(got.as_numpy("OUTPUT").tolist())
    late = caller.error(
        lambda: caller.client.infer(
            "sums", [caller.tensor("INPUT", KINDS["INT64"].astype("i4"), "INT32")], sequence_id=7
        )
    )
    return [found, late]


def repository(caller: Caller) -> object:
    index = caller.client.get_model_repository_index(**({"as_json": True} if caller.wire == "grpc" else {}))
    rows = index["models"] if caller.wire == "grpc" else index
    named = sorted([row["name"], row["version"], row["state"]] for row in rows)
    return [
        named,
        caller.client.load_model("simple"),
        caller.error(lambda: caller.client.load_model("nobody")),
        caller.error(lambda: caller.client.load_model("simple", config="{}")),
        caller.error(lambda: caller.client.unload_model("simple")),
    ]


def timeouts(caller: Caller) -> object:
    """The server's own deadline, by the protocol's parameter in microseconds."""
    tensor = [caller.tensor("x", KINDS["INT8"], "INT8")]
    slow: dict[str, object] = {"parameters": {"seconds": 20}}
    told = caller.error(lambda: caller.client.infer("any", tensor, timeout=200_000, **slow))
    if caller.wire == "http":
        return [
            told,
            caller.error(lambda: caller.client.infer("any", tensor, headers={"x-request-timeout-ms": "200"}, **slow)),
        ]
    return [told, caller.error(lambda: caller.client.infer("any", tensor, client_timeout=0.2, **slow))]


def errors(caller: Caller) -> object:
    client, any_ = caller.client, [caller.tensor("x", KINDS["INT8"], "INT8")]
    wrong = [caller.tensor("INPUT0", LEFT.astype("f4"), "FP32"), caller.tensor("INPUT1", RIGHT, "INT32")]
    thin = [caller.tensor("INPUT0", LEFT[:, :4], "INT32"), caller.tensor("INPUT1", RIGHT, "INT32")]
    return {
        "no model": caller.error(lambda: client.infer("nobody", any_)),
        "no version": caller.error(lambda: client.infer("simple", caller.simple(), "9")),
        "missing": caller.error(lambda: client.infer("simple", caller.simple()[:1])),
        "datatype": caller.error(lambda: client.infer("simple", wrong)),
        "shape": caller.error(lambda: client.infer("simple", thin)),
        "output": caller.error(lambda: client.infer("simple", caller.simple(), outputs=[caller.wanted("nothing")])),
        "wrapper": caller.error(lambda: client.infer("any", any_, parameters={"refuse": "1"})),
        "session only": caller.error(lambda: client.infer("sums", [caller.tensor("INPUT", RIGHT[0, :1], "INT32")])),
    }


def aio(caller: Caller) -> object:
    """The asyncio client of the same wire."""
    module = importlib.import_module(f"tritonclient.{caller.wire}.aio")

    async def run() -> object:
        async with module.InferenceServerClient(caller.address) as client:
            answers = await asyncio.gather(*(client.infer("simple", caller.simple()) for _ in range(8)))
            return [await client.is_server_live(), [plain(one.as_numpy("OUTPUT1")) for one in answers]]

    return asyncio.run(run())


def streaming(caller: Caller) -> object:
    """One gRPC stream: many answers to a call, an error on the way, a sequence, a final answer; then one cut off."""
    if caller.wire == "http":
        return None
    done: queue.Queue[list[object]] = queue.Queue()

    def heard(result: object, error: object) -> None:
        if error is not None:
            done.put(["error", str(error)])
            return
        answer = result.get_response()
        final = answer.parameters["triton_final_response"].bool_param if answer.parameters else None
        name = answer.outputs[0].name if answer.outputs else None
        done.put([answer.id, plain(result.as_numpy(name)) if name else None, final])

    client = caller.client
    client.start_stream(heard)
    for id, text in (("a", "one two three"), ("b", "four stop! five"), ("c", "six seven")):
        prompt = [caller.tensor("prompt", numpy.array([text], object), "BYTES")]
        client.async_stream_infer("words", prompt, request_id=id, enable_empty_final_response=id == "c")
    client.async_stream_infer("simple", caller.simple(), request_id="d")
    for number in range(3):
        tensor = [caller.tensor("INPUT", numpy.array([number + 1], numpy.int32), "INT32")]
        flags = {"sequence_id": 99, "sequence_start": number == 0, "sequence_end": number == 2}
        client.async_stream_infer("sums", tensor, request_id=f"s{number}", **flags)
    client.stop_stream()
    found = []
    while not done.empty():
        found.append(done.get())
    client.start_stream(heard)
    endless = numpy.array(["word " * 100_000], object)
    client.async_stream_infer("words", [caller.tensor("prompt", endless, "BYTES")], parameters={"most": 100_000})
    first = done.get(timeout=10)
    client.stop_stream(cancel_requests=True)
    again = client.infer("words", [caller.tensor("prompt", numpy.array(["still here"], object), "BYTES")])
    return [found, first[1]["values"], plain(again.as_numpy("word"))["values"]]


SCENES = (
    health,
    metadata,
    infer,
    datatypes,
    params,
    asynchronous,
    sequences,
    repository,
    timeouts,
    errors,
    aio,
    streaming,
)


def main() -> None:
    """Every scene on one wire."""
    wire, address = sys.argv[1:]
    caller = Caller(wire, address)
    caller.address = address
    print(json.dumps({scene.__name__: scene(caller) for scene in SCENES}))


if __name__ == "__main__":
    main()
