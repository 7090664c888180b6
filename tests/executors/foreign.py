"""A worker written from docs/worker-protocol.md alone: no athena, no protobuf library, the standard library only.

It echoes once and in sessions, and it is what a worker in another language would look like.
"""

import os
import socket
import struct
import sys

HELLO, CALL, OPEN, WRITE, CLOSE, BYE = 1, 2, 4, 5, 7, 16
READY, DONE, OPENED, ACK, EMIT, CLOSED = 33, 36, 38, 39, 40, 41
END = 2


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(data):
    """Every (number, value) of a message."""
    at = 0

    def take():
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    while at < len(data):
        tag = take()
        if tag & 7 == 0:
            yield tag >> 3, take()
        elif tag & 7 == 1:
            at += 8
        else:
            size = take()
            yield tag >> 3, data[at : at + size]
            at += size


def main():
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(os.environ["ATHENA_WORKER_SOCKET"])

    def read(count):
        data = b""
        while len(data) < count:
            more = stream.recv(count - len(data))
            if not more:
                sys.exit(1)
            data += more
        return data

    def send(kind, number, head=b"", data=b""):
        stream.sendall(struct.pack(">IIII", len(head) + len(data), len(head), kind, number) + head + data)

    while True:
        size, length, kind, number = struct.unpack(">IIII", read(16))
        head, data = read(length), read(size - length)
        if kind == HELLO:
            operations = field(6, b"once") + field(6, b"session")
            send(READY, 0, field(1, 1) + field(2, field(1, b"foreign 1") + operations))
        elif kind == CALL:
            parts = b"".join(field(1, value) for key, value in fields(head) if key == 2)
            send(DONE, number, parts + field(2, 3), data)
        elif kind == OPEN:
            send(OPENED, number)
        elif kind == WRITE:
            parts = [value for key, value in fields(head) if key == 2]
            last = bool(parts) and all(dict(fields(part)).get(3) in (2, 3) for part in parts)
            send(ACK, number, field(1, 1) + field(2, len(data)))
            send(EMIT, number, b"".join(field(1, part) for part in parts) + field(2, END if last else 1), data)
            if last:
                send(CLOSED, number)
        elif kind == CLOSE:
            send(CLOSED, number)
        elif kind == BYE:
            sys.exit(0)


main()
