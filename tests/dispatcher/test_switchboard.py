"""Who may come in, how long, how many: what all doors share."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from athena.dispatcher import Switchboard
from athena.errors import Fault, PluginBroken, ServiceError
from athena.models import ANONYMOUS, Health, Limits, Principal, Request, ServiceSettings
from athena.testing.bounded import refused

from .house import house


@pytest.mark.parametrize(
    ("scopes", "guards", "allowed"),
    [
        (None, (), True),
        (frozenset({"s"}), (), True),
        (frozenset(), (), False),
        (frozenset({"other"}), (), False),
        (None, ("voucher",), True),
        (None, ("another", "voucher"), True),
        (None, ("another",), False),
        (frozenset({"s"}), ("another",), False),
    ],
)
async def test_who_may_use_a_service_is_said_by_scopes_and_by_the_services_guards(
    scopes: frozenset[str] | None, guards: tuple[str, ...], allowed: bool
) -> None:
    room = await house()
    service = await room.add("s", guards=guards)
    principal = Principal("alice", "voucher", scopes)
    if allowed:
        assert room.board.enter(Request("s", principal=principal)) is service
        return
    with pytest.raises(ServiceError) as caught:
        room.board.enter(Request("s", principal=principal))
    assert caught.value.fault is Fault.FORBIDDEN


async def test_an_unknown_name_is_answered_with_those_there_are_unless_one_answers_for_all() -> None:
    room = await house()
    with pytest.raises(ServiceError, match="no service 'x'; the services are: s") as caught:
        room.board.enter(Request("x", principal=ANONYMOUS))
    assert caught.value.fault is Fault.NOT_FOUND
    wildcard = await room.add("*")
    assert room.board.enter(Request("x", principal=ANONYMOUS)) is wildcard
    assert room.board.enter(Request("s", principal=ANONYMOUS)) is not wildcard
    with pytest.raises(ServiceError) as caught:
        room.board.enter(Request("", principal=ANONYMOUS))
    assert caught.value.fault is Fault.NOT_FOUND


async def test_scopes_hold_for_the_name_that_was_asked_for_behind_a_wildcard_too() -> None:
    room = await house()
    await room.add("*")
    with pytest.raises(ServiceError) as caught:
        room.board.enter(Request("x", principal=Principal("a", scopes=frozenset({"*", "s"}))))
    assert caught.value.fault is Fault.FORBIDDEN


async def test_a_draining_house_takes_nobody_and_says_when_to_try_again() -> None:
    room = await house()
    room.board.draining = True
    error = await refused(room.door.once(Request("s")), Fault.UNAVAILABLE)
    assert error.retry_after


async def test_the_house_holds_max_in_flight_calls_and_the_next_one_hears_it() -> None:
    room = await house(max_in_flight=3)
    room.executor.wait.clear()
    tasks = [asyncio.create_task(room.door.once(Request("s"))) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert room.board.in_flight.running == 3
    error = await refused(room.door.once(Request("s")), Fault.OVERLOADED)
    assert error.retry_after
    idle = asyncio.create_task(room.board.in_flight.idle())
    await asyncio.sleep(0.01)
    assert not idle.done()
    room.executor.wait.set()
    await asyncio.wait_for(asyncio.gather(idle, *tasks), 5)
    room.clean()


@pytest.mark.parametrize(
    ("asked", "own", "expected"), [(None, None, 30), (None, 7.0, 7), (5.0, 7.0, 5), (1e9, None, 300), (None, 1e9, 300)]
)
async def test_a_deadline_is_what_was_asked_or_the_default_under_the_cap(
    asked: float | None, own: float | None, expected: float
) -> None:
    room = await house()
    service = await room.add("s", deadline=own)
    now = time.monotonic()
    until = room.board.deadline(None if asked is None else now + asked, service, now)
    assert until - now == pytest.approx(expected)


def test_ids_are_unguessable_and_never_come_twice() -> None:
    board = Switchboard(Limits())
    sids = [board.mint() for _ in range(2000)]
    assert len(set(sids)) == 2000
    assert all(re.fullmatch(r"[0-9a-f]{32}", sid) for sid in sids)


async def test_a_snapshot_is_immutable_and_made_anew_only_after_a_change() -> None:
    room = await house()
    views = room.board.views.latest()
    assert room.board.views.latest() is views
    with pytest.raises(TypeError):
        views["x"] = views["s"]  # type: ignore[index]
    room.executor.ready = Health(False, "lost")
    room.board.views.changed()
    assert views["s"].health.ready
    assert not room.board.views.latest()["s"].health.ready


async def test_whoever_watches_sees_now_and_the_last_of_many_changes() -> None:
    room = await house()
    watching = room.door.changes()
    assert (await asyncio.wait_for(anext(watching), 5))["s"].health.ready
    for number in range(5):
        room.executor.ready = Health(False, str(number))
        room.board.views.changed()
    assert (await asyncio.wait_for(anext(watching), 5))["s"].health.reason == "4"
    following = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0.01)
    assert not following.done()
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    await watching.aclose()  # type: ignore[attr-defined]
    assert not room.board.views._watchers


def scraped(text: bytes) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(text.decode())
    return {(sample.name, sample.labels.get("fault", "")): sample.value for f in families for sample in f.samples}


async def test_metrics_tell_calls_by_outcome_and_the_state_of_the_services() -> None:
    room = await house()
    await room.door.once(Request("s"))
    room.executor.error = ServiceError(Fault.USER_ERROR, "x")
    await refused(room.door.once(Request("s")))
    found = scraped(room.door.metrics())
    assert found["athena_requests_total", "OK"] == 1
    assert found["athena_requests_total", "USER_ERROR"] == 1
    assert found["athena_request_seconds_count", ""] == 2
    assert found["athena_ready", ""] == 1
    assert found["athena_workers", ""] == 2
    assert found["athena_inflight", ""] == 0


async def test_strangers_cannot_grow_the_metrics_with_names_they_make_up() -> None:
    room = await house()
    for number in range(50):
        await refused(room.door.once(Request(f"made-up-{number}")), Fault.NOT_FOUND)
        await refused(room.door.open(Request(f"made-up-{number}"), detached=False), Fault.NOT_FOUND)
    before = len(room.door.metrics())
    await room.add("*")
    for number in range(50):
        await room.door.once(Request(f"other-{number}"))
    text = room.door.metrics()
    assert b"made-up" not in text
    assert b"other-" not in text
    assert len(text) < 4 * before


async def test_a_defect_of_ours_is_internal_with_an_id_and_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    room = await house()
    room.executor.error = ValueError("/etc/passwd")
    error = await refused(room.door.once(Request("s")), Fault.INTERNAL)
    assert error.error_id
    assert error.error_id in caplog.text
    assert "/etc/passwd" not in error.message
    assert "/etc/passwd" in caplog.text
    room.executor.error = PluginBroken("this sentence is made for people")
    assert "made for people" in (await refused(room.door.once(Request("s")), Fault.INTERNAL)).message


def test_settings_without_guards_of_their_own_let_everybody_in() -> None:
    assert ServiceSettings("s").guards == ()
