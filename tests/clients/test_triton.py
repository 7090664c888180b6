"""tritonclient, unchanged, against a running kernel; and what it sees is what a direct call of the kernel gives."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy
import pytest

from athena import Part, Reply, Request
from athena.models import Kind

from .served import TRITON, environment, played, serving

WIRES = ["http", "grpc"]
LEFT = numpy.arange(32, dtype="<i4").reshape(2, 16)
RIGHT = numpy.full((2, 16), 7, "<i4")


@pytest.fixture(scope="module")
def python() -> str:
    return environment(f"athena-tritonclient-{TRITON}", f"tritonclient[http,grpc]=={TRITON}")


@pytest.fixture(scope="module")
def seen(python: str) -> dict[str, dict[str, Any]]:
    """Every scene on every wire, and what the kernel itself says."""

    async def run() -> dict[str, dict[str, Any]]:
        async with serving() as kernel:
            found = {wire: await played(kernel, python, wire) for wire in WIRES}
            parts = (Part.from_array("INPUT0", LEFT), Part.from_array("INPUT1", RIGHT))
            reply: Reply = await kernel.once("simple", Request("simple", parts=parts))
            told = {"text": "ü", "whole": "7", "real": "0.5", "yes": "true"}
            param = await kernel.once("any", Request("any", parts=(Part("x", b"one", Kind.OTHER),), params=told))
            found["direct"] = {
                **{part.key: part.array().flatten().tolist() for part in reply.parts},
                "told": param.parts[-1].text,
            }
            return found

    return asyncio.run(asyncio.wait_for(run(), 200))


wire = pytest.mark.parametrize("wire", WIRES)
# One process plays it for all of them.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("tritonclient")]


@wire
def test_server_and_models_say_how_they_are(seen: dict[str, Any], wire: str) -> None:
    assert seen[wire]["health"][:4] == [True] * 4
    assert seen[wire]["health"][4] in ("404", "StatusCode.NOT_FOUND")


@wire
def test_metadata_are_the_declaration(seen: dict[str, Any], wire: str) -> None:
    name, extensions, model = seen[wire]["metadata"]
    assert name == "athena"
    assert "binary_tensor_data" in extensions
    assert (model["name"], model["versions"], model["platform"]) == ("simple", ["3"], "athena")
    assert model["inputs"][0] == {"name": "INPUT0", "datatype": "INT32", "shape": [-1, 16]}
    assert [one["name"] for one in model["outputs"]] == ["OUTPUT0", "OUTPUT1"]


@wire
def test_inferences_are_what_the_kernel_says_itself_in_json_and_in_binary(seen: dict[str, Any], wire: str) -> None:
    direct = seen["direct"]
    expected = [{"shape": [2, 16], "dtype": "int32", "values": direct[name]} for name in ("OUTPUT0", "OUTPUT1")]
    assert seen[wire]["infer"] == [["r1", *expected], ["r1", None, expected[1]]] * 2


@wire
def test_every_datatype_comes_back_as_it_went(seen: dict[str, Any], wire: str) -> None:
    assert len(seen[wire]["datatypes"]) == 26
    assert [name for name, same in seen[wire]["datatypes"].items() if not same] == []


@wire
def test_parameters_are_the_wrappers_params_as_in_a_direct_call(seen: dict[str, Any], wire: str) -> None:
    assert seen[wire]["params"]["values"] == [seen["direct"]["told"]]


@wire
def test_many_calls_at_once_are_all_answered(seen: dict[str, Any], wire: str) -> None:
    assert [one["values"] for one in seen[wire]["asynchronous"]] == [seen["direct"]["OUTPUT0"]] * 16


@wire
def test_sequences_by_number_and_by_name_are_told_apart(seen: dict[str, Any], wire: str) -> None:
    sums, (status, sentence) = seen[wire]["sequences"]
    assert sums == {"7": [[12], [20], [26]], "seven": [[11], [18], [23]]}
    assert status in ("404", "StatusCode.NOT_FOUND")
    assert "begin it with sequence_start" in sentence


@wire
def test_the_repository_lists_the_services_and_says_who_loads_them(seen: dict[str, Any], wire: str) -> None:
    index, loaded, nobody, other, unload = seen[wire]["repository"]
    assert index == [["any", "1", "READY"], ["simple", "3", "READY"], ["sums", "1", "READY"], ["words", "1", "READY"]]
    assert loaded is None
    assert nobody[0] in ("404", "StatusCode.NOT_FOUND")
    for status, sentence in (other, unload):
        assert status in ("501", "StatusCode.UNIMPLEMENTED")
        assert "athena reload" in sentence


@wire
def test_a_timeout_is_a_deadline(seen: dict[str, Any], wire: str) -> None:
    for status, _ in seen[wire]["timeouts"]:
        assert status in ("504", "StatusCode.DEADLINE_EXCEEDED")


@wire
def test_errors_have_one_meaning_and_one_sentence(seen: dict[str, Any], wire: str) -> None:
    expected = {
        "no model": ("404", "NOT_FOUND", "no service 'nobody'"),
        "no version": ("404", "NOT_FOUND", "no version '9'; it has: 3"),
        "missing": ("400", "INVALID_ARGUMENT", "payload.INPUT1: missing"),
        "datatype": ("400", "INVALID_ARGUMENT", "INPUT0.datatype: expected INT32, got FP32"),
        "shape": ("400", "INVALID_ARGUMENT", "INPUT0.shape: expected [-1, 16], got [2, 4]"),
        "output": ("400", "INVALID_ARGUMENT", "no output 'nothing'"),
        "wrapper": ("500", "INTERNAL", "no face in the picture"),
        "session only": ("501", "UNIMPLEMENTED", "sums answers sessions only"),
    }
    assert set(seen[wire]["errors"]) == set(expected)
    for name, (status, sentence) in seen[wire]["errors"].items():
        assert status in (expected[name][0], f"StatusCode.{expected[name][1]}"), name
        assert expected[name][2] in sentence


@wire
def test_the_asyncio_client_works_too(seen: dict[str, Any], wire: str) -> None:
    live, answers = seen[wire]["aio"]
    assert live is True
    assert [one["values"] for one in answers] == [seen["direct"]["OUTPUT1"]] * 8


def test_a_stream_has_every_answer_in_the_order_of_its_calls(seen: dict[str, Any]) -> None:
    found, _, _ = seen["grpc"]["streaming"]
    words = {id: [one[1]["values"][0] for one in found if one[0] == id and one[1]] for id in "abc"}
    assert words == {"a": ["one ", "two ", "three "], "b": ["four "], "c": ["six ", "seven "]}
    assert [one[1] for one in found if one[0] == "error"] == ["told to stop"]
    assert [one[2] for one in found if one[0] == "c"] == [False, False, True]
    assert [one[1]["values"] for one in found if one[0] == "d"] == [seen["direct"]["OUTPUT0"]]
    assert [one[1]["values"] for one in found if one[0].startswith("s")] == [[1], [3], [6]]
    assert [one[0] for one in found] == ["a", "a", "a", "b", "error", "c", "c", "c", "d", "s0", "s1", "s2"]


def test_a_stream_that_is_cut_off_leaves_the_service_free(seen: dict[str, Any]) -> None:
    _, first, again = seen["grpc"]["streaming"]
    assert (first, again) == (["word "], ["still here "])


def test_both_wires_say_the_same(seen: dict[str, Any]) -> None:
    http, grpc = seen["http"], seen["grpc"]
    for scene in ("infer", "datatypes", "params", "asynchronous", "metadata", "aio"):
        assert http[scene] == grpc[scene], scene
    sentences = [{name: told[1] for name, told in one["errors"].items()} for one in (http, grpc)]
    assert sentences[0] == sentences[1]
