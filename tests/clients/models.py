"""The services that foreign clients call: tensors, text, iterators, sessions, and ways to go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy

from athena import Cancelled, Part, Reply, Request, ServiceError, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.errors import Executed, Fault


class Simple(Wrapper):
    """Sum and difference of two tensors, as the public examples' model of that name."""

    version = "3"
    inputs = (fields.tensor("INPUT0", "<i4", [-1, 16]), fields.tensor("INPUT1", "<i4", [-1, 16]))
    outputs = (fields.tensor("OUTPUT0", "<i4", [-1, 16]), fields.tensor("OUTPUT1", "<i4", [-1, 16]))

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        left, right = request.part("INPUT0").array(), request.part("INPUT1").array()
        return Reply((Part.from_array("OUTPUT0", left + right), Part.from_array("OUTPUT1", left - right)))


class Any(Wrapper):
    """Gives back what it is given, and says what it was told."""

    inputs = (fields.anything(),)
    outputs = (fields.anything(),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        if "seconds" in request.params:
            until = time.monotonic() + float(request.params["seconds"])
            while time.monotonic() < until:
                if request.cancelled:
                    raise Cancelled("nobody waits any more")
                time.sleep(0.01)
        if "refuse" in request.params:
            raise ServiceError(Fault.USER_ERROR, "no face in the picture", executed=Executed.YES, code=4711)
        told = Part.from_json("told", {key: request.params[key] for key in sorted(request.params)})
        return Reply((*request.parts, told) if request.params else request.parts)


class Words(Wrapper):
    """Text in, its words one by one; a generator of text, as far as a client can see."""

    inputs = (fields.text("prompt"),)
    outputs = (fields.text("word"),)
    params = (fields.integer("most", minimum=1),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Iterator[Reply]:
        words = request.part("prompt").text.split()
        for word in words[: int(request.params.get("most", "100"))]:
            if word == "stop!":
                raise ServiceError(Fault.USER_ERROR, "told to stop", executed=Executed.YES)
            yield Reply((Part.from_text("word", word + " "),))


class Sums(Wrapper):
    """Adds up what a sequence brings."""

    inputs = (fields.tensor("INPUT", "<i4", [1]),)
    outputs = (fields.tensor("OUTPUT", "<i4", [1]),)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Account:
        return Account(context)

    @hookimpl
    def athena_session_write(self, session: Account, request: Request) -> None:
        for part in request.parts:
            session.sum += int(part.array()[0]) if part.key else 0
        stage = Stage.END if request.ended else Stage.CONTINUE
        session.context.outbox.emit(Reply((Part.from_array("OUTPUT", numpy.array([session.sum], "<i4")),), stage))


class Account:
    """One sequence's sum."""

    def __init__(self, context: SessionContext) -> None:
        self.context = context
        self.sum = 0
