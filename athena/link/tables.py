"""Tables of configuration on their way to a worker: what TOML can say, as protobuf values, and back."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen

from ..errors import SettingsError
from ..settings.problems import Problem
from . import worker_pb2 as pb
from .frames import Frame, FrameError
from .heads import decode

__all__ = ["Tables", "change_of", "encode_change", "tables_into", "tables_of"]

Table = Mapping[str, Any]
"""A table as the toml gives it (Any: whatever TOML can say)."""

_EMPTY: Table = MappingProxyType({})


@frozen
class Tables:
    """A wrapper's configuration: its own table, and each middleware's."""

    config: Table = _EMPTY
    middleware: Mapping[str, Table] = MappingProxyType({})


def encode_change(tables: Tables, version: str) -> bytes:
    """CHECK's and RELOAD's head."""
    head = pb.Change(version=version)
    tables_into(head, tables)
    return head.SerializeToString()


def change_of(frame: Frame) -> tuple[Tables, str]:
    """The tables of a CHECK or RELOAD frame, and the document's version."""
    head: pb.Change = decode(pb.Change, frame)
    return tables_of(head), head.version


def tables_into(head: pb.Hello | pb.Change, tables: Tables) -> None:
    """Put tables into a head.

    Raises:
        SettingsError: They hold what no worker protocol can carry.
    """
    _table_into(head.config, tables.config, ("config",))
    for name, table in tables.middleware.items():
        entry = head.middleware.add(name=name)
        _table_into(entry.section, table, ("middleware", name))


def tables_of(head: pb.Hello | pb.Change) -> Tables:
    """The tables of a head."""
    return Tables(_table_of(head.config), {entry.name: _table_of(entry.section) for entry in head.middleware})


def _table_into(head: pb.Table, table: Table, path: tuple[str, ...]) -> None:
    head.SetInParent()
    for key, value in table.items():
        _value_into(head.entries[key], value, (*path, key))


def _value_into(head: pb.Value, value: object, path: tuple[str, ...]) -> None:
    if isinstance(value, bool):  # before int: bool is one
        head.truth = value
    elif isinstance(value, str):
        head.text = value
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise SettingsError([Problem(path, "expected an integer of 64 bits, got a longer one")])
        head.integer = value
    elif isinstance(value, float):
        head.number = value
    elif isinstance(value, datetime.datetime | datetime.date | datetime.time):
        head.time = value.isoformat()
    elif isinstance(value, Mapping):
        _table_into(head.table, value, path)
    elif isinstance(value, list | tuple):
        head.list.SetInParent()
        for index, item in enumerate(value):
            _value_into(head.list.values.add(), item, (*path, f"[{index}]"))
    else:
        text = f"a {type(value).__name__} cannot be sent to a worker; expected what TOML can say"
        raise SettingsError([Problem(path, text)])


def _table_of(head: pb.Table) -> dict[str, Any]:  # Any: whatever TOML can say
    return {key: _value_of(value) for key, value in head.entries.items()}


def _value_of(head: pb.Value) -> object:
    told = head.WhichOneof("is")
    if told == "table":
        return _table_of(head.table)
    if told == "list":
        return [_value_of(value) for value in head.list.values]
    if told == "time":
        return _time_of(head.time)
    value: object = "" if told is None else getattr(head, told)
    return value


def _time_of(text: str) -> object:
    # Python 3.10 does not know the Z that TOML writes.
    plain = text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else text
    for kind in (datetime.date, datetime.time, datetime.datetime):
        try:
            return kind.fromisoformat(plain)
        except ValueError:
            continue
    raise FrameError(f"a time that is none: {text!r}")
