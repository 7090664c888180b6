"""What an author's class inherits: it answers ``athena_describe`` from class attributes, and nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import ClassVar

from .models import Description, Field, Param
from .specs import hookimpl

__all__ = ["Wrapper"]


class Wrapper:
    """A wrapper: inference code behind hooks.

    Every hook is marked with ``@hookimpl``; those a wrapper does not have, it does not define::

        class Upper(Wrapper):
            inputs = [fields.text("text")]
            outputs = [fields.text("text")]

            @hookimpl
            def athena_once_exec(self, request):
                return Reply((Part.from_text("text", request.part("text").text.upper()),))

    A class with a ``Section`` is constructed with its settled ``[services.x.config]`` table; without one, with nothing.

    Attributes:
        version: The wrapper's own version.
        inputs, outputs, params: What it takes and gives, made with :mod:`athena.fields`.
    """

    version: ClassVar[str] = ""
    inputs: ClassVar[Sequence[Field]] = ()
    outputs: ClassVar[Sequence[Field]] = ()
    params: ClassVar[Sequence[Param]] = ()

    @hookimpl
    def athena_describe(self) -> Description:
        """The class attributes, and the first line of the class's docstring."""
        own = type(self).__doc__ if type(self).__doc__ is not Wrapper.__doc__ else ""
        summary = inspect.cleandoc(own).partition("\n")[0] if own else ""
        return Description(self.version, summary, tuple(self.inputs), tuple(self.outputs), tuple(self.params))
