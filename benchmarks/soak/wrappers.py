"""What the soak calls beside the echo: a stream that its reader has to break off."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from athena import Part, Reply, Request, Wrapper, fields, hookimpl


class Endless(Wrapper):
    """Yields for ever."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Iterator[Reply]:
        for number in itertools.count():
            yield Reply((Part.from_text("number", str(number)),))
