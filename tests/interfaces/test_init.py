"""The interfaces, all of them: typed, documented, and offered by one door."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import pytest

from athena import interfaces

PROTOCOLS = [getattr(interfaces, name) for name in interfaces.__all__]


def test_every_interface_of_every_room_is_offered_here_and_is_one() -> None:
    rooms = [import_module(f"athena.interfaces.{room.name}") for room in pkgutil.iter_modules(interfaces.__path__)]
    assert set(interfaces.__all__) == {name for room in rooms for name in room.__all__}
    assert all(getattr(protocol, "_is_protocol", False) for protocol in PROTOCOLS)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda cls: cls.__name__)
def test_every_interface_and_every_argument_of_it_is_typed(protocol: type) -> None:
    assert inspect.getdoc(protocol)
    for name, method in vars(protocol).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            signature = inspect.signature(method)
            assert signature.return_annotation is not inspect.Signature.empty, name
            loose = [p.name for p in list(signature.parameters.values())[1:] if p.annotation is inspect.Parameter.empty]
            assert loose == [], name
