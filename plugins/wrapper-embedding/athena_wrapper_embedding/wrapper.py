"""The embedding wrapper: texts in, one row of numbers for each out."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from attrs import evolve

from athena import Fault, Kind, Part, Reply, Request, ServiceError, Wrapper, fields, hookimpl
from athena.models import Description, Field, WrapperContext
from athena.section import at_least, option, section

from .folder import WIDTH
from .texts import texts_of

if TYPE_CHECKING:
    from .model import Floats, Tokens

CACHE = "XDG_CACHE_HOME"
SCHEMA = {"type": "array", "items": {"type": "string"}, "minItems": 1}


class Embedding(Wrapper):
    """Turns texts into vectors: those of texts that mean the like lie close together."""

    @section
    class Section:
        """``[services.x.config]``."""

        model: str = option("", help="A sentence-transformers folder; empty: all-MiniLM-L6-v2, which is shipped.")
        max_tokens: int = option(
            0, help="Longer texts are cut; 0 takes the model's own number, 256 for all-MiniLM-L6-v2.", check=at_least(0)
        )
        threads: int = option(1, help="Threads of one run of the model.", check=at_least(1))
        normalise: bool = option(True, help="Make each vector one of length 1: a dot product is then the similarity.")
        run: int = option(16, help="Texts of one run of the model, at most.", check=at_least(1))
        max_texts: int = option(4096, help="Texts of one request, at most.", check=at_least(1))

    version = "1.0"
    inputs = (
        Field("text", Kind.TEXT, required=False, items=True, summary="A text; each part of this name is one."),
        fields.json_value("texts", schema=SCHEMA, required=False, summary="Many texts: a JSON array of strings."),
    )
    outputs = (fields.tensor("embedding", "<f4", (-1, -1), summary="A row for each text, in their order."),)
    params = (
        fields.boolean("truncate", default=True, summary="Cut texts that are too long; false: refuse them, TOO_LARGE."),
    )

    def __init__(self, section: Section) -> None:
        self._section = section
        self._room: ModuleType | None = None

    @hookimpl
    def athena_describe(self) -> Description:
        """As the class has it; of the shipped model the width is known."""
        told = super().athena_describe()
        width = -1 if self._section.model else WIDTH
        return evolve(told, outputs=tuple(evolve(each, shape=(-1, width)) for each in told.outputs))

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """Load the model: the shipped one travels inside a wheel."""
        told = self._section
        self._room = quietly_imported(f"{__package__}.model")
        folder = self._room.read(Path(told.model)) if told.model else self._room.shipped()
        self._model = self._room.Model(
            folder, max_tokens=told.max_tokens, threads=told.threads, run=told.run, normalise=told.normalise
        )

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        """One request, of one text or many."""
        (answer,) = self.athena_batch_exec([request])
        if isinstance(answer, ServiceError):
            raise answer
        return answer

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        """The texts of all requests, by length, in as few runs as may be; who sent a bad one fails alone."""
        answers: list[Reply | ServiceError | None] = [None] * len(requests)
        good: list[list[Tokens]] = []
        for number, request in enumerate(requests):
            try:
                good.append(self._tokens(request))
            except ServiceError as error:
                answers[number] = error
        waiting = [request for request, answer in zip(requests, answers, strict=True) if answer is None]
        senders = [request for request, texts in zip(waiting, good, strict=True) for _ in texts]
        rows = self._model.embed(
            [each.ids for texts in good for each in texts],
            lambda numbers: all(senders[number].cancelled for number in numbers),
        )
        at, replies = 0, []
        for texts in good:
            replies.append(reply_of(rows[at : at + len(texts)], texts))
            at += len(texts)
        left = iter(replies)
        return [next(left) if answer is None else answer for answer in answers]

    @hookimpl
    def athena_fini(self) -> None:
        """Let the model go."""
        self._room = None
        del self._model

    def _tokens(self, request: Request) -> list[Tokens]:
        """The texts of a request as the model has them."""
        found = [self._model.tokens(text) for text in texts_of(request, self._section.max_texts)]
        cut = [number for number, each in enumerate(found) if each.cut]
        if cut and request.params.get("truncate") == "false":
            text = f"payload: text {cut[0]}, counted from 0, has more than {self._model.most} tokens"
            raise ServiceError(Fault.TOO_LARGE, text)
        return found


def reply_of(rows: Floats, texts: Sequence[Tokens]) -> Reply:
    """The rows as one array; how many texts were cut is said beside it, and the meters get texts and tokens."""
    part = Part.from_array("embedding", rows)
    cut = sum(each.cut for each in texts)
    if cut:
        part = evolve(part, attributes={**part.attributes, "truncated": str(cut)})
    tokens = sum(len(each.ids) for each in texts)
    return Reply((part,), attributes={"usage.texts": str(len(texts)), "usage.tokens": str(tokens)})


def quietly_imported(name: str) -> ModuleType:
    """A module that needs onnxruntime.

    It is not imported above: a description needs no model, and importing onnxruntime writes a device id and a database
    into the cache folder. They go into a folder that is thrown away with them.
    """
    with tempfile.TemporaryDirectory(prefix="athena-embedding-") as folder:
        before = os.environ.get(CACHE)
        os.environ[CACHE] = folder
        try:
            return importlib.import_module(name)
        finally:
            if before is None:
                del os.environ[CACHE]
            else:
                os.environ[CACHE] = before
