"""One call's account: begun once, ended once with its outcome, and units that never reach the wire."""

from __future__ import annotations

import logging

import pytest

from athena.dispatcher.account import Account, without_units
from athena.errors import Executed, Fault, ServiceError
from athena.models import Principal, Reply, Request, Usage

from .house import Ledger

CALL = Request("s", "sid-1", principal=Principal("alice"))


def test_the_account_says_who_what_and_by_which_wire_from_the_beginning() -> None:
    ledger = Ledger()
    Account([ledger], CALL, "wire").began()
    (usage,) = ledger.begun
    assert (usage.service, usage.principal, usage.sid, usage.transport) == ("s", "alice", "sid-1", "wire")
    assert (usage.seconds, usage.fault, usage.executed) == (0.0, None, Executed.NO)
    assert usage.started > 1e9


def test_it_ends_with_the_outcome_and_the_sum_of_the_units() -> None:
    ledger = Ledger()
    account = Account([ledger], CALL, "wire")
    account.began()
    for tokens in ("2", "3.5"):
        cleaned = account.cleaned(Reply((), attributes={"usage.tokens": tokens, "model": "m"}))
        assert cleaned.attributes == {"model": "m"}
    account.ended(Fault.DEADLINE, Executed.UNKNOWN)
    (usage,) = ledger.over
    assert usage.units == {"tokens": 5.5}
    assert (usage.fault, usage.executed) == (Fault.DEADLINE, Executed.UNKNOWN)
    assert usage.seconds >= 0


def test_ending_twice_is_told_once() -> None:
    ledger = Ledger()
    account = Account([ledger], CALL, "wire")
    account.began()
    account.ended(None, Executed.YES)
    account.ended(None, Executed.YES)
    assert len(ledger.over) == 1


def test_a_meter_that_fails_closed_stops_the_call_and_those_told_before_hear_the_end() -> None:
    first, full, never = Ledger(), Ledger(), Ledger()
    full.full = True
    account = Account([first, full, never], CALL, "wire")
    with pytest.raises(ServiceError) as caught:
        account.began()
    assert caught.value.fault is Fault.UNAVAILABLE
    account.ended(Fault.UNAVAILABLE, Executed.NO)
    assert [len(ledger.begun) for ledger in (first, full, never)] == [1, 0, 0]
    assert [len(ledger.over) for ledger in (first, full, never)] == [1, 0, 0]


def test_an_account_that_never_began_does_not_end() -> None:
    ledger = Ledger()
    Account([ledger], CALL, "wire").ended(Fault.OVERLOADED, Executed.NO)
    assert ledger.over == []


def test_a_meter_that_fails_at_the_end_spoils_nothing_for_the_others(caplog: pytest.LogCaptureFixture) -> None:
    spoilt, sound = Ledger(), Ledger()
    spoilt.spoilt = True
    account = Account([spoilt, sound], CALL, "wire")
    account.began()
    with caplog.at_level(logging.ERROR):
        account.ended(None, Executed.YES)
    assert len(sound.over) == 1
    assert "a meter failed" in caplog.text


@pytest.mark.parametrize("value", ["many", "", "1,5"])
def test_a_unit_that_is_no_number_is_logged_taken_off_and_not_counted(
    value: str, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger()
    account = Account([ledger], CALL, "wire")
    account.began()
    assert account.cleaned(Reply((), attributes={"usage.x": value})).attributes == {}
    account.ended(None, Executed.YES)
    assert ledger.over[0].units == {}
    assert "not a number" in caplog.text


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-3"])
def test_a_wrapper_cannot_spoil_the_sum_of_a_bill(value: str) -> None:
    ledger = Ledger()
    account = Account([ledger], CALL, "wire")
    account.began()
    account.cleaned(Reply((), attributes={"usage.x": "2"}))
    account.cleaned(Reply((), attributes={"usage.x": value}))
    account.ended(None, Executed.YES)
    assert ledger.over[0].units == {"x": 2.0}


def test_a_reply_without_units_is_the_very_same_object() -> None:
    reply = Reply((), attributes={"model": "m"})
    assert without_units(reply) is reply


def test_usage_is_data() -> None:
    assert Usage("s", "p", "i").units == {}
