"""The client's end of upstream's RPC: what it sends the server's end reads, and a loader's answers are heard."""

from __future__ import annotations

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.models import Expectation, Kind, Part, Reply, Request, Stage
from athena_proto import loader_pb2, xsf_pb2
from athena_proto.xsf import decode_packet, encode_answer, encode_failure, encode_output
from athena_proto.xsf_client import decode_answer, encode_packet

PART = Part("a", b"1", Kind.AUDIO, Stage.BEGIN, None, {"encoding": "raw"})


def test_a_request_comes_out_as_it_went_in() -> None:
    request = Request("svc", "", (PART,), {"k": "v"}, {"uid": "1"}, (Expectation("b", Kind.TEXT, {"format": "json"}),))
    told = encode_packet("AIIn", "h" * 26, first=True, wait=2.0, request=request, once=False, number=3)
    found = decode_packet(told, 1000)
    assert (found.handle, found.first, found.wait, found.once, found.number) == ("h" * 26, True, 2.0, False, 3)
    assert found.names == ("svc", "svc")
    part = found.request.parts[0]
    assert (part.key, part.data, part.kind, part.stage, dict(part.attributes)) == (
        "a", b"1", Kind.AUDIO, Stage.BEGIN, {"encoding": "raw"},
    )  # fmt: skip
    assert (dict(found.request.params), dict(found.request.headers), found.request.expect) == (
        {"k": "v"}, {"uid": "1"}, request.expect,
    )  # fmt: skip


def test_a_result_and_its_absence_are_heard() -> None:
    packet = decode_packet(encode_packet("AIOut", "h", first=False, wait=0.0), 1000)
    answer = decode_answer(encode_answer(packet, "h", "p", encode_output(Reply((PART,), Stage.END), "s", (), len)))
    assert answer.error is None
    assert answer.reply is not None
    assert (answer.handle, answer.reply.stage, answer.reply.parts[0].data) == ("h", Stage.END, b"1")
    assert decode_answer(encode_answer(packet, "h", "p", None)).reply is None


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_of_ours_is_heard_whole(fault: Fault) -> None:
    packet = decode_packet(encode_packet("AIOut", "", first=True, wait=0.0), 1000)
    error = ServiceError(fault, "why", executed=Executed.YES, code=77, error_id="ab")
    heard = decode_answer(encode_failure(error, packet, "h", "p")).error
    assert heard is not None
    assert (heard.fault, heard.message, heard.executed, heard.code, heard.error_id) == (
        fault, "why", Executed.YES, 77, "ab",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "fault"),
    [(10110, Fault.OVERLOADED), (10008, Fault.NOT_FOUND), (10101, Fault.SESSION_CLOSED), (40001, Fault.USER_ERROR)],
)
def test_a_foreign_loaders_bare_code_is_mapped_back(code: int, fault: Fault) -> None:
    output = loader_pb2.LoaderOutput(code=code, err="text;code=1")
    told = xsf_pb2.ResData(data=[xsf_pb2.DataMeta(data=output.SerializeToString())]).SerializeToString()
    heard = decode_answer(told).error
    assert heard is not None
    assert (heard.fault, heard.message) == (fault, "text;code=1")
    assert heard.code == (code if fault is Fault.USER_ERROR else None)
    bare = decode_answer(xsf_pb2.ResData(code=code, error_info="no").SerializeToString()).error
    assert bare is not None
    assert bare.fault is fault


@pytest.mark.parametrize("own", ["9" * 5000, "²", "٣", "--1", "", "-"])
def test_a_code_of_the_wrappers_that_is_no_number_is_left_out(own: str) -> None:
    answer = xsf_pb2.ResData(code=10110, error_info="no room", param={"athena-code": own})
    error = decode_answer(answer.SerializeToString()).error
    assert error is not None
    assert (error.fault, error.code) == (Fault.OVERLOADED, None)
