"""Documents whose like was there before: what is made of them is what the general way makes, or nothing at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena.fields import anything
from athena.models import Description, Field, Kind, Part, Reply, Stage
from athena_proto import oip_kept
from athena_proto.oip import decode_infer, encode_infer
from athena_proto.oip_calls import Call
from athena_proto.oip_kept import kept_infer, kept_outputs

LIMIT = 1 << 20
ABOUT = Description(inputs=(anything(),), outputs=(anything(),))


@pytest.fixture(autouse=True)
def _forget() -> None:
    oip_kept._asked.clear()


def body(values: object, datatype: str = "INT32", shape: object = None, spaces: bool = False, **more: object) -> bytes:
    size = [len(values)] if isinstance(values, list) else [1]
    tensor = {"name": "x", "shape": size if shape is None else shape, "datatype": datatype, "data": values}
    separators = (", ", ": ") if spaces else (",", ":")
    return json.dumps({"inputs": [tensor], **more}, separators=separators).encode()


def decoded(text: bytes, about: Description = ABOUT) -> Call:
    return decode_infer(text, None, "echo", about, LIMIT)


def shown(call: Call) -> object:
    parts = [(part.key, bytes(part.data), part.kind, part.stage, dict(part.attributes)) for part in call.request.parts]
    return parts, dict(call.request.params), call.request.expect, call.id, call.options, call.outputs


integers = st.lists(st.integers(-(2**31), 2**31 - 1), min_size=3, max_size=3)


@given(integers, integers, st.booleans(), st.booleans())
def test_a_request_whose_like_was_there_is_the_same_call(
    first: list[int], second: list[int], spaces: bool, asks: bool
) -> None:
    more = {"parameters": {"sequence_id": 7, "mode": "a"}, "outputs": [{"name": "x"}], "id": "9"} if asks else {}
    oip_kept._asked.clear()
    general = shown(decoded(body(second, spaces=spaces, **more)))
    oip_kept._asked.clear()
    decoded(body(first, spaces=spaces, **more))
    found = kept_infer(body(second, spaces=spaces, **more), "echo", ABOUT)
    assert found is not None
    assert shown(found) == general


@pytest.mark.parametrize(
    "other",
    [
        body([1, 2]),
        body([1, 2, 3, 4]),
        body([1, 2, 3], shape=[3, 1]),
        body([1, 2, 3], "INT64"),
        body([[1], [2], [3]]),
        body(["a", "b", "c"]),
        body([1, 2, 3], id="8"),
        body([1.5, 2, 3]),
        body([1, 2, 3]) + b" ",
        body([1, 2, 3]).replace(b"[1,2,3]", b'[1,2,3],"data":[1,2,3]'),
        body([1, 2, 3]).replace(b"[1,2,3]", b"[1,2,3"),
        b'{"data":[1,2,3]}',
        b"",
    ],
)
def test_what_is_not_its_like_goes_the_general_way(other: bytes) -> None:
    decoded(body([1, 2, 3]))
    assert kept_infer(body([4, 5, 6]), "echo", ABOUT) is not None
    assert kept_infer(other, "echo", ABOUT) is None
    assert kept_infer(body([4, 5, 6]), "another", ABOUT) is None
    assert kept_infer(body([4, 5, 6]), "echo", Description(inputs=(anything(),))) is None


def test_a_number_that_does_not_fit_is_refused_as_ever() -> None:
    with pytest.raises(ServiceError) as general:
        decoded(body([1, 2, 2**31]))
    decoded(body([1, 2, 3]))
    with pytest.raises(ServiceError) as kept:
        kept_infer(body([1, 2, 2**31]), "echo", ABOUT)
    assert kept.value.message == general.value.message
    assert kept.value.fault is Fault.BAD_REQUEST


@pytest.mark.parametrize(
    "text",
    [
        body(["a"], "BYTES"),
        body([True, False], "BOOL"),
        body([1, 2], parameters={"note": '"data":'}),
        json.dumps({"parameters": {"data": 1}, "inputs": json.loads(body([1, 2]))["inputs"]}).encode(),
        body([1, 2], id="x" * 2000),
        b'{"inputs":[' + body([1])[11:-2] + b"," + body([2]).replace(b'"x"', b'"y"')[11:-2] + b"]}",
    ],
)
def test_what_may_be_mistaken_is_not_kept(text: bytes) -> None:
    first = shown(decoded(text))
    assert kept_infer(text, "echo", ABOUT) is None or shown(decoded(text)) == first


def test_what_is_kept_holds_no_numbers_of_anybody() -> None:
    call = decoded(body([1, 2, 3]))
    assert call.request.part("x").data
    assert [part.data for kept in oip_kept._asked.values() for part in kept.call.request.parts] == [b""]


def test_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oip_kept, "_MANY", 3)
    for number in range(10):
        decoded(body([1], id=str(number)))
        assert len(oip_kept._asked) <= 3


def reply(*values: int, dtype: str = "<i4", shape: str = "", **more: object) -> Reply:
    data = b"".join(value.to_bytes(4, "little", signed=True) for value in values)
    return Reply((Part("y", data, attributes={"dtype": dtype, "shape": shape or str(len(values)), **more}),))


@given(integers)
def test_an_answer_is_written_as_the_general_way_writes_it(values: list[int]) -> None:
    call = decoded(body([1]))
    text = kept_outputs(call, reply(*values), "echo", "1")
    assert text is not None
    document = {"model_name": "echo", "model_version": "1"}
    tensor = {"name": "y", "datatype": "INT32", "shape": [3], "data": values}
    assert json.loads(text) == {**document, "outputs": [tensor]}
    assert encode_infer(call, reply(*values), "echo", ABOUT, LIMIT).body == text
    # The general way, taken because of an attribute more, says the same and that.
    more = encode_infer(call, reply(*values, lang="de"), "echo", ABOUT, LIMIT).body
    tensor = {"name": "y", "datatype": "INT32", "shape": [3], "parameters": {"lang": "de"}, "data": values}
    assert json.loads(more) == {**document, "outputs": [tensor]}


@pytest.mark.parametrize(
    "given",
    [
        reply(1, 2, shape="3"),
        reply(1, 2, dtype=">i4"),
        reply(1, 2, dtype="bfloat16", shape="4"),
        reply(1, 2, shape="x-y"),
        reply(1, lang="de"),
        Reply((*reply(1).parts, *reply(2).parts)),
        Reply(reply(1).parts, Stage.ONCE, {"score": "1"}),
        Reply((Part("y", b"text", Kind.TEXT, attributes={"a": "b", "c": "d"}),)),
        Reply((Part("y", bytes(4), Kind.OTHER, Stage.END, 1, {"dtype": "<i4", "shape": "1"}),)),
        Reply(()),
    ],
)
def test_what_is_more_than_one_tensor_of_numbers_goes_the_general_way(given: Reply) -> None:
    assert kept_outputs(decoded(body([1])), given, "echo", "1") is None


def test_what_the_call_wants_of_the_answer_is_the_general_ways() -> None:
    for asked in (
        body([1], id="9"),
        body([1], outputs=[{"name": "y"}]),
        body([1], parameters={"binary_data_output": True}),
    ):
        assert kept_outputs(decoded(asked), reply(1), "echo", "1") is None
    declared = Description(inputs=(Field("x", dtype="<i4", shape=(-1,)),))
    assert kept_outputs(decoded(body([1]), declared), reply(1), "echo", "1") is not None
