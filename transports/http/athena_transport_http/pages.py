"""What is asked of the server itself: is it alive, is it ready, what does it serve, what has it counted."""

from __future__ import annotations

import orjson
from aiohttp import web

from athena import __version__
from athena.errors import Fault, ServiceError
from athena.models import ServiceView
from athena_proto.openapi import openapi

from .answers import Answer
from .descriptions import described
from .front import Front
from .routes import Action, Route
from .site import answer_file

__all__ = ["answer_page"]

METRICS = "text/plain; version=0.0.4; charset=utf-8"


async def answer_page(front: Front, request: web.BaseRequest, route: Route) -> Answer:
    """``/livez`` and ``/readyz`` for anybody, ``/metrics`` and ``/v1/services`` for who is let in."""
    if route.action is Action.LIVE:
        return Answer(b'{"live":true}')
    if route.action is Action.READY:
        return _ready(front)
    if route.action is Action.METRICS:
        await front.authenticate(request, "metrics", route)
        return Answer(front.dispatcher.metrics(), content_type=METRICS)
    await front.authenticate(request, "describe", route)
    views = front.dispatcher.services()
    if route.action is Action.SITE:
        return answer_file(request, route.key)
    if route.action is Action.OPENAPI:
        served = {name: view.description for name, view in views.items()}
        return Answer(orjson.dumps(openapi(served, version=__version__)))
    if not route.service:
        return Answer(orjson.dumps({"services": [_shown(view) for view in views.values()]}))
    if route.service not in views:
        raise ServiceError(Fault.NOT_FOUND, f"no service {route.service!r} here")
    return Answer(orjson.dumps(_shown(views[route.service])))


def _ready(front: Front) -> Answer:
    """200 when every service can take work, else 503 with what cannot, and why."""
    services = {
        name: {"ready": view.health.ready, "reason": view.health.reason, "workers": dict(view.health.workers)}
        for name, view in front.dispatcher.services().items()
    }
    ready = not front.draining and all(service["ready"] for service in services.values())
    reason = "draining" if front.draining else ""
    if not reason:
        reason = "; ".join(
            f"{name}: {each['reason'] or 'not ready'}" for name, each in services.items() if not each["ready"]
        )
    return Answer(orjson.dumps({"ready": ready, "reason": reason, "services": services}), status=200 if ready else 503)


def _shown(view: ServiceView) -> dict[str, object]:
    return {
        "name": view.name,
        "health": {"ready": view.health.ready, "reason": view.health.reason, "workers": dict(view.health.workers)},
        "description": described(view.description),
    }
