"""A certificate that is renewed on the disk is what the next connection gets; a broken one changes nothing."""

from __future__ import annotations

import asyncio
import logging
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from .conftest import Serve

COMMAND = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} "
    "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem"
)


def pair(folder: Path, name: str) -> bytes:
    """Key and certificate in one, made by openssl."""
    folder.mkdir()
    subprocess.run(COMMAND.format(name=name).split(), cwd=folder, check=True, capture_output=True)
    return (folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes()


async def seen(port: int) -> bytes:
    """The certificate that a new connection is shown."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, ssl=trusting), 10)
    found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return found


def der(both: bytes) -> bytes:
    text = both.decode()
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed: no certificate can be made")
async def test_the_next_connection_gets_the_new_certificate_and_a_broken_one_changes_nothing(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (pair(tmp_path / name, name) for name in ("first", "second"))
    path = tmp_path / "both.pem"
    path.write_bytes(first)
    async with serve(certificate=str(path)) as there:
        assert await seen(there.port) == der(first)
        old = await asyncio.open_connection("127.0.0.1", there.port, ssl=_trusting())
        path.write_bytes(second)
        assert await seen(there.port) == der(second)
        with caplog.at_level(logging.WARNING):
            path.write_bytes(second[: len(second) // 2])
            assert await seen(there.port) == der(second)
            assert await seen(there.port) == der(second)
        assert caplog.text.count("the new certificate cannot be used") == 1
        # The connection of before still serves.
        reader, writer = old
        writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200")
        writer.close()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
