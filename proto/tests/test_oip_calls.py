"""A call's own parameters, its outputs, and what the wire adds."""

from __future__ import annotations

import time

import pytest

from athena import fields
from athena.errors import Fault, ServiceError
from athena.models import END_MARK, Description, Part, Principal, Reply, Stage
from athena_proto.oip_calls import Sequence, called, chosen, made, options_of, told_of, wanted_of
from athena_proto.oip_datatypes import BYTES
from athena_proto.oip_tensors import Tensor

ANY = Description(inputs=(fields.anything(),))
X = Tensor("x", BYTES, (1,), [b"1"])


def test_the_protocols_own_parameters_are_taken_out() -> None:
    options = options_of(
        {
            "sequence_id": 42,
            "sequence_start": True,
            "sequence_end": False,
            "timeout": 1_500_000,
            "priority": 1,
            "binary_data_output": True,
            "triton_enable_empty_final_response": True,
            "beam": 4,
            "temperature": 0.5,
            "greedy": False,
            "nothing": None,
        }
    )
    assert options.sequence == Sequence("42", True, False)
    assert (options.timeout, options.priority, options.binary, options.final) == (1.5, "9", True, True)
    assert dict(options.params) == {"beam": "4", "temperature": "0.5", "greedy": "false"}


@pytest.mark.parametrize(("said", "means"), [(0, ""), (1, "9"), (5, "5"), (10, "0"), (99, "0")])
def test_priority_1_is_the_highest_there_and_9_here(said: int, means: str) -> None:
    assert options_of({"priority": said}).priority == means


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"sequence_id": True}, "sequence_id: expected"),
        ({"sequence_id": 1.5}, "sequence_id: expected"),
        ({"sequence_id": "x" * 257}, "at most 256"),
        ({"sequence_start": True}, "sequence_id: missing"),
        ({"sequence_id": 1, "sequence_end": 1}, "sequence_end: expected true or false"),
        ({"timeout": -1}, "timeout: expected a whole number"),
        ({"timeout": True}, "timeout: expected a whole number"),
        ({"priority": "high"}, "priority: expected a whole number"),
        ({"beam": {"a": 1}}, "parameters.beam: expected a string"),
    ],
)
def test_parameters_of_the_wrong_shape_are_refused(parameters: dict[str, object], words: str) -> None:
    with pytest.raises(ServiceError, match=words) as caught:
        options_of(parameters)
    assert caught.value.fault is Fault.BAD_REQUEST


@pytest.mark.parametrize(
    ("start", "end", "stage"),
    [(True, True, Stage.ONCE), (True, False, Stage.BEGIN), (False, False, Stage.CONTINUE), (False, True, Stage.END)],
)
def test_the_flags_of_a_sequence_are_stages(start: bool, end: bool, stage: Stage) -> None:
    options = options_of({"sequence_id": "s", "sequence_start": start, "sequence_end": end})
    assert made("m", ANY, [X], options).request.parts[0].stage is stage


def test_an_end_without_tensors_is_the_end_mark() -> None:
    call = made("m", ANY, [], options_of({"sequence_id": 1, "sequence_end": True}))
    assert call.request.parts == (END_MARK,)


def test_shared_memory_and_classification_are_unsupported() -> None:
    with pytest.raises(ServiceError, match="shared memory is not taken") as caught:
        told_of({"shared_memory_region": "r"}, "inputs.x.parameters")
    assert caught.value.fault is Fault.UNSUPPORTED
    with pytest.raises(ServiceError, match="scores are not ranked here"):
        wanted_of("y", {"classification": 3})


def test_an_output_says_how_it_is_wanted() -> None:
    wanted = wanted_of("y", {"binary_data": False, "encoding": "png"})
    assert (wanted.name, wanted.binary, dict(wanted.attributes)) == ("y", False, {"encoding": "png"})
    with pytest.raises(ServiceError, match="binary_data: expected true or false"):
        wanted_of("y", {"binary_data": 1})


def test_outputs_are_the_requests_expectations_and_their_order_is_the_answers() -> None:
    description = Description(outputs=(fields.text("a"), fields.text("b"), fields.text("c")))
    call = made("m", description, [X], options_of(None), (wanted_of("b", None), wanted_of("a", {"encoding": "x"})))
    assert [(one.key, dict(one.attributes)) for one in call.request.expect] == [("b", {}), ("a", {"encoding": "x"})]
    reply = Reply((Part("a"), Part("b"), Part("c")))
    assert [tensor.name for tensor in chosen(call, reply, description)] == ["b", "a"]


def test_an_output_there_is_not_is_refused_before_the_wrapper_runs() -> None:
    with pytest.raises(ServiceError, match="no output 'z'; there are: y"):
        made("m", Description(outputs=(fields.text("y"),)), [X], options_of(None), (wanted_of("z", None),))


def test_two_tensors_of_one_name_are_refused() -> None:
    with pytest.raises(ServiceError, match="two tensors of the name 'x'"):
        made("m", ANY, [X, X], options_of(None))


def test_the_nearer_deadline_counts_and_the_parameter_wins_over_the_header() -> None:
    call = made("m", ANY, [X], options_of({"timeout": 2_000_000, "priority": 1}))
    now = time.monotonic()
    near = called(call, Principal("me"), {"x-priority": "3", "traceparent": "t"}, now + 1)
    far = called(call, Principal("me"), {}, now + 60)
    assert near.request.deadline == now + 1
    assert far.request.deadline is not None
    assert far.request.deadline < now + 10
    assert dict(near.request.headers) == {"x-priority": "9", "traceparent": "t"}
    assert near.request.principal.id == "me"
