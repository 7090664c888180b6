"""The values that travel: frozen, with the few questions one may ask them."""

from __future__ import annotations

import time

import attrs
import numpy
import pytest

from athena.errors import Fault, ServiceError
from athena.models import (
    ANONYMOUS,
    EMPTY,
    LAST,
    Document,
    Endpoint,
    Health,
    Kind,
    Part,
    Reply,
    Request,
    ServiceSettings,
    SessionContext,
    Stage,
)


class Gone:
    """A cancellation that has happened."""

    cancelled = True

    def on_cancel(self, callback: object) -> None:
        raise AssertionError("nobody asked")


def test_kinds_and_stages_have_the_numbers_of_the_wire() -> None:
    assert [(kind.name, int(kind)) for kind in Kind] == [
        ("TEXT", 0),
        ("AUDIO", 1),
        ("IMAGE", 2),
        ("VIDEO", 3),
        ("OTHER", 4),
    ]
    assert [(stage.name, int(stage)) for stage in Stage] == [("BEGIN", 0), ("CONTINUE", 1), ("END", 2), ("ONCE", 3)]
    assert {Stage.END, Stage.ONCE} == LAST


def test_values_are_frozen_and_a_changed_copy_is_another() -> None:
    request = Request("ocr")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.sid = "x"  # type: ignore[misc]
    assert attrs.evolve(request, sid="x").sid == "x"
    assert request.sid == ""


def test_shared_defaults_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        EMPTY["a"] = "b"  # type: ignore[index]
    with pytest.raises(TypeError):
        ServiceSettings("a").config["b"] = 1  # type: ignore[index]


def test_a_text_part_is_utf8_and_says_so_when_it_is_not() -> None:
    part = Part.from_text("greeting", "grüß", lang="de")
    assert (part.text, part.kind, part.attributes) == ("grüß", Kind.TEXT, {"lang": "de"})
    with pytest.raises(ServiceError, match="greeting: not UTF-8 at byte 1") as caught:
        _ = Part("greeting", b"a\xff").text
    assert caught.value.fault is Fault.BAD_REQUEST


def test_a_part_over_a_memoryview_gives_the_same_answers_and_bytes_to_keep() -> None:
    buffer = bytearray(b"hello")
    part = Part("x", memoryview(buffer).toreadonly())
    kept = part.tobytes()
    buffer[0] = ord("j")
    assert (part.text, kept) == ("jello", b"hello")


def test_a_json_part_is_compact_and_refuses_what_json_has_not() -> None:
    part = Part.from_json("boxes", [{"text": "ß"}])
    assert part.text == '[{"text":"ß"}]'
    assert part.attributes == {"encoding": "utf8", "format": "json"}
    with pytest.raises(ValueError):
        Part.from_json("boxes", float("nan"))


@pytest.mark.parametrize("shape", [(2, 3), (), (0, 4), (5,)])
def test_an_array_survives_with_dtype_and_shape_and_is_read_only(shape: tuple[int, ...]) -> None:
    array = numpy.arange(int(numpy.prod(shape)), dtype="<f4").reshape(shape)
    back = Part.from_array("t", array).array()
    assert back.shape == shape
    assert back.dtype == array.dtype
    assert numpy.array_equal(back, array)
    assert not back.flags.writeable


def test_bytes_without_a_dtype_are_an_array_of_bytes() -> None:
    assert Part("t", b"\x01\x02").array().tolist() == [1, 2]


def test_the_repr_of_data_shows_its_size_not_itself() -> None:
    assert repr(Part("x", b"secret", seq=4)) == "Part('x', 6 bytes, OTHER, ONCE, seq=4)"
    assert "secret" not in repr(Request("s", parts=(Part("x", b"secret"),), headers={"authorization": "secret"}))


def test_a_missing_part_is_the_callers_fault_and_names_those_there_are() -> None:
    request = Request("ocr", parts=(Part("b"), Part("a")))
    assert request.get("c") is None
    assert request.part("a").key == "a"
    with pytest.raises(ServiceError, match=r"payload\.c: missing; the request has: a, b") as caught:
        request.part("c")
    assert caught.value.fault is Fault.BAD_REQUEST
    with pytest.raises(KeyError, match="the reply has: none"):
        Reply().part("c")


def test_a_request_is_cancelled_by_its_caller_or_by_its_deadline() -> None:
    assert not Request("s").cancelled
    assert Request("s", cancellation=Gone()).cancelled
    assert Request("s", deadline=time.monotonic() - 1).cancelled
    assert not Request("s", deadline=time.monotonic() + 60).cancelled


def test_what_remains_of_a_deadline_is_never_negative() -> None:
    assert Request("s").remaining is None
    assert Request("s", deadline=time.monotonic() - 5).remaining == 0.0
    assert 0 < (Request("s", deadline=time.monotonic() + 60).remaining or 0) <= 60


def test_a_write_has_ended_when_each_of_its_parts_has() -> None:
    assert Request("s", parts=(Part("a", stage=Stage.END), Part("b"))).ended
    assert not Request("s", parts=(Part("a", stage=Stage.END), Part("b", stage=Stage.CONTINUE))).ended
    assert not Request("s").ended


def test_a_session_is_cancelled_like_a_request() -> None:
    context = SessionContext("1", "s", EMPTY, EMPTY, (), None, ANONYMOUS, None, Gone())  # type: ignore[arg-type]
    assert context.cancelled


def test_concurrency_is_workers_times_threads_unless_given() -> None:
    assert ServiceSettings("s", workers=3, threads=2).concurrency == 6
    assert ServiceSettings("s", workers=3, threads=2, max_concurrency=4).concurrency == 4


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        (Endpoint("http", "127.0.0.1", 8080), "http://127.0.0.1:8080"),
        (Endpoint("http", "::1", 8080), "http://[::1]:8080"),
        (Endpoint("ipc", path="/run/a.sock"), "ipc:///run/a.sock"),
        (Endpoint("ws", "h", 1, "/v1"), "ws://h:1/v1"),
    ],
)
def test_an_endpoints_url_is_what_a_client_types(endpoint: Endpoint, url: str) -> None:
    assert endpoint.url == url


def test_plain_values_compare_by_what_they_hold() -> None:
    assert Health(True) == Health(True)
    assert Health(True) != Health(False, "down")
    assert "hidden" not in repr(Document("x = 1", files={"hidden": b""}))
