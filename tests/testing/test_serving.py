"""``served``: a real ``athena run``, there within the block and gone after it; when it never was, it says why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import athena
from athena import AthenaError, Part, Request
from athena.testing import Served, served, serving

ECHO = '[services.echo]\nwrapper = "echo"\nexecutor = "thread"\n[kernel]\nlame_duck = 0.0\n'
TOLD = """
import os
import sys
import time
from pathlib import Path

from athena import Reply, Wrapper, hookimpl

print("loading")


class Told(Wrapper):
    @hookimpl
    def athena_init(self, context):
        EXTRA

    @hookimpl
    def athena_once_exec(self, request):
        print("x" * 200_000)
        return Reply()
"""


def toml(folder: Path, text: str = ECHO) -> Path:
    file = folder / "aiges.toml"
    file.write_text(text)
    return file


def told(folder: Path, extra: str) -> Path:
    """A service of a wrapper that prints, in the kernel's own process."""
    (folder / "told.py").write_text(TOLD.replace("EXTRA", extra))
    return toml(folder, ECHO.replace('"echo"', '"./told.py"'))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_answers_on_every_wire_within_the_block_and_is_gone_after_it(tmp_path: Path) -> None:
    with served(toml(tmp_path), wires=("http", "grpc")) as kernel:
        assert sorted(kernel.by_scheme) == ["grpc", "http"]
        for endpoint in kernel.endpoints:
            with athena.Client(endpoint) as client:
                reply = client.once("echo", Request("echo", parts=(Part.from_text("text", "hi"),)))
            assert reply.part("text").text == "hi"
    assert gone(kernel.pid)


def test_it_is_gone_after_a_block_that_failed_and_the_failure_is_the_block_s(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="block"), served(toml(tmp_path)) as kernel:
        raise KeyError("block")
    assert gone(kernel.pid)


def test_options_and_environment_reach_it_and_what_is_printed_is_passed_on_and_never_holds_it_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = told(tmp_path, 'print(os.environ["WORD"], file=sys.stderr)')
    with (
        served(file, "--set=log.level=warning", wires=["http"], env={"WORD": "sesame"}) as kernel,
        athena.Client(*kernel.endpoints) as client,
    ):
        for _ in range(3):  # more than a pipe holds
            client.once("echo", Request("echo"))
    out, err = capsys.readouterr()
    assert out == "loading\n" + ("x" * 200_000 + "\n") * 3
    assert err == "sesame\n"


def test_a_refused_file_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    file = toml(tmp_path, '[services.echo]\nwrapper = "no such thing"\n')
    said = r"(?s)ended before it was ready, with 2; its last words:.*no such thing"
    with pytest.raises(AthenaError, match=said), served(file):
        pytest.fail("it serves")


def test_a_start_that_takes_too_long_is_an_error_and_nothing_is_left(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    file = told(tmp_path, f"Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(60)")
    with pytest.raises(AthenaError, match=r"was not ready within 4 s"), served(file, within=4):
        pytest.fail("it serves")
    if mark.exists():  # else the machine was too busy to get that far
        assert gone(int(mark.read_text()))


def test_one_that_ends_otherwise_than_with_0_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AthenaError, match="was told to stop, and ended with -9"), served(toml(tmp_path)) as kernel:
        os.kill(kernel.pid, signal.SIGKILL)


def test_one_that_does_not_stop_is_killed_and_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "STOP", 0.5)
    with pytest.raises(AthenaError, match=r"was still there after 0.5 s"), served(toml(tmp_path)) as kernel:
        os.kill(kernel.pid, signal.SIGSTOP)
    assert gone(kernel.pid)


def test_of_two_endpoints_of_one_scheme_the_first_stands_for_it() -> None:
    assert Served(("http://a", "http://b", "grpc://c"), 1).by_scheme == {"http": "http://a", "grpc": "grpc://c"}


def test_a_script_needs_no_pytest_for_it() -> None:
    code = "import sys; from athena.testing import served; print(served.__name__, 'pytest' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "served False\n"
