"""Wrapper files written on the spot, loaded as the host loads them."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from athena.models import WrapperContext
from athena.section import Free
from athena_wrapper_aiges.host import Aiges

HEAD = "from aiges.core.types import *\nfrom aiges.dto import *\nfrom aiges.sdk import *\nimport aiges.routing\n"


class Box:
    """An outbox and a cancellation in one: what a session's wrapper is given."""

    cancelled = False

    def __init__(self) -> None:
        self.replies: list[Any] = []

    def emit(self, reply: Any) -> None:
        self.replies.append(reply)


def written(folder: Path, text: str) -> Path:
    """A wrapper's file; it imports what wrappers import."""
    path = folder / f"wrapper_{folder.name.replace('-', '_')}.py"
    path.write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
    return path


def loaded(folder: Path, text: str, **config: object) -> Any:  # Any: a plugin has the hooks its wrapper has
    """The plugin of a file with that text."""
    return Aiges(Free(config)).load(str(written(folder, text)), WrapperContext("it"))
