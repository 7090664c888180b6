"""Faults, descriptions and lists of services survive the wire."""

from __future__ import annotations

import logging

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Field, Health, Kind, Param, ServiceSettings, ServiceView
from athena_proto import answers
from athena_proto import inference_pb2 as pb

DESCRIPTION = Description(
    "1.2",
    "Reads pages.",
    (Field("image", Kind.IMAGE, formats=("png", "jpeg")), Field("*", None, required=False)),
    (
        Field("boxes", Kind.TEXT, schema='{"type":"array"}'),
        Field("t", Kind.OTHER, dtype="<f4", shape=(-1, 3), items=True),
    ),
    (Param("k", "integer", True, "1", 0.0, 9.5, ("1", "2"), "How many."), Param("plain")),
    frozenset({"once", "session"}),
)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("executed", Executed)
def test_every_fault_survives_the_wire(fault: Fault, executed: Executed) -> None:
    sent = ServiceError(fault, "a sentence", executed=executed, code=-7, retry_after=1.5, error_id="e1")
    back = answers.decode_fault(answers.encode_fault(sent))
    assert vars(back) == vars(sent)


def test_what_a_fault_does_not_say_is_none() -> None:
    back = answers.decode_fault(answers.encode_fault(ServiceError(Fault.QUOTA, "enough")))
    assert (back.code, back.retry_after, back.error_id) == (None, None, "")


def test_a_fault_of_a_newer_kernel_is_internal_and_named() -> None:
    back = answers.decode_fault(pb.Fault(name="TEAPOT", message="short and stout", executed="NO").SerializeToString())
    assert (back.fault, back.executed) == (Fault.INTERNAL, Executed.NO)
    assert back.message == "TEAPOT: short and stout"


def test_a_description_survives_the_wire() -> None:
    assert answers.decode_description(answers.encode_description(DESCRIPTION)) == DESCRIPTION
    assert answers.decode_description(b"") == Description()


def test_the_services_survive_the_wire() -> None:
    view = ServiceView("ocr", DESCRIPTION, Health(False, "starting"), ServiceSettings("ocr"))
    assert answers.decode_services(answers.encode_services({"ocr": view})) == {
        "ocr": (Health(False, "starting"), DESCRIPTION)
    }


def test_a_field_of_no_known_kind_is_refused() -> None:
    data = pb.Description(inputs=[pb.Field(key="x")]).SerializeToString()
    assert answers.decode_description(data).inputs[0].kind is None
    with pytest.raises(ServiceError, match=r"fields\.x\.kind"):
        answers.decode_description(b"\x1a\x05\x0a\x01x\x10\x09")


def test_garbage_is_a_bad_request() -> None:
    for decode in (answers.decode_fault, answers.decode_description, answers.decode_services):
        with pytest.raises(ServiceError) as caught:
            decode(b"\xff\xff")
        assert caught.value.fault is Fault.BAD_REQUEST


def test_a_bug_is_told_by_an_id_alone(caplog: pytest.LogCaptureFixture) -> None:
    error = answers.internal(RuntimeError("s3cret"), logging.getLogger("test"))
    assert (error.fault, error.executed) == (Fault.INTERNAL, Executed.UNKNOWN)
    assert "s3cret" not in error.message
    assert error.error_id in error.message
    assert error.error_id in caplog.text
    assert "s3cret" in caplog.text
