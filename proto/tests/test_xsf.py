"""Packets of upstream's RPC: what a client of the documented messages sends is understood, and answered likewise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Executed, Fault, ServiceError
from athena.models import Expectation, Kind, Part, Reply, Stage
from athena_proto import loader_pb2, xsf_pb2
from athena_proto.xsf import decode_packet, encode_answer, encode_failure, encode_output

LIMIT = 1 << 20


def packet(op: str = "AIIn", inner: loader_pb2.LoaderInput | None = None, **param: str) -> bytes:
    message = xsf_pb2.ReqData(op=op, param=param)
    message.s.h, message.s.t = "handle", "trace"
    if inner is not None:
        message.data.add(data=inner.SerializeToString())
    return message.SerializeToString()


def refused(data: bytes, limit: int = LIMIT) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        decode_packet(data, limit)
    return caught.value


def test_a_packet_says_what_upstreams_says() -> None:
    inner = loader_pb2.LoaderInput(
        serviceId="ocr", serviceName="svc", state=loader_pb2.LoaderInput.ONCE, headers={"appid": "a"}, sync_id=7,
        params={"lang": "cn"}, expect=[loader_pb2.MetaDesc(name="boxes", attribute={"format": "json"})],
    )  # fmt: skip
    meta = loader_pb2.MetaDesc(name="page", attribute={"encoding": "jpg", "seq": "3", "status": "2"})
    meta.dataType = loader_pb2.MetaDesc.IMAGE
    inner.pl.add(meta=meta, data=b"jpeg")
    found = decode_packet(packet(inner=inner, SeqNo="1", waitTime="1500"), LIMIT)
    assert (found.op, found.handle, found.trace, found.first, found.wait) == ("AIIn", "handle", "trace", True, 1.5)
    assert (found.once, found.number, found.names) == (True, 7, ("ocr", "svc"))
    request = found.request
    assert (dict(request.params), dict(request.headers)) == ({"lang": "cn"}, {"appid": "a"})
    assert request.expect == (Expectation("boxes", Kind.TEXT, {"format": "json"}),)
    (part,) = request.parts
    assert (part.key, part.data, part.kind, part.stage, part.seq) == ("page", b"jpeg", Kind.IMAGE, Stage.END, None)
    assert dict(part.attributes) == {"encoding": "jpg"}, "seq and status are the wire's own"


def test_what_a_packet_does_not_say_is_assumed() -> None:
    found = decode_packet(packet(inner=loader_pb2.LoaderInput(pl=[loader_pb2.Payload()])), LIMIT)
    assert (found.first, found.wait, found.once, found.number) == (False, 0.5, False, 0)
    assert found.request.parts[0].stage is Stage.CONTINUE


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff\xff\xff", "ReqData"),
        (packet(), "LoaderInput"),
        (packet(inner=loader_pb2.LoaderInput(), waitTime="soon"), "waitTime"),
        (packet(inner=loader_pb2.LoaderInput(pl=[{"meta": {"name": "a", "attribute": {"status": "9"}}}])), "status"),
        (xsf_pb2.ReqData(op="AIIn", data=[xsf_pb2.DataMeta(data=b"\xff")]).SerializeToString(), "LoaderInput"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(data: bytes, told: str) -> None:
    error = refused(data)
    assert error.fault is Fault.BAD_REQUEST
    assert told in error.message


def test_an_operation_nobody_knows_and_a_packet_that_is_too_large_are_refused() -> None:
    assert refused(packet("AIDance")).fault is Fault.UNSUPPORTED
    assert refused(packet(inner=loader_pb2.LoaderInput(pl=[loader_pb2.Payload(data=b"x" * 50)])), 40).fault is (
        Fault.TOO_LARGE
    )


@given(st.binary(max_size=200))
def test_no_bytes_whatever_do_more_than_be_refused(data: bytes) -> None:
    try:
        decode_packet(data, LIMIT)
    except ServiceError as error:
        assert error.fault in (Fault.BAD_REQUEST, Fault.UNSUPPORTED)  # either, or a packet


def test_an_output_carries_the_parts_with_what_was_wished_of_them_and_their_numbers() -> None:
    reply = Reply((Part("a", b"1", Kind.TEXT, Stage.CONTINUE, None, {"encoding": "utf8"}),), Stage.END)
    told = encode_output(reply, "svc", (Expectation("a", None, {"format": "plain", "encoding": "gbk"}),), lambda key: 4)
    output = loader_pb2.LoaderOutput.FromString(told)
    assert (output.serviceId, output.code, output.status) == ("svc", 0, loader_pb2.LoaderOutput.END)
    meta = output.pl[0].meta
    assert (meta.name, meta.dataType, output.pl[0].data) == ("a", loader_pb2.MetaDesc.TEXT, b"1")
    assert dict(meta.attribute) == {"format": "plain", "encoding": "utf8", "seq": "4", "status": "2"}
    once = loader_pb2.LoaderOutput.FromString(encode_output(Reply((Part("a"),)), "svc", (), lambda key: 0))
    assert once.status == loader_pb2.LoaderOutput.ONCE


def test_an_answer_gives_back_handle_trace_and_address() -> None:
    found = decode_packet(packet("ping"), LIMIT)
    answer = xsf_pb2.ResData.FromString(encode_answer(found, "h" * 26, "127.0.0.1:5", None))
    assert (answer.s.h, answer.s.t, answer.s.sess["PeerAddr"]) == ("h" * 26, "trace", "127.0.0.1:5")
    assert not answer.data


def test_a_failure_is_told_inside_and_only_a_full_house_outside_too() -> None:
    found = decode_packet(packet("AIOut"), LIMIT)
    failed = ServiceError(Fault.USER_ERROR, "no", executed=Executed.YES, code=2**40)
    answer = xsf_pb2.ResData.FromString(encode_failure(failed, found, "h", "p"))
    output = loader_pb2.LoaderOutput.FromString(answer.data[0].data)
    assert (answer.code, output.code, output.err, output.status) == (0, 2**31 - 1, "no", loader_pb2.LoaderOutput.END)
    full = xsf_pb2.ResData.FromString(encode_failure(ServiceError(Fault.OVERLOADED, "full"), found, "h", "p"))
    assert (full.code, full.error_info) == (10110, "full")
    lost = xsf_pb2.ResData.FromString(encode_failure(ServiceError(Fault.NOT_FOUND, "none"), found, "h", "p"))
    assert loader_pb2.LoaderOutput.FromString(lost.data[0].data).code == 10008, "it was a session that was asked for"
