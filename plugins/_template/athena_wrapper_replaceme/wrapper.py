"""REPLACE ME: the inference code behind the hooks."""

from __future__ import annotations

from athena import Part, Reply, Request, Wrapper, fields, hookimpl
from athena.models import WrapperContext
from athena.section import option, section

__all__ = ["ReplaceMe"]


@section
class ReplaceMeSection:
    """The table ``[services.x.config]``."""

    greeting: str = option("hello", help="what stands before the text")  # REPLACE ME: your own keys


class ReplaceMe(Wrapper):
    """REPLACE ME: one line; it is what `athena explain` and the pages show."""

    Section = ReplaceMeSection
    version = "0.1.0"
    inputs = (fields.text("text"),)  # REPLACE ME: what goes in
    outputs = (fields.text("text"),)  # REPLACE ME: what comes out

    def __init__(self, section: ReplaceMeSection) -> None:
        self._section = section
        self._prefix = ""

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """Load the model here: once per worker, before the first request."""
        self._prefix = f"{self._section.greeting} "  # REPLACE ME

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        """One request in, one reply out. REPLACE ME."""
        return Reply((Part.from_text("text", self._prefix + request.part("text").text),))
