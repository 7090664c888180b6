"""A socket that holds a message: its writer goes on before anybody reads."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from athena.link.sockets import widen


@pytest.mark.skipif(
    not Path("/proc/sys/net/core/wmem_max").exists() or int(Path("/proc/sys/net/core/wmem_max").read_text()) < 1 << 20,
    reason="this system lets no socket hold a MiB: sysctl net.core.wmem_max",
)
def test_a_mib_goes_in_before_anybody_reads() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        widen(ours)
        ours.setblocking(False)
        assert ours.send(bytes(1024 * 1024)) == 1024 * 1024


def test_a_socket_that_cannot_be_widened_is_left_as_it_is() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    theirs.close()
    ours.close()
    widen(ours)
