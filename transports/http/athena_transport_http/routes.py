"""Which path means what. A service is the last segment of any path that is not reserved, as upstream has it."""

from __future__ import annotations

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
    LIVE = "live"
    READY = "ready"
    METRICS = "metrics"
    OPENAPI = "openapi"
    NONE = "none"


class Route(NamedTuple):
    """Where a request goes.

    Attributes:
        action: What it asks for.
        service: The service it names, or "".
        key: The session's sid or alias, or "".
        query: The raw query string.
    """

    action: Action
    service: str = ""
    key: str = ""
    query: str = ""


PAGES = {
    "/livez": Action.LIVE,
    "/readyz": Action.READY,
    "/metrics": Action.METRICS,
    "/v1/services": Action.SERVICES,
    "/openapi.json": Action.OPENAPI,
}
READS = frozenset({"GET", "HEAD"})
"""How the server's own pages are asked for; they take nothing else, whatever service may have their name."""
ALLOWED = {
    Action.CALL: "POST, OPTIONS",
    Action.OPEN: "POST, OPTIONS",
    Action.SESSION: "POST, GET, DELETE, OPTIONS",
    Action.NONE: "OPTIONS",
}
"""The methods of each resource; a page's are GET, HEAD, OPTIONS. A service's GET is an upgrade, or nothing."""
SERVICE = "/v1/services/"
SESSION = "/v1/sessions/"
OPEN = "/v1/sessions"


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
        return Route(PAGES[path], "", "", query)
    if path.startswith(SERVICE):
        return Route(Action.SERVICES, unquote(path[len(SERVICE) :]), "", query)
    if path == OPEN:
        return Route(Action.OPEN, "", "", query)
    if path.startswith(SESSION):
        return Route(Action.SESSION, "", unquote(path[len(SESSION) :]), query)
    name = unquote(path.rstrip("/").rpartition("/")[2])
    return Route(Action.CALL, name, "", query) if name else Route(Action.NONE, "", "", query)
