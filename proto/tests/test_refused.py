"""The corpus of what must be refused: every row a 400 with a reason, on the codecs that all wires share."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena_proto import native
from athena_proto.ase import decode_message

DATA = Path(__file__).parent / "data"
ROWS: list[dict[str, Any]] = json.loads((DATA / "refused.json").read_text())
NATIVE: list[dict[str, str]] = json.loads((DATA / "refused_native.json").read_text())


def body(row: dict[str, Any]) -> bytes:
    """A row's pieces, each as often as it says."""
    return b"".join(
        (bytes.fromhex(piece["hex"]) if "hex" in piece else piece["text"].encode()) * piece.get("times", 1)
        for piece in row["body"]
    )


def test_the_corpus_is_as_large_as_it_is_said_to_be() -> None:
    assert len({row["why"] for row in ROWS}) >= 350
    assert len({row["why"] for row in NATIVE}) >= 45


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["why"])
def test_a_document_is_refused_with_the_place_named(row: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        decode_message(body(row), "talk", 1 << 20)
    error = caught.value
    assert (error.fault, error.executed) == (Fault.BAD_REQUEST, Executed.NO)
    assert error.message.startswith(row["says"])
    assert len(row["says"]) < len(error.message) < 600


@pytest.mark.parametrize("row", NATIVE, ids=lambda row: row["why"])
def test_a_native_message_is_refused_with_a_reason(row: dict[str, str]) -> None:
    with pytest.raises(ServiceError) as caught:
        native.decode_request(bytes.fromhex(row["hex"]))
    assert caught.value.fault is Fault.BAD_REQUEST
    assert 10 < len(caught.value.message) < 600


def test_refusing_the_whole_corpus_takes_no_time_to_speak_of() -> None:
    began = time.thread_time()
    for row in ROWS:
        with pytest.raises(ServiceError):
            decode_message(body(row), "talk", 1 << 20)
    assert time.thread_time() - began < 5
