"""ZeroMQ: one DEALER that never waits for a single message's turn; calls that are under way, or sessions in lockstep.

A bare ROUTER sends back what it got, so an echoed operation counts as its own answer.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import zmq

from athena_proto import inference_pb2 as messages
from athena_transport_zmq.envelope import HEAD, Operation, pack
from benchmarks.load.sessions import AT_ONCE, FRAMES, PAYLOAD
from benchmarks.messages import KEY, SERVICE, block, native, native_data

BIG = 65536
PATIENCE_MS = 10_000
Connection = zmq.Socket[bytes]


def connect(url: str) -> Connection:
    """A DEALER of that server."""
    socket: Connection = zmq.Context.instance().socket(zmq.DEALER)
    socket.setsockopt(zmq.RCVTIMEO, PATIENCE_MS)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(url.replace("zmq://", "tcp://"))
    return socket


def once(socket: Connection, size: int) -> int:
    """One call; gives the bytes of its answer.

    Raises:
        AssertionError: The answer is a fault, or holds other data.
    """
    socket.send_multipart((pack(Operation.ONCE, 0), *_tail(size)))
    head, *answer = socket.recv_multipart()
    assert head[1] in (Operation.REPLY, Operation.ONCE), f"operation {head[1]}: {answer!r}"
    assert (answer[1] if len(answer) > 1 else native_data(answer[0])) == block(size), "the answer holds other data"
    return sum(map(len, answer))


def _tail(size: int) -> tuple[bytes, ...]:
    """What follows the head: a message, and large data in a frame of their own."""
    data = block(size)
    if size < BIG:
        return (native(data),)
    part = messages.Part(key=KEY, segment=1)
    return (messages.Request(service=SERVICE, parts=[part]).SerializeToString(), data)


def unary(socket: Connection, size: int, in_flight: int, seconds: float) -> dict[str, float]:
    """Calls, so many under way; each answer sends the next one."""
    tail = _tail(size)
    heads = [pack(Operation.ONCE, number) for number in range(in_flight)]
    copy = size < BIG
    for head in heads:
        socket.send_multipart((head, *tail), copy=copy)
    count = failed = 0
    began = time.monotonic()
    until = began + seconds
    while time.monotonic() < until:
        # A clock is read for every 64 answers: the client is the bottleneck here.
        for _ in range(64 if copy else 4):
            frames: list[Any] = socket.recv_multipart(0, copy)  # Any: bytes, or frames that share their memory
            _, operation, number = HEAD.unpack_from(bytes(frames[0]))
            if operation in (Operation.REPLY, Operation.ONCE):
                count += 1
            else:
                failed += 1
            socket.send_multipart((heads[number], *tail), 0, copy)
    return {"count": count, "failed": failed, "seconds": time.monotonic() - began}


def sessions(socket: Connection, seconds: float) -> dict[str, float]:
    """Sessions, in lockstep; one that ends begins anew while there is time. None sends more than its first credit."""
    opening = messages.Request(service=SERVICE).SerializeToString()
    frames = [_write(0), *[_write(1)] * (FRAMES - 2), _write(2)]
    began = time.monotonic()
    until = began + seconds
    sent: dict[int, int] = {}
    failed = count = 0

    def begin(number: int) -> None:
        sent[number] = 0
        socket.send_multipart((pack(Operation.OPEN, number), opening))

    for number in range(AT_ONCE):
        begin(number)
    following = AT_ONCE
    while sent:
        head = socket.recv_multipart()[0]
        _, operation, number = HEAD.unpack_from(head)
        if number not in sent:
            continue
        if operation in (Operation.ITEM, Operation.WRITE):
            count += 1
        elif operation == Operation.FAULT:
            failed += FRAMES - sent[number]
            sent[number] = FRAMES
        elif operation not in (Operation.OPENED, Operation.OPEN):
            continue
        if sent[number] < FRAMES:
            socket.send_multipart((pack(Operation.WRITE, number), frames[sent[number]]))
            sent[number] += 1
            continue
        del sent[number]
        if time.monotonic() < until:
            begin(following)
            following += 1
    return {"count": count, "failed": failed, "seconds": time.monotonic() - began}


def _write(stage: int) -> bytes:
    part = messages.Part(key=KEY, data=PAYLOAD, stage=stage)  # type: ignore[arg-type]  # an enum's number
    return messages.Request(parts=[part]).SerializeToString()


def main(arguments: list[str]) -> None:
    kind, url = arguments[:2]
    socket = connect(url)
    once(socket, 128)
    if kind == "unary":
        found = unary(socket, int(arguments[2]), int(arguments[3]), float(arguments[4]))
    else:
        found = sessions(socket, float(arguments[2]))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
