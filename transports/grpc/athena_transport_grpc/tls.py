"""The certificate of the server, taken anew by the next handshake when its files have changed; old connections stay."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import grpc

__all__ = ["server_credentials"]

log = logging.getLogger("athena.transports.grpc")


def server_credentials(certificate: str, key: str, client_ca: str) -> grpc.ServerCredentials | None:
    """What a port is bound with; None for one without TLS.

    Args:
        certificate: PEM file; "" for no TLS.
        key: PEM file; "" where it is in the same one.
        client_ca: PEM file of who signs the clients' certificates; "" asks for none.

    Raises:
        OSError: A file cannot be read.
    """
    if not certificate:
        return None
    files = _Files(certificate, key or certificate, client_ca)
    return grpc.dynamic_ssl_server_credentials(files.read(), files.renewed, bool(client_ca))


class _Files:
    """Asked at the beginning of every handshake, on a thread of gRPC's."""

    def __init__(self, certificate: str, key: str, client_ca: str) -> None:
        self._certificate = certificate
        self._key = key
        self._client_ca = client_ca
        self._stamp = self._look()

    def read(self) -> Any:  # Any: gRPC gives this value no type
        """The pair as it is now."""
        ca = Path(self._client_ca).read_bytes() if self._client_ca else None
        pair = (Path(self._key).read_bytes(), Path(self._certificate).read_bytes())
        return grpc.ssl_server_certificate_configuration([pair], root_certificates=ca)

    def renewed(self) -> Any:  # Any: as above
        """The pair where it has changed; None keeps the one before, and so does gRPC where the new one does not fit."""
        try:
            stamp = self._look()
            if stamp == self._stamp:
                return None
            made = self.read()
        except OSError as error:
            log.warning("the new certificate cannot be read, the old one stays: %s", error)
            return None
        self._stamp = stamp
        log.info("%s has changed: new connections get the new certificate", self._certificate)
        return made

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        found = [os.stat(path) for path in (self._certificate, self._key, self._client_ca) if path]
        return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)
