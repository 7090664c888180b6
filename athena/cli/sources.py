"""Which files a service's wrapper is written in, and which of them have been saved since they were last looked at."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..models import ServiceSettings
from ..plugins import Catalog
from .described import PROBED

__all__ = ["Sources", "places"]

CODE = ".py"
ELSEWHERE = frozenset({"__pycache__", "node_modules", "site-packages"})
"""Folders that are not looked into, beside hidden ones: what is in them is nobody's own code."""
ENVIRONMENT = "pyvenv.cfg"
"""What marks a folder as a virtual environment."""
MOST = 5000
"""Files that are looked at: a wrapper beside a whole home folder must not cost a core."""

_Look = Mapping[Path, tuple[int, int]]


class Sources:
    """Files, as they were when they were last looked at."""

    def __init__(self) -> None:
        self._seen: _Look | None = None

    def saved(self, within: Iterable[Path]) -> frozenset[Path]:
        """What has come, gone or changed since the last look; nothing at the first one.

        Args:
            within: Folders, looked at with what is below them, and files.
        """
        now = {path: look for place in within for path, look in _looked(place)}
        before, self._seen = self._seen, now
        if before is None:
            return frozenset()
        return frozenset(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))


def _looked(place: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    for _, path in zip(range(MOST), _files(place), strict=False):
        try:
            found = path.stat()
        except OSError:
            continue  # it has just gone
        yield path, (found.st_mtime_ns, found.st_size)


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    for folder, below, names in os.walk(place):
        if ENVIRONMENT in names:
            below.clear()
            continue
        below[:] = [name for name in below if not name.startswith(".") and name not in ELSEWHERE]
        yield from (Path(folder, name) for name in names if name.endswith(CODE))


def places(service: ServiceSettings, catalog: Catalog) -> tuple[Path, ...]:
    """The folders and files a service's wrapper is written in; none where it lives behind another executor.

    Args:
        service: Its table.
        catalog: What is installed; nothing of it is imported.
    """
    if service.executor not in PROBED:
        return ()
    reference, folder = service.wrapper, Path(service.folder).resolve()
    if "/" in reference or (":" not in reference and Path(reference).suffix):
        file = (folder / reference).resolve()
        return (file.parent, file)
    if ":" not in reference:
        claims = [claim.value for claim in catalog.installed("wrappers") if claim.name == reference]
        return _package(claims[0].partition(":")[0], None) if claims else ()
    return _package(reference.partition(":")[0], folder)


def _package(module: str, folder: Path | None) -> tuple[Path, ...]:
    """Where a module's outermost package lies; what is beside the toml comes after what is installed."""
    name = module.partition(".")[0]
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is not None:
        found = [Path(place) for place in spec.submodule_search_locations or ()]
        return tuple(found or ([Path(spec.origin)] if spec.origin else []))
    if folder is None:
        return ()
    # It imports what lies beside it, too.
    return (folder,)
