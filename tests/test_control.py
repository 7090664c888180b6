"""The control socket: private, one line per question, and every refusal arrives as it was raised."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from athena import control
from athena.control import Connection, ControlSocket, ask, default_path, found
from athena.errors import AthenaError, Problem, SettingsError

PROBLEM = Problem(("services", "ocr", "queue"), "expected 0 to 9", "site.toml", 7)


async def echo(question: Mapping[str, Any]) -> object:
    return dict(question)


async def refuse(_: Mapping[str, Any]) -> object:
    raise SettingsError([PROBLEM])


async def fail(_: Mapping[str, Any]) -> object:
    raise AthenaError("not now")


async def break_down(_: Mapping[str, Any]) -> object:
    raise ValueError("a defect")


OPERATIONS = {"echo": echo, "refuse": refuse, "fail": fail, "break": break_down}


@asynccontextmanager
async def answering(path: Path) -> AsyncIterator[ControlSocket]:
    control_socket = ControlSocket(path, OPERATIONS)
    await control_socket.start()
    try:
        yield control_socket
    finally:
        await control_socket.stop()


async def asked(path: Path, operation: str, **arguments: object) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(ask, path, operation, **arguments), 10)


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


async def test_a_question_is_answered_with_its_arguments_and_the_socket_is_private(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with answering(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert await asked(path, "echo", swap=["a", "b"], text="ü\n") == {"swap": ["a", "b"], "text": "ü\n"}
        assert os.listdir(tmp_path) == ["s"]
    assert not path.exists()


async def test_refusals_arrive_as_they_were_raised(tmp_path: Path) -> None:
    async with answering(tmp_path / "s") as there:
        with pytest.raises(SettingsError) as caught:
            await asked(there.path, "refuse")
        assert caught.value.problems == (PROBLEM,)
        with pytest.raises(AthenaError, match="not now"):
            await asked(there.path, "fail")
        with pytest.raises(AthenaError, match="internal error: ValueError: a defect"):
            await asked(there.path, "break")


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"op": "nothing"}', b'{"op": []}', b"[" * 5000, b'"x"', b"\xff"])
async def test_what_is_no_question_gets_a_sentence_and_the_connection_lives_on(tmp_path: Path, line: bytes) -> None:
    async with answering(tmp_path / "s") as there:
        reader, writer = await asyncio.open_unix_connection(there.path)
        writer.write(line + b'\n{"op": "echo"}\n')
        refused = json.loads(await asyncio.wait_for(reader.readline(), 10))
        assert not refused["ok"]
        assert "echo, refuse, fail, break" in refused["error"]
        assert json.loads(await asyncio.wait_for(reader.readline(), 10)) == {"ok": True, "result": {}}
        writer.close()


async def test_a_line_without_end_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "LONGEST_QUESTION", 100)
    async with answering(tmp_path / "s") as there:
        reader, writer = await asyncio.open_unix_connection(there.path)
        writer.write(b"x" * 1000)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_a_process_of_another_user_gets_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.geteuid()
    async with answering(tmp_path / "s") as there:
        # To us, ourselves are somebody else from here on; root alone would be let in, so we play that root is not.
        monkeypatch.setattr(control, "_trusted", lambda uid: uid != real)
        with pytest.raises(AthenaError, match=r"went away|did not answer"):
            await asked(there.path, "echo")


async def test_whoever_waits_for_the_end_is_hung_up_on_at_the_end(tmp_path: Path) -> None:
    async with answering(tmp_path / "s") as there:
        with Connection(there.path) as connection:
            waiting = asyncio.create_task(asyncio.to_thread(connection.gone))
            await asyncio.sleep(0.05)
            assert not waiting.done()
            await there.stop()
            assert await asyncio.wait_for(waiting, 10)


def test_nobody_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(AthenaError, match="no kernel answers at"):
        ask(tmp_path / "s", "echo")


async def test_a_dead_kernels_socket_is_taken_over_and_a_live_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s"
    left_behind(path)
    async with answering(path):
        with pytest.raises(OSError, match="another kernel answers there"):
            await ControlSocket(path, OPERATIONS).start()
        assert await asked(path, "echo") == {}


async def test_what_is_no_socket_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("a file")
    with pytest.raises(OSError, match="is there and is no socket"):
        await ControlSocket(path, OPERATIONS).start()
    with pytest.raises(OSError, match="at most"):
        await ControlSocket(tmp_path / ("x" * 120), OPERATIONS).start()
    assert path.read_text() == "a file"


async def test_the_default_path_is_in_a_private_folder_and_found_again(runtime: Path) -> None:
    path = default_path("my/kernel")
    assert path == runtime / "athena" / f"my_kernel-{os.getpid()}.sock"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    dead = path.parent / "dead-1.sock"
    left_behind(dead)
    async with answering(path):
        assert found() == [path]
    assert not dead.exists()
    assert found() == []


def test_a_folder_that_others_may_enter_is_not_used(runtime: Path) -> None:
    (runtime / "athena").mkdir(mode=0o755)
    (runtime / "athena").chmod(0o755)
    with pytest.raises(AthenaError, match=r"mode 0700.*kernel\.control"):
        default_path("x")


def test_without_a_runtime_folder_the_temporary_one_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setattr(control.os, "geteuid", lambda: 4242)
    monkeypatch.setattr(control.tempfile, "gettempdir", lambda: str(tmp_path))
    with pytest.raises(AthenaError, match="not a folder of ours"):
        default_path("x")  # made by us, who are not 4242
    assert (tmp_path / "athena.4242").is_dir()


def left_behind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
