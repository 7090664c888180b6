"""Whose children the hooks of a session are: all of them belong to the trace that opened it."""

from __future__ import annotations

import threading

from opentelemetry.context import Context

__all__ = ["Parents"]

MOST = 20_000
"""Sessions remembered: a wrapper without athena_session_destroy never says that one is over."""


class Parents:
    """The open sessions' parents, by sid, and by the wrapper's own token where that is one session's alone.

    A wrapper may give any token, the same for all of its sessions too; then nobody can say which one a destroy is of.
    Hooks of several sessions may run at once.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Context, int]] = {}
        self._tokens: dict[int, list[str]] = {}

    def opened(self, sid: str, token: object, parent: Context) -> None:
        """A session has begun."""
        with self._lock:
            while len(self._open) >= self._most:
                self._forget(next(iter(self._open)))
            self._open[sid] = (parent, id(token))
            self._tokens.setdefault(id(token), []).append(sid)

    def of(self, sid: str) -> Context:
        """The parent of that session; an empty context for none."""
        with self._lock:
            found = self._open.get(sid)
            return Context() if found is None else found[0]

    def closed(self, token: object) -> tuple[str, Context]:
        """A session with that token has ended: its sid and parent, ("", nobody) where it may be one of several."""
        with self._lock:
            sids = self._tokens.get(id(token), [])
            if not sids:
                return "", Context()
            sid, alone = sids[0], len(sids) == 1
            parent = self._forget(sid)
            return (sid, parent) if alone else ("", Context())

    def _forget(self, sid: str) -> Context:
        parent, token = self._open.pop(sid)
        sids = self._tokens[token]
        sids.remove(sid)
        if not sids:
            del self._tokens[token]
        return parent
