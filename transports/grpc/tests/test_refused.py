"""The corpus of native messages that must be refused, sent to a server: INVALID_ARGUMENT, and never INTERNAL."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
import pytest

from athena_transport_grpc.entry import method

ROWS: list[dict[str, str]] = json.loads(
    (Path(__file__).parents[3] / "proto" / "tests" / "data" / "refused_native.json").read_text()
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["why"])
async def test_a_call_is_an_invalid_argument_with_a_reason(bare: grpc.aio.Channel, row: dict[str, str]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bare.unary_unary(method("Once"))(bytes.fromhex(row["hex"]), timeout=5)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert len(caught.value.details() or "") > 10


@pytest.mark.parametrize("row", ROWS[::5], ids=lambda row: row["why"])
async def test_so_is_a_stream(bare: grpc.aio.Channel, row: dict[str, str]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bare.unary_stream(method("Stream"))(bytes.fromhex(row["hex"]), timeout=5).read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
