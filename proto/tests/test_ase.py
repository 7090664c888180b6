"""The face of the codec: everything a transport needs stands here, under one name."""

from __future__ import annotations

from athena_proto import ase


def test_every_public_name_is_there() -> None:
    assert all(hasattr(ase, name) for name in ase.__all__)
