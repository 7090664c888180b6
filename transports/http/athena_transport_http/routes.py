"""Which path means what. A service is the last segment of any path that is not reserved, as upstream has it."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple
from urllib.parse import unquote

__all__ = ["READS", "Action", "Route", "Routes", "allowed"]

CACHED = 1024


class Action(Enum):
    """What a request asks for."""

    CALL = "call"
    OPEN = "open"
    SESSION = "session"
    SERVICES = "services"
    RESOURCES = "resources"
    LIVE = "live"
    READY = "ready"
    METRICS = "metrics"
    OPENAPI = "openapi"
    SITE = "site"
    OIP = "oip"
    NONE = "none"


class Route(NamedTuple):
    """Where a request goes.

    Attributes:
        action: What it asks for.
        service: The service it names, or "".
        key: The session's sid or alias, the resource's id, or the page's path, or "".
        query: The raw query string.
        asked: What the Open Inference Protocol is asked for: its word behind the model, or the path.
        version: The version of the model, or "".
    """

    action: Action
    service: str = ""
    key: str = ""
    query: str = ""
    asked: str = ""
    version: str = ""


PAGES = {
    "/livez": Action.LIVE,
    "/readyz": Action.READY,
    "/metrics": Action.METRICS,
    "/v1/services": Action.SERVICES,
    "/openapi.json": Action.OPENAPI,
    "/": Action.SITE,
    "/docs": Action.SITE,
}
READS = frozenset({"GET", "HEAD"})
"""How the server's own pages are asked for; they take nothing else, whatever service may have their name."""
ALLOWED = {
    Action.CALL: "POST, OPTIONS",
    Action.OPEN: "POST, OPTIONS",
    Action.SESSION: "POST, GET, DELETE, OPTIONS",
    Action.RESOURCES: "PUT, GET, DELETE, OPTIONS",
    Action.OIP: "POST, GET, HEAD, OPTIONS",
    Action.NONE: "OPTIONS",
}
"""The methods of each resource; a page's are GET, HEAD, OPTIONS. A service's GET is an upgrade, or nothing."""
SERVICE = "/v1/services/"
ASSETS = "/assets/"
SESSION = "/v1/sessions/"
OPEN = "/v1/sessions"
OIP = "/v2"
_RESOURCE = re.compile(r"/v1/services/([^/]+)/resources(?:/([^/]+))?")
_OIP = re.compile(r"/v2(/?|/health/(?:live|ready)|/models|/repository/index)")
_MODEL = re.compile(r"/v2/(?:repository/)?models/([^/]+)(?:/versions/([^/]*))?(?:/(.*))?")
_ABSENT = re.compile(r"/v2/(?:repository|models|systemsharedmemory|cudasharedmemory|trace|logging)(?:/.*)?")


def allowed(action: Action) -> str:
    """The ``Allow`` header of a resource."""
    return ALLOWED.get(action, "GET, HEAD, OPTIONS")


class Routes:
    """Finds routes, and remembers those without a query: a service has one path, called a million times."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Route] = {}

    def find(self, method: str, target: str) -> Route:
        """The route of a request line.

        Args:
            method: The HTTP method.
            target: Path and query as they came.
        """
        route = self._known.get((method, target))
        if route is None:
            route = _parse(method, target)
            if not route.query and not route.key and len(self._known) < CACHED:
                self._known[method, target] = route
        return route


def _parse(method: str, target: str) -> Route:
    path, _, query = target.partition("?")
    path = path.partition("#")[0]
    if path in PAGES:
        return Route(PAGES[path], "", path if PAGES[path] is Action.SITE else "", query)
    if path.startswith(ASSETS):
        return Route(Action.SITE, "", path, query)
    resource = _RESOURCE.fullmatch(path)
    if resource is not None:
        return Route(Action.RESOURCES, unquote(resource[1]), unquote(resource[2] or ""), query)
    if path.startswith(SERVICE):
        return Route(Action.SERVICES, unquote(path[len(SERVICE) :]), "", query)
    if path.startswith(OIP):
        found = _oip(path, query)
        if found is not None:
            return found
    if path == OPEN:
        return Route(Action.OPEN, "", "", query)
    if path.startswith(SESSION):
        return Route(Action.SESSION, "", unquote(path[len(SESSION) :]), query)
    name = unquote(path.rstrip("/").rpartition("/")[2])
    return Route(Action.CALL, name, "", query) if name else Route(Action.NONE, "", "", query)


def _oip(path: str, query: str) -> Route | None:
    """A path of the Open Inference Protocol; None for one that only begins as its paths do (``/v2/private/ocr``)."""
    plain = _OIP.fullmatch(path)
    if plain is not None:
        return Route(Action.OIP, "", "", query, plain[1].strip("/"))
    named = _MODEL.fullmatch(path)
    if named is not None:
        model, version, asked = unquote(named[1]), unquote(named[2] or ""), named[3] or "metadata"
        return Route(Action.OIP, model, "", query, asked, version)
    return Route(Action.OIP, "", "", query, "absent") if _ABSENT.fullmatch(path) else None
