"""The pages for people: the playground at ``/``, the API's at ``/docs``, and the plain files they are made of."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from aiohttp import web
from aiohttp.hdrs import IF_NONE_MATCH

from athena.errors import Fault, ServiceError

from .answers import Answer
from .routes import ASSETS

__all__ = ["answer_file"]

PAGES = {"/": "index.html", "/docs": "docs.html"}
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
VENDORED = "vendored/"
ALWAYS = {
    # Nothing from anywhere else, no script in a page's text, in nobody's frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}


class File(NamedTuple):
    """A file as it is sent."""

    body: bytes
    kind: str
    tag: str


def answer_file(request: web.BaseRequest, path: str) -> Answer:
    """A page or one of its files; 304 for who has it already.

    Args:
        request: For what the client has.
        path: ``/``, ``/docs`` or a path below ``/assets/``.

    Raises:
        ServiceError: NOT_FOUND.
    """
    name = PAGES.get(path) or path.removeprefix(ASSETS)
    found = _read(name) if name in _names() else None
    if found is None:
        raise ServiceError(Fault.NOT_FOUND, f"no such page: {path}")
    # Ours change with every release and are asked for again each time; what is vendored is large and does not.
    kept = "private, max-age=86400" if name.startswith(VENDORED) else "private, no-cache"
    headers = {**ALWAYS, "ETag": found.tag, "Cache-Control": kept}
    if request.headers.get(IF_NONE_MATCH) == found.tag:
        return Answer(b"", status=304, content_type=found.kind, headers=headers)
    return Answer(found.body, content_type=found.kind, headers=headers)


@lru_cache(1)
def _names() -> frozenset[str]:
    """Every file there is, by its name: a path is looked up here, never put together."""
    names = []
    waiting = [("", files(__package__).joinpath("site"))]
    while waiting:
        before, folder = waiting.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                waiting.append((f"{before}{entry.name}/", entry))
            elif entry.name.rpartition(".")[2] in TYPES:
                names.append(before + entry.name)
    return frozenset(names)


@lru_cache(64)
def _read(name: str) -> File:
    body = files(__package__).joinpath("site", *name.split("/")).read_bytes()
    return File(body, TYPES[name.rpartition(".")[2]], f'"{hashlib.sha256(body).hexdigest()[:16]}"')
