"""What a worker prints: lines in the log, never more than the log can bear."""

from __future__ import annotations

import asyncio
import logging
import os
import threading

import pytest

from athena.executors.output import Output
from athena.testing.bounded import eventually


def pipe() -> tuple[Output, int]:
    read, write = os.pipe()
    return Output(os.fdopen(read, "rb", 0), "svc", lambda: 77, "stdout"), write


async def test_lines_are_logged_whole_whatever_way_they_come(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    output, end = pipe()
    os.write(end, b"one\ntw")
    await asyncio.sleep(0.01)
    os.write(end, b"o \xff\n\n   \nthree")
    await eventually(lambda: len(caplog.records) == 2, "two lines were logged")
    os.close(end)
    output.close()
    output.close()
    assert [record.getMessage() for record in caplog.records] == ["stdout: one", "stdout: two �", "stdout: three"]
    assert {(record.service, record.worker) for record in caplog.records} == {("svc", 77)}  # type: ignore[attr-defined]


async def test_a_flood_is_counted_and_read_slowly(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    output, end = pipe()
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            os.write(end, b"x" * 99 + b"\n")

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    began = asyncio.get_running_loop().time()
    beats = 0
    while asyncio.get_running_loop().time() - began < 0.5:
        await asyncio.sleep(0)
        beats += 1
    stop.set()
    await asyncio.sleep(0.1)
    thread.join(5)
    os.close(end)
    output.close()
    assert len(caplog.records) < 800
    # The loop turned freely meanwhile.
    assert beats > 500


async def test_a_line_without_an_end_does_not_grow_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    output, end = pipe()
    for _ in range(10):
        os.write(end, b"y" * 30_000)
        await asyncio.sleep(0.005)
    os.close(end)
    output.close()
    assert [len(record.getMessage()) for record in caplog.records] == [8 * 1024 + len("stdout: ")]
