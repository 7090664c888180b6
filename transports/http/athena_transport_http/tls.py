"""The certificate of the server, taken anew by the next handshake when its files have changed; old connections stay."""

from __future__ import annotations

import logging
import os
import ssl

from .section import HttpSection

__all__ = ["server_context"]

log = logging.getLogger("athena.transports.http")

_Stamp = tuple[tuple[int, int, int], ...]


def server_context(section: HttpSection) -> ssl.SSLContext | None:
    """What a listener is given; None where it serves without TLS.

    Raises:
        OSError: The files cannot be read, or do not fit each other.
    """
    if not section.certificate:
        return None
    first = _made(section)
    first.sni_callback = _Renewal(section, first).look
    return first


class _Renewal:
    """Asked at the beginning of every handshake, whether the client names a server or not."""

    def __init__(self, section: HttpSection, first: ssl.SSLContext) -> None:
        self._section = section
        self._latest = first
        self._stamp = _stamp(section)

    def look(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """Have this handshake use the newest pair that fits."""
        try:
            stamp = _stamp(self._section)
            if stamp != self._stamp:
                self._stamp = stamp  # a pair that does not fit is said once, and tried again when it changes
                self._latest = _made(self._section)
                log.info("%s has changed: new connections get the new certificate", self._section.certificate)
        except OSError as error:
            log.warning("the new certificate cannot be used, the old one stays: %s", error)
        connection.context = self._latest


def _made(section: HttpSection) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(section.certificate, section.key or None)
    if section.client_ca:
        context.load_verify_locations(section.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _stamp(section: HttpSection) -> _Stamp:
    found = [os.stat(path) for path in (section.certificate, section.key, section.client_ca) if path]
    return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)
