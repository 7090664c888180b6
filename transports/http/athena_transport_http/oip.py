"""The Open Inference Protocol v2 over REST, as docs/oip.md has it: health, metadata, repository, inferences."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, cast

import orjson
from aiohttp import web

from athena.errors import Fault, ServiceError
from athena.models import ANONYMOUS, Principal
from athena_proto import oip
from athena_proto.strict import loads

from .answers import Answer
from .bodies import read_body, sound
from .front import Front, Refused
from .heads import Post
from .media import BYTES
from .oip_generate import answer_generate, answer_generate_stream
from .routes import Route
from .said import HEADER_LENGTH, Said, must_be_plain, said_of

__all__ = ["Oip"]

_GET = frozenset({"", "health/live", "health/ready", "metadata", "ready", "config", "stats"})
_READS = ("GET", "HEAD")
_ABSENT = "there is no such page of the Open Inference Protocol here; docs/oip.md lists what there is"


class Oip:
    """One per server."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._dispatcher = front.dispatcher
        self._sequences = oip.Sequences(front.dispatcher)

    async def answer(
        self, request: web.BaseRequest, route: Route, shared: dict[str, str]
    ) -> web.StreamResponse | Answer:
        """Whatever is asked under ``/v2``.

        Args:
            request: The request.
            route: Its route.
            shared: Headers for pages of other origins.

        Raises:
            ServiceError: What went wrong; the server tells it in the protocol's own shape.
        """
        asked = route.asked
        if asked == "infer":
            _must_be(request, ("POST",))
            return await self._infer(request, route)
        if asked in ("generate", "generate_stream"):
            _must_be(request, ("POST",))
            must_be_plain(request.headers)
            if asked == "generate":
                return await answer_generate(self._front, request, route)
            return await answer_generate_stream(self._front, request, route, shared)
        if asked in _GET:
            _must_be(request, _READS)
            principal = await self._front.authenticate(request, "describe", route)
            return self._told(route, principal)
        if asked in ("repository/index", "models"):
            return await self._index(request, route)
        if asked in ("load", "unload"):
            _must_be(request, ("POST",))
            return await self._loaded(request, route)
        await self._front.authenticate(request, "describe", route)
        raise ServiceError(Fault.UNSUPPORTED, _ABSENT)

    def _told(self, route: Route, principal: Principal) -> Answer:
        """What is known without asking a wrapper."""
        asked, views = route.asked, self._dispatcher.services()
        if asked == "":
            return _json({"name": oip.NAME, "version": oip.release(), "extensions": oip.EXTENSIONS})
        if asked == "health/live":
            return _json({"live": True})
        if asked == "health/ready":
            ready = not self._front.draining and all(view.health.ready for view in views.values())
            return _json({"ready": ready}, ready=ready)
        view = oip.model(views, principal, route.service, route.version)
        if asked == "ready":
            ready = view.health.ready and not self._front.draining
            return _json({"name": view.name, "ready": ready}, ready=ready)
        if asked == "metadata":
            return _json(oip.metadata(view))
        raise ServiceError(Fault.UNSUPPORTED, _ABSENT)

    async def _index(self, request: web.BaseRequest, route: Route) -> Answer:
        """``POST /v2/repository/index``, and ``GET /v2/models`` for the names alone."""
        principal = await self._front.authenticate(request, "describe", route)
        views = self._dispatcher.services()
        if route.asked == "models":
            _must_be(request, _READS)
            return _json({"models": [row["name"] for row in oip.index(views, principal)]})
        _must_be(request, ("POST",))
        body = await read_body(self._front, request, principal)
        asked = loads(body) if body else {}
        ready = asked.get("ready", False) if isinstance(asked, dict) else None
        if not isinstance(ready, bool):
            raise ServiceError(Fault.BAD_REQUEST, 'body: expected an object, with "ready" true or false or not at all')
        return _json(oip.index(views, principal, ready=ready))

    async def _loaded(self, request: web.BaseRequest, route: Route) -> Answer:
        """A service that is there is loaded; to unload it, or to load it with something else, is not for callers."""
        principal = await self._front.authenticate(request, "load", route)
        body = await read_body(self._front, request, principal)
        asked = loads(body) if body else {}
        if not isinstance(asked, dict):
            raise ServiceError(Fault.BAD_REQUEST, "body: expected an object")
        if route.asked == "unload":
            raise ServiceError(Fault.UNSUPPORTED, oip.UNMANAGED)
        oip.load(self._dispatcher.services(), principal, route.service, changed=bool(asked.get("parameters")))
        return _json({})

    async def _infer(self, request: web.BaseRequest, route: Route) -> Answer:
        """One inference, or one call of a sequence."""
        principal = await self._front.authenticate(request, "infer", route)
        said = said_of(request.headers, route)
        deadline = said.deadline  # reading the body is in it
        return await self._inferred(said, await read_body(self._front, request, principal), deadline, principal)

    def answer_said(self, post: Post, said: Said) -> Coroutine[Any, Any, Answer]:  # Any: what coroutines yield
        """The same, where the body is there and what the head says is known."""
        front = self._front
        if front.dispatcher.guarded:
            return self._guarded(post, said)
        return self._inferred(said, sound(front, post.body, ANONYMOUS), said.deadline, ANONYMOUS)

    async def _guarded(self, post: Post, said: Said) -> Answer:
        front = self._front
        principal = await front.authenticate(cast(web.BaseRequest, post), "infer", said.route)
        return await self._inferred(said, sound(front, post.body, principal), said.deadline, principal)

    async def _inferred(self, said: Said, body: bytes, deadline: float | None, principal: Principal) -> Answer:
        front, route = self._front, said.route
        service = route.service
        description = oip.known(self._dispatcher.services(), service, route.version)
        limit = front.limits.max_message
        caller = oip.Caller(principal, said.told, deadline)
        call = oip.decode_infer(body, said.size, service, description, limit, caller)
        sequence = call.options.sequence
        if sequence is None:
            front.admit()
            reply = await self._dispatcher.once(call.request)
        else:
            if sequence.start:
                front.admit()
            reply = await self._sequences.answer(call, sequence)
        made = oip.encode_infer(call, reply, service, description, limit)
        if made.header is None:
            return Answer(made.text)
        return Answer(made.text, content_type=BYTES, headers={HEADER_LENGTH: str(made.header)}, tail=made.tail)


def _must_be(request: web.BaseRequest, methods: tuple[str, ...]) -> None:
    if request.method not in methods:
        text = f"this page takes {' and '.join(methods)}"
        raise Refused(405, ServiceError(Fault.UNSUPPORTED, text), {"Allow": ", ".join(methods)})


def _json(value: object, *, ready: bool = True) -> Answer:
    return Answer(orjson.dumps(value), status=200 if ready else 503)
