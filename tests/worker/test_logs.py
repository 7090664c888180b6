"""A worker's log: every record is a frame, a flood is counted, and nothing it holds can break it."""

from __future__ import annotations

import logging
import socket
import sys
import warnings
from collections.abc import Iterator

import pytest

from athena.link import worker_pb2 as pb
from athena.link.frames import LOG, Decoder
from athena.link.pipe import Pipe
from athena.worker import logs


class Kernel:
    """The other end: what was logged."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(0.2)
        self.pipe = Pipe(theirs, 1000)
        self._decoder = Decoder(1 << 24)

    def told(self) -> list[pb.Log]:
        """Every record so far."""
        found = []
        while True:
            try:
                count = self.socket.recv_into(self._decoder.space())
            except TimeoutError:
                return found
            for frame in self._decoder.received(count):
                assert (frame.kind, frame.id) == (LOG, 0)
                found.append(pb.Log.FromString(frame.head))


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    end = Kernel()
    yield end
    end.socket.close()
    end.pipe.close()


@pytest.fixture
def logger(kernel: Kernel) -> logging.Logger:
    made = logging.Logger("mine", logging.INFO)
    made.addHandler(logs.LogFrames(kernel.pipe))
    return made


def test_a_record_is_a_frame_with_its_level_name_and_traceback(kernel: Kernel, logger: logging.Logger) -> None:
    logger.debug("not asked for")
    logger.info("100 %s", "percent")
    try:
        raise ValueError("why")
    except ValueError:
        logger.exception("it failed")
    first, second = kernel.told()
    assert (first.level, first.logger, first.message) == (logging.INFO, "mine", "100 percent")
    assert first.time > 1e9
    assert second.level == logging.ERROR
    assert second.message.startswith("it failed\nTraceback")
    assert second.message.endswith("ValueError: why")


def test_what_cannot_be_formatted_or_sent_is_said_all_the_same(kernel: Kernel, logger: logging.Logger) -> None:
    wrong = "%d and %d"
    logger.info(wrong, 1)
    logger.info("bad \ud800 surrogate")
    logger.info("x" * 100_000)
    broken, clean, long = (told.message for told in kernel.told())
    assert broken.startswith("'%d and %d' cannot be formatted: TypeError")
    assert clean == "bad ? surrogate"
    assert len(long) < 66_000
    assert long.endswith("(100000 characters)")


def test_a_flood_is_counted_and_not_sent(
    kernel: Kernel, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_BURST", 50)
    monkeypatch.setattr(logs, "_PER_SECOND", 0.0)
    logger.handlers[:] = [logs.LogFrames(kernel.pipe)]
    for number in range(1000):
        logger.info("line %d", number)
    sent = kernel.told()
    assert len(sent) == 50
    monkeypatch.setattr(logs, "_PER_SECOND", 1e9)
    logger.info("after")
    assert [told.message for told in kernel.told()] == ["950 log records were dropped: too many", "after"]


def test_begin_sends_the_root_loggers_records_and_warnings(kernel: Kernel) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.begin(kernel.pipe, "warning")
        logging.getLogger("deep.down").info("too quiet")
        logging.getLogger("deep.down").warning("heard")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn("old ways", stacklevel=1)
        told = {one.logger: one.message for one in kernel.told()}
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
    assert told["deep.down"] == "heard"
    assert "old ways" in told["py.warnings"]


def test_a_level_nobody_knows_is_info(kernel: Kernel) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.begin(kernel.pipe, "chatty")
        assert root.level == logging.INFO
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
    assert sys.stdout is not None
