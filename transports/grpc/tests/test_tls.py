"""A certificate that is renewed on the disk is what the next connection gets; one that is away changes nothing."""

from __future__ import annotations

import asyncio
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
    """Key and certificate in one."""
    folder.mkdir()
    subprocess.run(COMMAND.format(name=name).split(), cwd=folder, check=True, capture_output=True)
    return (folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes()


def der(both: bytes) -> bytes:
    text = both.decode()
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])


async def seen(target: str) -> bytes:
    """The certificate that a new connection is shown."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    trusting.set_alpn_protocols(["h2"])
    host, _, port = target.rpartition(":")
    _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port), ssl=trusting), 10)
    found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return found


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed: no certificate can be made")
async def test_the_next_connection_gets_the_new_certificate_and_a_missing_one_changes_nothing(
    serve: Serve, tmp_path: Path
) -> None:
    first, second = (pair(tmp_path / name, name) for name in ("first", "second"))
    path = tmp_path / "both.pem"
    path.write_bytes(first)
    served = await serve(certificate=str(path))
    assert await seen(served.target) == der(first)
    path.write_bytes(second)
    assert await seen(served.target) == der(second)
    path.unlink()
    assert await seen(served.target) == der(second)
    path.write_bytes(second[: len(second) // 2])
    assert await seen(served.target) == der(second)
    path.write_bytes(first)
    assert await seen(served.target) == der(first)
