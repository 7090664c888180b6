"""Which names and which pages may call: the defence of a loopback port against the operator's own browser.

A page anywhere can make a browser send requests to 127.0.0.1, and a name that resolves there makes them same-origin. So
the Host header must be a name of ours, and a request sent for another origin's page needs that origin allowed.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp.hdrs import HOST, ORIGIN
from multidict import CIMultiDictProxy

from athena.errors import Fault, ServiceError

from .section import HttpSection

__all__ = ["Origins", "Stranger"]

SITE = "Sec-Fetch-Site"
_OWN_SITES = frozenset({"same-origin", "none"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_CACHED = 256
_SHOWN = "x-athena-sid, x-athena-key, x-athena-fault, x-athena-executed, x-athena-code, x-athena-error-id, retry-after"
"""What a page may read of an answer's headers."""


class Stranger(Exception):
    """A Host or an Origin that may not call.

    Attributes:
        status: 421 for a Host, 403 for an Origin.
        error: What the client is told.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = ServiceError(Fault.FORBIDDEN, text)


class Origins:
    """The check of one server; names that passed once are remembered."""

    def __init__(self, section: HttpSection) -> None:
        self._any_host = not section.allowed_hosts and not _is_loopback(section.host)
        self._hosts = {name.lower() for name in section.allowed_hosts} or {section.host.lower(), *_LOCAL}
        self._origins = frozenset(origin.rstrip("/").lower() for origin in section.allowed_origins)
        self._passed: set[str] = set()

    def check(self, headers: CIMultiDictProxy[str]) -> None:
        """Refuse strangers.

        Raises:
            Stranger: 421 for a Host that is none of ours, 403 for a page of another origin.
        """
        host = headers.get(HOST, "")
        if host not in self._passed:
            self._check_host(host)
        if ORIGIN in headers:
            self._check_origin(headers[ORIGIN], host)
        elif SITE in headers and headers[SITE] not in _OWN_SITES and "*" not in self._origins:
            raise Stranger(403, "Sec-Fetch-Site: a page of another site may not call; see allowed_origins")

    def shared_with(self, headers: CIMultiDictProxy[str]) -> dict[str, str]:
        """The headers that let the page of an allowed other origin read the answer."""
        origin = headers.get(ORIGIN)
        if origin is None or not self._listed(origin):
            return {}
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _SHOWN, "Vary": "Origin"}

    def _check_host(self, host: str) -> None:
        name = _name(host)
        if not name or not (self._any_host or name in self._hosts or "*" in self._hosts):
            raise Stranger(421, "Host: this server has another name; see allowed_hosts")
        if len(self._passed) < _CACHED:
            self._passed.add(host)

    def _check_origin(self, origin: str, host: str) -> None:
        if self._listed(origin) or urlsplit(origin).netloc.lower() == host.lower():
            return
        raise Stranger(403, "Origin: a page of another origin may not call; see allowed_origins")

    def _listed(self, origin: str) -> bool:
        return "*" in self._origins or origin.lower() in self._origins


def _name(host: str) -> str:
    """The name in a Host header, without port and brackets; "" where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
