"""The stand-in has the manners of a remote API."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest

from .conftest import HERE, room

standin = room("standin")


def posted(url: str, data: bytes, **headers: str) -> tuple[int, Any]:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{url}/v1/recognise?limit=2", data, told)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_it_answers_songs_and_says_what_is_none(api: Any, humming: bytes) -> None:
    status, answer = posted(api.url, humming)
    assert (status, answer["songs"][0]["title"], len(answer["songs"])) == (200, "Ode to Joy", 2)
    assert posted(api.url, b"junk")[0] == 422
    assert posted(api.url, bytes(standin.MOST + 1))[0] == 413


def test_a_key_makes_an_answer_once(api: Any, humming: bytes) -> None:
    first = posted(api.url, humming, Idempotency_Key="a")
    assert posted(api.url, b"other data are not even looked at", Idempotency_Key="a") == first
    assert posted(api.url, humming, Idempotency_Key="b") == first
    assert api.worked == 2


def test_it_knows_who_may_ask(humming: bytes) -> None:
    with standin.serving(key="secret") as api:
        assert posted(api.url, humming)[0] == 401
        assert posted(api.url, humming, Authorization="Bearer secret")[0] == 200


def test_with_trouble_it_has_trouble_of_every_sort() -> None:
    with standin.serving(trouble=1.0) as api:
        troubles = [api.next() for _ in range(60)]
    assert {each.status for each in troubles} == {0, 429, 500, 503}


@pytest.mark.parametrize("words", [["--port", "0"], ["--port", "0", "--trouble", "0.5"]])
def test_as_a_program_it_says_where_it_listens(words: list[str]) -> None:
    command = [sys.executable, str(HERE / "standin.py"), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening http://127.0.0.1:")
        finally:
            process.kill()
