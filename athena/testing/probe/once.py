"""The once half of the probes: the parameter ``do`` says what."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

from athena import fields
from athena.errors import Cancelled, Fault, ServiceError
from athena.models import Part, Reply, Request
from athena.specs import hookimpl
from athena.testing.misbehave import misbehave

from .lifecycle import Lifecycle, refusal

__all__ = ["Once", "StrictProbe"]

TICK = 0.005


class Once(Lifecycle):
    """The once half: ``do`` says what."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        """Do what the parameter ``do`` says; ``echo`` without one."""
        self.took("once", request.params, request.sid)
        act = request.params.get("do", "echo")
        result: Reply | Iterator[Reply] = getattr(self, f"do_{act}")(request)
        return result

    def do_echo(self, request: Request) -> Reply:
        """The parts as they came; parameters ``reply_x`` become attributes of the reply."""
        parts = tuple(Part(p.key, p.tobytes(), p.kind, p.stage, p.seq, p.attributes) for p in request.parts)
        attributes = {key[6:]: value for key, value in request.params.items() if key.startswith("reply_")}
        return Reply(parts, attributes=attributes)

    def do_see(self, request: Request) -> Reply:
        """What the wrapper sees of its caller, as JSON."""
        seen = {
            "service": request.service,
            "sid": request.sid,
            "params": dict(request.params),
            "headers": dict(request.headers),
            "expect": [[wish.key, wish.kind, dict(wish.attributes)] for wish in request.expect],
            "principal": request.principal.id,
            "remaining": request.remaining,
            "note": self.section.note,
            "pid": os.getpid(),
        }
        return Reply((Part.from_json("seen", seen),))

    def do_count(self, request: Request) -> Iterator[Reply]:
        """``n`` replies, ``delay`` seconds apart; from ``wait_for`` on, not before the file of that name exists."""
        gate, gated = request.params.get("wait_for", ""), int(request.params.get("gate_at", "1"))
        try:
            for number in range(int(request.params.get("n", "3"))):
                if gate and number == gated:
                    self._await(lambda: os.path.exists(gate), request, 10.0)
                if number:
                    time.sleep(float(request.params.get("delay", "0")))
                yield Reply((Part.from_text("item", str(number)),))
        finally:
            self.took("iterator closed", request.params, request.sid)

    def do_large(self, request: Request) -> Reply:
        """``size`` bytes."""
        return Reply((Part("large", b"x" * int(request.params["size"])),))

    def do_sleep(self, request: Request) -> Reply:
        """Sleep for ``seconds``, deaf to cancellation."""
        time.sleep(float(request.params.get("seconds", "1")))
        self.took("slept", request.params, request.sid)
        return self.do_echo(request)

    def do_poll(self, request: Request) -> Reply:
        """Wait for ``seconds``, and give up when nobody waits any more."""
        until = time.monotonic() + float(request.params.get("seconds", "10"))
        self._await(lambda: time.monotonic() >= until, request, 60.0)
        return self.do_echo(request)

    def do_meet(self, request: Request) -> Reply:
        """Wait until ``n`` calls of this ``tag`` run at once."""
        wanted, tag = int(request.params["n"]), request.params.get("tag", "")
        with self.calm:
            self.met[tag] += 1
            self.calm.notify_all()
            if not self.calm.wait_for(lambda: self.met[tag] >= wanted, 10.0):
                raise ServiceError(Fault.USER_ERROR, f"only {self.met[tag]} of {wanted} calls run at once")
        return Reply((Part.from_text("running", str(wanted)),))

    def do_bad(self, request: Request) -> Reply | Iterator[Reply]:
        """Go wrong as ``bad`` says: in the hook, or in its iterator after ``good`` replies."""
        good = request.params.get("good")
        if good is None:
            wrong: Reply = misbehave(request.params["bad"])
            return wrong
        return self._bad_items(request.params["bad"], int(good))

    def do_refuse(self, request: Request) -> Reply:
        """Raise the ServiceError that the parameters describe."""
        raise refusal(request.params)

    def _bad_items(self, bad: str, good: int) -> Iterator[Reply]:
        for number in range(good):
            yield Reply((Part.from_text("item", str(number)),))
        yield misbehave(bad)

    def _await(self, done: Callable[[], bool], request: Request, bound: float) -> None:
        until = time.monotonic() + bound
        while not done():
            if request.cancelled:
                self.took("cancelled", request.params, request.sid)
                raise Cancelled("nobody waits")
            if time.monotonic() > until:
                raise ServiceError(Fault.USER_ERROR, "what the probe waited for did not come")
            time.sleep(TICK)


class StrictProbe(Once):
    """Describes itself: one required text, a bounded number, a choice."""

    inputs = (fields.text("text"), fields.image("picture", required=False, formats=("png",)))
    outputs = (fields.text("text"),)
    params = (
        fields.integer("top", minimum=1, maximum=10),
        fields.string("mode", choices=("fast", "good")),
    )
