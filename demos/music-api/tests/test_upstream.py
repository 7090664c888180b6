"""The same service in AIGes' shape runs unchanged, and its own numbers reach the callers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from athena import Fault, Kind, Part, ServiceError
from athena.testing import Kit

from .conftest import HERE, room

Trouble = room("standin").Trouble
AUDIO = Part("data", (HERE / "humming.wav").read_bytes(), Kind.AUDIO)


@pytest.fixture
def house(athena_kit: Kit, api: Any) -> Any:  # Any: a House
    wrapper = HERE / "upstream" / "wrapper.py"
    return athena_kit.boot(f"[services.music]\nwrapper = '{wrapper}'\n[services.music.config]\nurl = '{api.url}'\n")


def test_it_knows_the_song_through_two_failures(house: Any, api: Any) -> None:
    api.troubles[:] = [Trouble(500), Trouble(429, {"Retry-After": "1"})]
    began = time.monotonic()
    assert house.once("music", AUDIO).part("output_text").text == "Ode to Joy (Ludwig van Beethoven)"
    assert time.monotonic() - began >= 1
    assert len({each["idempotency-key"] for each in api.seen}) == 1
    assert len(api.seen) == 3


@pytest.mark.parametrize(("trouble", "code"), [(Trouble(401), 4001), (Trouble(500), 4004), (Trouble(drop=0), 4004)])
def test_its_own_numbers_and_words_reach_the_caller(house: Any, api: Any, trouble: Any, code: int) -> None:
    api.troubles[:] = [trouble] * 4
    with pytest.raises(ServiceError, match="the API") as caught:
        house.once("music", AUDIO)
    assert (caught.value.fault, caught.value.code) == (Fault.USER_ERROR, code)
