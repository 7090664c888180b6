"""A start is not held up by collections, and serving collects as any program does."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from athena.cli.garbage import put_off, resume


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_collections_are_put_off_and_come_back() -> None:
    before = gc.get_threshold()
    with put_off():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before


def test_a_command_that_fails_leaves_the_collector_as_it_was() -> None:
    def fail() -> None:
        with put_off():
            raise ValueError

    before = gc.get_threshold()
    with pytest.raises(ValueError):
        fail()
    assert gc.get_threshold() == before


def test_once_served_it_collects_as_usual_and_passes_over_what_the_start_made() -> None:
    usual = (10_000, 20, 50)
    with put_off():
        resume()
        assert gc.get_threshold() == usual
        assert gc.get_freeze_count() > 0
