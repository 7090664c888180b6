"""Personalised resources: loaded with PUT, unloaded with DELETE, listed with GET; and the client's end of that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import quote

import orjson
from aiohttp import web
from attrs import asdict

from athena.errors import Fault, ServiceError
from athena.interfaces import Resources
from athena.models import Principal, Request, Resource, ResourceView
from athena_proto.ase import encode_request

from .answers import JSON, Answer
from .exchange import Exchange
from .front import Front, Refused
from .once import decode_call
from .routes import Action, Route, allowed

__all__ = ["HttpResources", "answer_resource"]


async def answer_resource(front: Front, request: web.BaseRequest, route: Route) -> Answer:
    """``PUT`` and ``DELETE /v1/services/{service}/resources/{id}``, ``GET /v1/services/{service}/resources``."""
    principal = await front.authenticate(request, "resource", route)
    method, dispatcher = request.method, front.dispatcher
    if method in ("GET", "HEAD"):
        found = dispatcher.resources(route.service, principal)
        if not route.key:
            return Answer(orjson.dumps({"resources": [asdict(one) for one in found]}))
        return _told(found, route)
    if method not in ("PUT", "DELETE") or not route.key:
        text = "resources are listed with GET; one of them takes PUT, GET and DELETE"
        raise Refused(405, ServiceError(Fault.UNSUPPORTED, text), {"Allow": allowed(Action.RESOURCES)})
    if method == "DELETE":
        await dispatcher.unload(route.service, route.key, principal)
        return Answer(b"", status=204)
    front.admit()
    await dispatcher.load(route.service, await _resource(front, request, route, principal), principal)
    return _told(dispatcher.resources(route.service, principal), route)


def _told(found: Iterable[ResourceView], route: Route) -> Answer:
    for one in found:
        if one.id == route.key:
            return Answer(orjson.dumps(asdict(one)))
    raise ServiceError(Fault.NOT_FOUND, f"{route.service} has no resource {route.key!r}")


async def _resource(front: Front, request: web.BaseRequest, route: Route, principal: Principal) -> Resource:
    """What a body holds: one part as it is, a form, or an ASE document; parameters are the resource's attributes.

    Raises:
        ServiceError, Refused: As for a call.
    """
    call = await decode_call(front, request, route, principal)
    return Resource(route.key, call.request.parts, call.request.params)


class HttpResources(Resources):
    """The client's end."""

    def __init__(self, there: Callable[[], Exchange]) -> None:
        """Args:
        there: The channel's connections, once it is started.
        """
        self._there = there

    async def load(self, service: str, resource: Resource) -> None:
        body = encode_request(Request(service, parts=resource.parts, params=resource.attributes))
        await self._there().fetch("PUT", _path(service, resource.id), body, {"Content-Type": JSON}, None)

    async def unload(self, service: str, resource_id: str) -> None:
        await self._there().fetch("DELETE", _path(service, resource_id), b"", {}, None)

    async def listed(self, service: str) -> tuple[ResourceView, ...]:
        body = await self._there().fetch("GET", _path(service), b"", {}, None)
        try:
            return tuple(ResourceView(**one) for one in orjson.loads(body)["resources"])
        except (ValueError, KeyError, TypeError) as error:
            raise ServiceError(Fault.INTERNAL, "the server answered with something else") from error


def _path(service: str, resource_id: str | None = None) -> str:
    path = f"/v1/services/{quote(service, safe='')}/resources"
    return path if resource_id is None else f"{path}/{quote(resource_id, safe='')}"
