"""Makes new inputs out of old ones: bits, pieces, numbers and words that decoders trip over. Seeded."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Sequence

__all__ = ["Mutator"]

WORDS = (
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"null", b"true", b"NaN", b"Infinity", b"1e999", b"-0", b"0.1"),
    *(
        b"9" * 30,
        b"9" * 400,
        b"9" * 5000,
        b"\\ud800",
        b"\\u0000",
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
    ),
    *("٣".encode(), "²".encode(), b"\x00", b" ", b"\n", b"\r\n", b"=", b"==", b"+", b"-", b"%", b"%00", b".."),
    *(b'"text":', b'"plain":', b'"status":', b'"seq":', b'"format":"json"', b'"compress":"gzip"', b'"cid":'),
    *(b'"header":{', b'"payload":{', b'"parameter":{', b'"code":', b'"executed":', b'"fault":', b'"attributes":'),
    *(b'"shape":', b'"datatype":"BYTES"', b'"data":', b'"binary_data_size":', b'"inputs":[', b'"FP32"', b"waitTime"),
    *(
        b"AIIn",
        b"AIOut",
        b"[" * 70,
        b"[" * 2000,
        b'{"a":' * 70,
        b"--b\r\n",
        b"--b--",
        b"Content-Disposition: form-data; ",
    ),
    *(b"\x0a\x00", b"\x80" * 11, b"\xff" * 10 + b"\x01", b"\x1f\x8b\x08\x00", b"H4sIAAAAAAAA", b"SeqNo"),
)
"""What is put in between: the joints of the formats, and what is known to break others."""

VALUES: tuple[object, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        3,
        2**63,
        -(2**63),
        2**64,
        10**400,
        1.5,
        -0.0,
        1e308,
        "",
        "3",
        "true",
        "gzip",
        "json",
        "٣",
    ),
    *(
        "x" * 300,
        "eA==",
        "9" * 5000,
        [],
        {},
        [[]],
        [{}],
        {"": ""},
        {"text": "eA=="},
        ["a", 1, None],
        {"a": {"b": {"c": []}}},
    ),
)
"""What is put in place of a value of a JSON document."""
_TEXTS = tuple(json.dumps(value) for value in VALUES)
NAMES = (
    "text",
    "plain",
    "image",
    "status",
    "seq",
    "format",
    "compress",
    "cid",
    "code",
    "executed",
    "sid",
    "data",
    "shape",
    "",
)

NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    5,
    15,
    16,
    63,
    64,
    127,
    128,
    255,
    256,
    4096,
    65535,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63,
    2**64 - 1,
)
LONGEST = 8192
"""Bytes an input may grow to; sizes have tests of their own."""


class Mutator:
    """Draws from one seed, so that a number of inputs is the same whenever it is made."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._ways: tuple[Callable[[bytearray], None], ...] = (
            self._flip,
            self._flip,
            self._put_word,
            self._put_word,
            self._cut,
            self._double,
            self._number,
            self._digits,
            self._random_bytes,
        )

    def of(self, pool: Sequence[bytes]) -> bytes:
        """One more input: one of the pool's, changed in one to five places, or two of them joined."""
        rng = self._random
        old = pool[int(rng.random() * len(pool))]
        if old[:1] == b"{" and rng.random() < 0.5 and (new := self._other_tree(old)) is not None:
            return new
        data = bytearray(old)
        if rng.random() < 0.1:
            other = pool[int(rng.random() * len(pool))]
            data = data[: self._place(data)] + other[int(rng.random() * (len(other) + 1)) :]
        for _ in range(1 + int(rng.random() ** 3 * 5)):
            self._ways[int(rng.random() * len(self._ways))](data)
        return bytes(data[:LONGEST])

    def _other_tree(self, old: bytes) -> bytes | None:
        """A JSON document with one to three of its values or names exchanged; None for what is no document."""
        text, zero, tail = old.partition(b"\0")  # what is no JSON may stand behind a zero
        try:
            tree = json.loads(text)
        except (ValueError, RecursionError):
            return None
        for _ in range(1 + int(self._random.random() ** 2 * 3)):
            node = tree
            while isinstance(node, (dict, list)) and node:
                keys = list(node) if isinstance(node, dict) else range(len(node))
                key = self._random.choice(keys)
                inner = node[key]
                if isinstance(inner, (dict, list)) and inner and self._random.random() < 0.8:
                    node = inner
                    continue
                if isinstance(node, dict) and self._random.random() < 0.3:
                    node[self._random.choice(NAMES)] = node.pop(key)
                else:
                    node[key] = json.loads(self._random.choice(_TEXTS))  # a value of its own, never shared
                break
        text = json.dumps(tree, ensure_ascii=self._random.random() < 0.5).encode("utf-8", "surrogatepass")
        return text + zero + tail

    def _place(self, data: bytearray) -> int:
        return int(self._random.random() * (len(data) + 1))

    def _flip(self, data: bytearray) -> None:
        if data:
            data[int(self._random.random() * len(data))] ^= 1 << int(self._random.random() * 8)

    def _put_word(self, data: bytearray) -> None:
        at = self._place(data)
        word = self._random.choice(WORDS)
        over = at + (len(word) if self._random.random() < 0.5 else 0)
        data[at:over] = word

    def _cut(self, data: bytearray) -> None:
        at = self._place(data)
        del data[at : at + 1 + int(self._random.random() * 16)]

    def _double(self, data: bytearray) -> None:
        at = self._place(data)
        piece = data[at : at + 1 + int(self._random.random() * 32)]
        data[at:at] = piece * (1 + int(self._random.random() * 3))

    def _number(self, data: bytearray) -> None:
        number = self._random.choice(NUMBERS)
        form = self._random.choice((">B", ">H", ">I", ">Q", "<I", "<Q"))
        size = struct.calcsize(form)
        at = self._place(data)
        data[at : at + size] = struct.pack(form, number & (1 << 8 * size) - 1)

    def _digits(self, data: bytearray) -> None:
        at = self._place(data)
        data[at : at + 1] = str(self._random.choice(NUMBERS)).encode()

    def _random_bytes(self, data: bytearray) -> None:
        at = self._place(data)
        data[at:at] = self._random.randbytes(1 + int(self._random.random() * 8))
