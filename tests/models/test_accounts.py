"""What guards and meters are told of a call."""

from __future__ import annotations

from athena.models import Attempt, Usage


def test_a_certificate_is_not_shown() -> None:
    assert "a-certificate" not in repr(Attempt("http", "once", certificate=b"a-certificate"))


def test_an_account_begins_empty_and_two_of_the_same_call_are_equal() -> None:
    began = Usage("ocr", "ann", "1")
    assert (began.seconds, began.fault, began.units) == (0.0, None, {})
    assert began == Usage("ocr", "ann", "1")
