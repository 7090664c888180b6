"""What became of a key, as a value."""

from __future__ import annotations

from athena.models import Became, Translation


def test_a_key_without_a_new_path_has_no_meaning_any_more() -> None:
    assert Became(("a", "b")) == Became(("a", "b"), (), "")


def test_a_translation_is_tables_and_an_account() -> None:
    assert Translation({"log": {}}).became == ()
