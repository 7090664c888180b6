"""Frames: any cutting of the stream gives the same frames, and no bytes whatever break the decoder."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena.link.frames import (
    CALL,
    DONE,
    HEAD_LIMIT,
    KINDS,
    PREFIX,
    Decoder,
    Frame,
    FrameError,
    feed,
    frame_limit,
    prefix,
)

LIMIT = 1024 * 1024

frames = st.builds(
    Frame,
    kind=st.sampled_from(sorted(KINDS)),
    id=st.integers(0, 0xFFFFFFFF),
    head=st.binary(max_size=300),
    data=st.one_of(
        st.binary(max_size=300),
        # Large enough for memory of its own, and for more than one common buffer.
        st.sampled_from([65_536, 65_537, 262_144, 300_000]).map(bytes),
    ),
)


def wire(frame: Frame) -> bytes:
    return prefix(frame.kind, frame.id, len(frame.head), len(frame.data)) + frame.head + bytes(frame.data)


def same(found: list[Frame], sent: list[Frame]) -> bool:
    return [(f.kind, f.id, f.head, bytes(f.data)) for f in found] == [(f.kind, f.id, f.head, f.data) for f in sent]


@settings(max_examples=150, deadline=None)
@given(st.lists(frames, max_size=6), st.lists(st.integers(1, 70_000), min_size=1, max_size=20))
def test_any_cutting_of_the_stream_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(map(wire, sent))
    decoder = Decoder(LIMIT)
    found: list[Frame] = []
    offset, turn = 0, 0
    while offset < len(stream):
        cut = cuts[turn % len(cuts)]
        found.extend(feed(decoder, stream[offset : offset + cut]))
        offset, turn = offset + cut, turn + 1
    assert same(found, sent)
    assert not decoder.inside


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=10))
def test_no_bytes_whatever_raise_anything_but_the_decoders_own_error(chunks: list[bytes]) -> None:
    decoder = Decoder(4096)
    try:
        for chunk in chunks:
            list(feed(decoder, chunk))
    except FrameError as error:
        assert str(error)


@settings(max_examples=200, deadline=None)
@given(frames, st.integers(0, 15), st.integers(0, 255))
def test_one_wrong_byte_in_a_prefix_is_an_error_or_another_frame(frame: Frame, at: int, byte: int) -> None:
    damaged = bytearray(wire(frame))
    damaged[at] = byte
    try:
        list(feed(Decoder(LIMIT), bytes(damaged)))
    except FrameError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("four", "said"),
    [
        ((LIMIT + 1, 0, CALL, 1), "at most"),
        ((0xFFFFFFFF, 0, CALL, 1), "at most"),
        ((10, 11, CALL, 1), "a head of 11 bytes in a frame of 10"),
        ((HEAD_LIMIT + 1, HEAD_LIMIT + 1, CALL, 1), f"at most {HEAD_LIMIT}"),
        ((0, 0, 0, 1), "unknown kind 0"),
        ((0, 0, 0x01000002, 1), "unknown kind"),
    ],
)
def test_a_length_above_the_limit_is_refused_before_anything_is_allocated(
    four: tuple[int, int, int, int], said: str
) -> None:
    decoder = Decoder(16 * LIMIT if four[1] == HEAD_LIMIT + 1 else LIMIT)
    with pytest.raises(FrameError, match=said):
        list(feed(decoder, PREFIX.pack(*four)))
    # The common buffer alone is there: nothing was made for a frame that may not come.
    assert len(decoder.space()) <= 256 * 1024


def test_a_large_frame_is_received_into_memory_of_its_own_and_is_read_only() -> None:
    decoder = Decoder(LIMIT)
    data = bytes(range(256)) * 1024
    stream = wire(Frame(DONE, 7, b"head", data))
    assert list(feed(decoder, stream[:100])) == []
    assert decoder.inside
    # What is missing is exactly what may be received: nothing of the next frame ends up in this one's memory.
    assert len(decoder.space()) == len(stream) - 100
    (found,) = feed(decoder, stream[100:])
    assert isinstance(found.data, memoryview)
    assert found.data.readonly
    assert found.data == data


def test_the_frame_limit_leaves_room_for_twice_the_message_and_the_head() -> None:
    assert frame_limit(1000) == 2000 + HEAD_LIMIT


def test_kinds_have_one_number_each() -> None:
    assert len(set(KINDS.values())) == len(KINDS)
    assert KINDS[CALL] == "CALL"
    assert "HELLO" in KINDS.values()
