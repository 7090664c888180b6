"""Reading Server-Sent Events, however they are cut into pieces."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Executed, Fault, ServiceError
from athena_transport_http.feed import items

STREAM = b'data: {"a":1}\n\n: a comment\n\ndata: [1,\ndata: 2]\nid: 7\n\nevent: end\ndata: {}\n\n'


class Pieces:
    """A body that comes in pieces."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    async def readany(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def answer(*pieces: bytes, kind: str = "text/event-stream") -> Any:
    async def read() -> bytes:
        return b"".join(pieces)

    return SimpleNamespace(content_type=kind, content=Pieces(pieces), read=read)


async def collected(response: Any, limit: int = 1000) -> list[tuple[str, bytes]]:
    return [item async for item in items(response, limit)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
async def test_events_are_the_same_wherever_they_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[low:high] for low, high in itertools.pairwise(edges)]
    assert await collected(answer(*pieces)) == [("", b'{"a":1}'), ("", b"[1,\n2]"), ("end", b"{}")]


async def test_nothing_is_read_behind_the_last_event() -> None:
    assert await collected(answer(b"event: fault\ndata: 1\n\ndata: 2\n\n")) == [("fault", b"1")]


async def test_a_stream_that_breaks_off_is_a_lost_worker() -> None:
    with pytest.raises(ServiceError, match="broke off") as caught:
        await collected(answer(b"data: 1\n\ndata: 2"))
    assert (caught.value.fault, caught.value.executed) == (Fault.WORKER_LOST, Executed.UNKNOWN)


async def test_an_event_without_end_is_too_large() -> None:
    with pytest.raises(ServiceError, match="larger than 100 bytes") as caught:
        await collected(answer(b"data: " + b"x" * 200), limit=100)
    assert caught.value.fault is Fault.TOO_LARGE


async def test_an_answer_that_is_no_stream_is_one_item() -> None:
    assert await collected(answer(b"{}", kind="application/json")) == [("", b"{}")]
