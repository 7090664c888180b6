"""A wrapper that yields for ever, and notes how far it has come in the file that the parameter ``count`` names."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from athena import Part, Reply, Request, Wrapper, fields, hookimpl

SIZE = 64 * 1024


class Flowing(Wrapper):
    """Items of 64 KiB, numbered."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Iterator[Reply]:
        count = os.open(request.params["count"], os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            for number in itertools.count():
                os.pwrite(count, number.to_bytes(8, "big"), 0)
                yield Reply((Part("item", number.to_bytes(8, "big") + bytes(SIZE - 8)),))
        finally:
            os.close(count)
            Path(request.params["count"] + ".closed").touch()
