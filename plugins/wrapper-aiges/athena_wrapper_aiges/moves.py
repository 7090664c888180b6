"""Where keys go: a table that grows, and the account of what became of each."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from athena.models import Became

__all__ = ["UNGUARDED", "Moves", "Path"]

Path = tuple[str, ...]
UNGUARDED = "kernel.unguarded = true is set, for upstream has no guards"


class Moves:
    """The tables as they come to be.

    Attributes:
        tables: Ours; what stood in them already wins over what is moved there.
        became: What became of each old key.
        service, folder: The service's name, and where the file lies.
        listens: Where HTTP is served: of the two places that say so, the one upstream reads.
    """

    def __init__(self, tables: Mapping[str, Any], service: str, folder: str) -> None:  # Any: a toml's values
        self.tables: dict[str, Any] = copy.deepcopy(dict(tables))
        self.became: list[Became] = []
        self.service = service
        self.folder = folder
        self.listens: dict[str, tuple[Path, Any]] = {}

    def put(self, new: Path, value: Any) -> bool:  # Any: as above
        """Set a key of ours; False where the file says so itself, or has no table there."""
        place = self.tables
        for name in new[:-1]:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                return False
        if new[-1] in place:
            return False
        place[new[-1]] = value
        return True

    def move(self, old: Path, new: Path, value: Any, text: str = "") -> None:  # Any: as above
        """An old key has become this one."""
        own = "" if self.put(new, value) else "the file's own key of that name holds"
        self.became.append(Became(old, new, "; ".join(filter(None, (text, own)))))

    def of_service(self, old: Path, key: str, value: Any, text: str = "") -> None:  # Any: as above
        """An old key has become this one of the service."""
        self.move(old, ("services", self.service, *key.split(".")), value, text)

    def lost(self, old: Path, text: str) -> None:
        """An old key has no meaning any more, for this reason."""
        self.became.append(Became(old, (), text))

    def finish(self) -> None:
        """Settle what could be told only when the whole file was read: where HTTP is served."""
        chosen = next((self.listens[name] for name in ("wrapper", "service") if name in self.listens), None)
        if chosen is None:
            if "http" not in self.tables.get("transports", {}):
                self.put(("transports", "http", "port"), 0)
            return
        for place, (old, _) in self.listens.items():
            if (old, _) != chosen:
                self.lost(old, "wrapper.http_listen says it too, and is the one upstream reads")
                del self.listens[place]
                break
        old, value = chosen
        host, port = address(value)
        open_ = self.serve_on(("transports", "http", "host"), host)
        text = "HTTP and WebSocket are served there"
        self.move(old, ("transports", "http", "port"), port, f"{text}; {UNGUARDED}" if open_ else text)

    def serve_on(self, new: Path, host: str) -> bool:
        """Bind that address; one beyond this machine is served without a guard, for upstream has none.

        Returns:
            Whether it is.
        """
        if host:
            self.put(new, host)
        if host in ("", "127.0.0.1", "localhost", "::1") or self.tables.get("guards"):
            return False
        return self.put(("kernel", "unguarded"), True) or self.tables["kernel"]["unguarded"] is True


def address(value: Any) -> tuple[str, Any]:  # Any: as above
    """Host and port of ``host:port``, with or without a scheme; what is neither is left to be refused as a port."""
    text = str(value).rpartition("://")[2].rstrip("/")
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port) if port.isascii() and port.isdigit() else value
