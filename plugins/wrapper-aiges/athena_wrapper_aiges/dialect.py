"""Group ``athena.dialects``, name ``aiges``: upstream's ``aiges.toml`` in our tables."""

from __future__ import annotations

import ast
import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from athena.interfaces import Dialect
from athena.models import Translation

from .moves import Moves
from .sections import SECTIONS, service_keys

__all__ = ["AigesToml"]

OURS = frozenset({
    "kernel", "services", "plugins", "transports", "discovery", "sources", "gpu", "guards", "quotas", "meters",
    "executors", "balancers", "middleware",
})  # fmt: skip
SIGNS = frozenset({"aiges", "wrapper", "fc"})
"""One of these tables makes a file upstream's."""


class AigesToml(Dialect):
    """``[svcName] [aiges] [wrapper] [fc] [ws] [log]`` and the rest of upstream's tables."""

    def translate(self, tables: Mapping[str, object], folder: str) -> Translation | None:
        """The file in our tables; what has no meaning here is named, and refuses nothing."""
        if not any(isinstance(tables.get(name), Mapping) for name in SIGNS):
            return None
        others = [name for name, table in tables.items() if _foreign(name, table)]
        service = _service(others, tables)
        moves = Moves({name: table for name, table in tables.items() if name in OURS}, service, folder)
        moves.put(("services", service, "wrapper"), _wrapper(tables, Path(folder)))
        for name, table in tables.items():
            if name in OURS:
                continue
            if not isinstance(table, Mapping):
                moves.lost((name,), "a key outside any table; upstream reads none")
            elif name == service and name not in SECTIONS:
                service_keys(moves, name, table)
            else:
                SECTIONS.get(name, _stranger)(moves, name, table)
        moves.finish()
        order = {path: place for place, path in enumerate(_paths(tables))}
        became = sorted(moves.became, key=lambda one: order.get(one.old, 0))
        return Translation(moves.tables, tuple(became), "AIGes")


def _paths(tables: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:  # Any: a toml's values
    for name, table in tables.items():
        yield (name,)
        if isinstance(table, Mapping):
            yield from ((name, key) for key in table)


def _foreign(name: str, table: object) -> bool:
    return isinstance(table, Mapping) and name not in OURS and name not in SECTIONS


def _service(others: list[str], tables: Mapping[str, Any]) -> str:  # Any: a toml's values
    """The service's table is the one that bears its name: of several, the one that says where to listen."""
    listening = [name for name in others if {"host", "port", "http_listen"} & set(tables[name])]
    return next(iter(listening or others), "svcName")


def _stranger(moves: Moves, name: str, table: Mapping[str, Any]) -> None:  # Any: as above
    for key in table:
        moves.lost((name, key), "a table upstream does not read")


def _wrapper(tables: Mapping[str, Any], folder: Path) -> str:  # Any: as above
    """The wrapper's file, which upstream finds by its name alone: beside the toml, or on the import path."""
    aiges = tables.get("aiges")
    python = isinstance(aiges, Mapping) and bool(aiges.get("pythonPluginCmd"))
    python = python or os.environ.get("AIGES_PLUGIN_MODE") == "python"
    paths = [folder, folder / "wrapper", *map(Path, filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))]
    for place in paths:
        if _is_wrapper(place / "wrapper.py"):
            return _told(place / "wrapper.py", folder)
    if not python and (folder / "libwrapper.so").is_file():
        return "./libwrapper.so"
    return "./wrapper.py"


def _is_wrapper(path: Path) -> bool:
    """Whether it is one of upstream's, and not some module of that name: asked of its text, for nothing is run here."""
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name.lower().startswith("wrapper"):
                return True
    return False


def _told(path: Path, folder: Path) -> str:
    with contextlib.suppress(ValueError):
        return f"./{path.resolve().relative_to(folder.resolve()).as_posix()}"
    return str(path.resolve())
