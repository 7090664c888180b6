"""Upstream's own aiges.toml starts a library that lies beside it; its keys reach the host and the library."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from athena import Fault, Kind, Part, Request, Stage
from athena.kernel import start
from athena.testing.bounded import bounded, refused

TOML = """
[iat]
host = "127.0.0.1"
port = 0
[aiges]
sessMode = false
asyncMode = true
realTimeRlt = false
headerPass = "app_id"
[wrapper]
http_listen = "127.0.0.1:0"
model = "tiny"
beam = 8
[fc]
max = 4
ttl = 15000
[log]
level = "info"
"""


@bounded
async def test_an_old_file_and_an_old_library_start_unchanged(build: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("AIGES_PLUGIN_MODE", raising=False)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    shutil.copy(build(), tmp_path / "libwrapper.so")
    (tmp_path / "aiges.toml").write_text(TOML, encoding="utf-8")
    async with start(str(tmp_path / "aiges.toml")) as kernel:
        asked = Request("", params={"do": "seen"}, headers={"app_id": "me"})
        assert (await kernel.once("iat", asked)).part("app_id").text == "me"
        state = (await kernel.once("iat", Request("", params={"do": "state"}))).part("state").text
        assert "model=tiny;" in state
        assert "beam=8;" in state
        error = await refused(kernel.once("iat", Request("", params={"do": "fail", "code": "10163"})), Fault.USER_ERROR)
        assert (error.code, error.message) == (10163, "the words for it")
        session = await kernel.open("iat", Request(""))
        await session.write(Request("", parts=(Part("a", b"1", Kind.TEXT, Stage.END),)))
        reply = await session.read(10)
        assert (bytes(reply.part("a").data), reply.stage) == (b"1", Stage.END)
        await session.close()
