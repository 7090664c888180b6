"""The face names what there is."""

from __future__ import annotations

from athena_proto import oip


def test_the_face_has_everything_it_names() -> None:
    assert [name for name in oip.__all__ if not hasattr(oip, name)] == []
    assert sorted(oip.__all__, key=str.lower) == sorted(set(oip.__all__), key=str.lower)
