"""The wrapper keeps the contract, and brings the API's troubles to its callers as faults."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from athena import Fault, Kind, Part, Request, ServiceError
from athena.errors import SettingsError
from athena.testing import Kit, WrapperContract

from .conftest import HERE, room

standin = room("standin")
Trouble = standin.Trouble
WRAPPER = str(HERE / "wrapper.py")
AUDIO = Part("data", (HERE / "humming.wav").read_bytes(), Kind.AUDIO)


class TestMusicApi(WrapperContract):
    wrapper = WRAPPER
    settings = {"threads": 4}
    samples = (
        Request("", parts=(AUDIO,)),
        Request("", parts=(AUDIO,), params={"mode": "music", "limit": "1"}),
    )

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def api(cls) -> Iterator[None]:
        with standin.serving() as api:
            cls.config = {"url": api.url}
            yield


def toml(api: Any, executor: str = "thread", **config: object) -> str:
    keys = "".join(f"{name} = {json.dumps(value)}\n" for name, value in {"url": api.url, **config}.items())
    return f"[services.music]\nwrapper = '{WRAPPER}'\nexecutor = '{executor}'\n[services.music.config]\n{keys}"


def songs(reply: Any) -> list[str]:
    return [each["title"] for each in json.loads(reply.part("songs").text)]


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_what_is_hummed_is_known_through_two_failures(athena_kit: Kit, api: Any, executor: str) -> None:
    house = athena_kit.boot(toml(api, executor, backoff=0.01))
    api.troubles[:] = [Trouble(500), Trouble(503)]
    assert songs(house.once("music", AUDIO, params={"limit": "2"})) == ["Ode to Joy", "Twinkle, Twinkle, Little Star"]
    assert len(api.seen) == 3


def test_each_call_has_a_key_of_its_own_and_each_attempt_of_it_the_same(athena_kit: Kit, api: Any) -> None:
    house = athena_kit.boot(toml(api, backoff=0.01))
    api.troubles[:] = [Trouble(500)]
    for _ in range(2):
        house.once("music", AUDIO)
    first, again, second = (each["idempotency-key"] for each in api.seen)
    assert first == again != second
    assert first


def test_the_key_is_sent_and_shown_nowhere(athena_kit: Kit, humming: bytes) -> None:
    with standin.serving(key="s3cret") as api:
        house = athena_kit.boot(toml(api, key="s3cret"))
        assert songs(house.once("music", AUDIO))[0] == "Ode to Joy"
        wrong = athena_kit.boot(toml(api, key="guess"))
        with pytest.raises(ServiceError, match=r"refuses this service \(401\)") as caught:
            wrong.once("music", AUDIO)
    assert (caught.value.fault, caught.value.code) == (Fault.USER_ERROR, 4001)
    assert "guess" not in str(caught.value)


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_the_callers_deadline_reaches_the_api_and_ends_its_work(athena_kit: Kit, api: Any, executor: str) -> None:
    house = athena_kit.boot(toml(api, executor, attempt=20))
    api.troubles[:] = [Trouble(before=30)]
    began = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        house.kernel.once("music", Request("music", parts=(AUDIO,), deadline=began + 2))
    assert caught.value.fault is Fault.DEADLINE
    assert time.monotonic() - began < 10
    (seen,) = api.seen
    assert int(seen["x-request-timeout-ms"]) <= 2000
    while not api.gone and time.monotonic() < began + 15:
        time.sleep(0.02)
    assert api.gone == 1


def test_an_unavailable_api_is_unavailable_with_its_own_retry_after(athena_kit: Kit, api: Any) -> None:
    house = athena_kit.boot(toml(api, attempts=1))
    api.troubles[:] = [Trouble(429, {"Retry-After": "7"})]
    with pytest.raises(ServiceError) as caught:
        house.once("music", AUDIO)
    assert (caught.value.fault, caught.value.retry_after) == (Fault.UNAVAILABLE, 7)


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{}", b'{"songs": 7}', b'{"songs": [{"title": "x"}]}', b'{"songs": [{"title": "x", "score": "high"}]}'],
)
def test_an_answer_of_another_form_is_not_passed_on(athena_kit: Kit, api: Any, body: bytes) -> None:
    house = athena_kit.boot(toml(api))
    api.troubles[:] = [Trouble(body=body)]
    with pytest.raises(ServiceError, match="a form that is not known") as caught:
        house.once("music", AUDIO)
    assert (caught.value.fault, caught.value.code) == (Fault.USER_ERROR, 4002)


def test_a_recording_that_is_too_long_is_refused_here(athena_kit: Kit, api: Any) -> None:
    house = athena_kit.boot(toml(api, max_bytes=1000))
    with pytest.raises(ServiceError, match="more than max_bytes = 1000") as caught:
        house.once("music", AUDIO)
    assert caught.value.fault is Fault.TOO_LARGE
    assert api.seen == []


def test_a_url_of_another_scheme_is_refused_at_the_start(athena_kit: Kit, api: Any) -> None:
    api.url = "ftp://example.com"
    with pytest.raises(SettingsError, match="a URL that begins with http"):
        athena_kit.boot(toml(api, "process"))
