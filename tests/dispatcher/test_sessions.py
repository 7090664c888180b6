"""The only table of sessions: who finds one."""

from __future__ import annotations

import attrs
import pytest

from athena.errors import Fault, ServiceError
from athena.models import Principal, Request
from athena.testing.bounded import refused

from .house import ALICE, BOB, OPEN, house, opened


async def test_a_detached_session_is_found_by_sid_and_by_alias_of_the_same_principal_only() -> None:
    room = await house()
    session, _ = await opened(room, alias="mine")
    assert session.sid != "mine"
    assert room.door.session(session.sid, ALICE) is session
    assert room.door.session("mine", ALICE) is session
    for key, principal in (
        (session.sid, BOB), ("mine", BOB), (session.sid, Principal("alice", "another guard")), ("other", ALICE),
        ("", ALICE),
    ):  # fmt: skip
        with pytest.raises(ServiceError) as caught:
            room.door.session(key, principal)
        assert caught.value.fault is Fault.NOT_FOUND


async def test_two_callers_may_have_the_same_alias_and_one_may_not_have_it_twice() -> None:
    room = await house()
    mine, _ = await opened(room, alias="a")
    theirs, _ = await opened(room, Request("s", principal=BOB), alias="a")
    assert room.door.session("a", ALICE) is mine
    assert room.door.session("a", BOB) is theirs
    await refused(room.door.open(OPEN, detached=True, alias="a"), Fault.BAD_REQUEST)
    assert room.door.session("a", ALICE) is mine
    await mine.close()
    again, _ = await opened(room, alias="a")
    assert room.door.session("a", ALICE) is again


async def test_an_alias_of_an_open_that_failed_is_free_again() -> None:
    room = await house()
    room.executor.error = ServiceError(Fault.USER_ERROR, "no")
    await refused(room.door.open(OPEN, detached=True, alias="a"), Fault.USER_ERROR)
    room.executor.error = None
    session, _ = await opened(room, alias="a")
    assert room.door.session("a", ALICE) is session


async def test_an_attached_session_is_found_by_nobody() -> None:
    room = await house()
    session, _ = await opened(room, detached=False)
    with pytest.raises(ServiceError) as caught:
        room.door.session(session.sid, ALICE)
    assert caught.value.fault is Fault.NOT_FOUND


async def test_an_owner_with_narrower_credentials_may_not_go_on() -> None:
    room = await house()
    session, _ = await opened(room)
    with pytest.raises(ServiceError) as caught:
        room.door.session(session.sid, attrs.evolve(ALICE, scopes=frozenset({"other"})))
    assert caught.value.fault is Fault.FORBIDDEN
    assert room.door.session(session.sid, ALICE) is session
