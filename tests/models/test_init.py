"""One door to all values: who needs one does not ask in which room it stands."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from athena import models


def test_every_value_of_every_room_is_offered_here_and_nothing_else() -> None:
    rooms = [import_module(f"athena.models.{room.name}") for room in pkgutil.iter_modules(models.__path__)]
    offered = {name for room in rooms for name in room.__all__}
    assert set(models.__all__) == offered
    for room in rooms:
        for name in room.__all__:
            assert getattr(models, name) is getattr(room, name), name
