"""What a probe did, written where a test can read it: one file of JSON lines, shared by every worker of a service."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Journal"]


class Journal:
    """A file of events. Appending one short line is atomic, so many threads and processes may note into one file.

    Args:
        path: The file; "" notes nothing and finds nothing.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)

    def note(self, event: str, tag: str = "", **facts: object) -> None:
        """Append one event.

        Args:
            event: What happened, such as ``destroy``.
            tag: Which call or session it happened to: the test's own name for it.
            facts: Anything JSON can say.
        """
        if not self.path:
            return
        line = json.dumps({"event": event, "tag": tag, "at": time.time(), **facts}).encode() + b"\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)

    def find(self, event: str, tag: str = "") -> list[Mapping[str, object]]:
        """Every event of that name, of that call or session where ``tag`` says one."""
        try:
            lines = Path(self.path).read_text().splitlines()
        except FileNotFoundError:
            return []
        found = [json.loads(line) for line in lines]
        return [entry for entry in found if entry["event"] == event and tag in ("", entry["tag"])]

    def count(self, event: str, tag: str = "") -> int:
        """How often it happened."""
        return len(self.find(event, tag))
