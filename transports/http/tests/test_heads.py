"""Heads that a connection repeats: found again byte for byte, with a body of any length, and nothing else is found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import HttpVersion11
from multidict import CIMultiDict, CIMultiDictProxy

from athena_transport_http.heads import Head, Heads, ends_whole


def head(*more: tuple[str, str]) -> Head:
    headers = CIMultiDictProxy(CIMultiDict([("Host", "here"), ("Content-Length", "2"), *more]))
    message: Any = SimpleNamespace(headers=headers, should_close=False, path="/echo", version=HttpVersion11)
    return Head(message, None)


def post(body: bytes, length: object = None, name: str = "Content-Length", last: str = "X-Own: 1") -> bytes:
    told = len(body) if length is None else length
    return f"POST /echo HTTP/1.1\r\nHost: here\r\n{name}: {told}\r\n{last}\r\n\r\n".encode() + body


@pytest.mark.parametrize("name", ["Content-Length", "content-length"])
def test_a_head_is_found_again_with_bodies_of_any_length(name: str) -> None:
    heads, known = Heads(), head()
    assert heads.find(post(b"hi", name=name)) is None
    heads.learn(post(b"hi", name=name), known)
    for body in (b"hi", b"", b"x" * 12345, b"\r\n\r\n"):
        assert heads.find(post(body, name=name)) == (known, body)


@pytest.mark.parametrize(
    "data",
    [
        post(b"hi", 3),
        post(b"hi", 1),
        post(b"hi", "+2"),
        post(b"hi", "2 "),
        post(b"hi", ""),
        post(b"hi", "2\r\nContent-Length: 2"),
        post(b"hi", "000000002"),
        post(b"hi", "²"),
        post(b"hi", last="X-Own: 2"),
        post(b"hi", last="X-Own: 1\r\nTransfer-Encoding: chunked"),
        post(b"hi").replace(b"/echo", b"/Echo"),
        post(b"hi") + post(b"hi"),
        post(b"hi")[:-1],
        post(b"hi")[:40],
        b"",
    ],
)
def test_what_differs_in_anything_but_the_length_is_not_that_head(data: bytes) -> None:
    heads = Heads()
    heads.learn(post(b"hi"), head())
    assert heads.find(data) is None


@pytest.mark.parametrize(
    ("data", "more"),
    [
        (post(b"hi"), ("Content-Length", "2")),
        (post(b"hi"), ("Transfer-Encoding", "chunked")),
        (post(b"hi", name="CONTENT-LENGTH"), ("X", "y")),
        (post(b"hi", last="X-Long: " + "y" * 5000).replace(b"Content-Length", b"content-type"), ("X", "y")),
        (post(b"hi", 3), ("X", "y")),
    ],
)
def test_a_head_that_leaves_any_doubt_of_its_body_is_not_kept(data: bytes, more: tuple[str, str]) -> None:
    heads = Heads()
    heads.learn(data, head(more))
    assert heads.find(data) is None


def test_few_are_kept_and_a_client_that_repeats_none_is_not_learnt_for_ever() -> None:
    heads = Heads()
    many = [post(b"hi", last=f"X-Own: {number}") for number in range(100)]
    for data in many[:5]:
        heads.learn(data, head())
    assert [heads.find(data) is not None for data in many[:5]] == [False, True, True, True, True]
    for data in many[5:]:
        heads.learn(data, head())
    assert heads.find(many[63]) is not None
    assert heads.find(many[64]) is None
    assert heads.find(many[99]) is None


def test_bytes_are_whole_when_nothing_follows_the_body() -> None:
    assert ends_whole(post(b"hi"), 2)
    assert not ends_whole(post(b"hi") + b"P", 2)
    assert not ends_whole(post(b"hi"), 1)
    assert not ends_whole(b"xy", 3)
