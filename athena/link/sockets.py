"""The sockets between kernel and workers: how much they hold."""

from __future__ import annotations

import contextlib
import socket

__all__ = ["widen"]

_ROOM = 1024 * 1024
"""Bytes that may wait in one; where the system allows less, it holds that."""


def widen(connection: socket.socket) -> None:
    """Let a whole large message into a socket at once.

    By itself it takes a fifth of a MiB, and the two ends wake each other a dozen times for each MiB, which costs as
    much as copying it.
    """
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)
