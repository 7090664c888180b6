"""``athena bench`` as it is typed, against a real ``athena run`` on every wire."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import athena as package
from athena import Reply, Request, Wrapper, hookimpl
from athena.models import Document

Athena = Callable[..., tuple[int, str, str]]
STALL = 0.5


def bench(*words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    """In a process of its own; the report."""
    done = subprocess.run(
        [sys.executable, "-m", "athena.cli", "bench", *words, "--json"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("scheme", ["http", "ws", "grpc", "zmq"])
def test_a_closed_loop_of_two_processes_counts_every_call(scheme: str, endpoints: dict[str, str]) -> None:
    words = ("-n", "60", "--warmup", "0", "-c", "4", "-P", "2")
    code, figures, err = bench(endpoints[scheme], "echo", "text=hello", *words)
    assert (code, err) == (0, "")
    assert (figures["calls"]["begun"], figures["calls"]["answered"], figures["errors"]) == (60, 60, [])
    assert figures["calls"]["bytes_received"] == 60 * 5
    told = figures["milliseconds"]["whole"]
    assert told["min"] <= told["p50"] <= told["p90"] <= told["p99"] <= told["p99.9"] <= told["max"]
    assert figures["server"]["rss_mib_most"] > 10
    assert len(figures["generator"]["cpu_cores"]) == 2


@pytest.mark.parametrize("scheme", ["http", "grpc", "zmq"])
def test_sessions_keep_the_pace_of_their_frames(scheme: str, endpoints: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(bytes(5000))
    words = ("--session", "--frame-bytes", "1000", "--frame-ms", "10", "-n", "6", "-c", "2", "--warmup", "0")
    code, figures, _ = bench(endpoints[scheme], "echo", f"a=@{tmp_path / 'a.pcm'}", *words)
    assert code == 0
    assert (figures["calls"]["answered"], figures["calls"]["replies"]) == (6, 30)
    times = figures["milliseconds"]
    assert (times["frame"]["count"], times["late"]["count"], times["last"]["count"]) == (30, 24, 6)
    assert times["whole"]["min"] >= 40


def test_an_open_loop_with_a_ramp_sends_what_it_was_asked_for(endpoints: dict[str, str]) -> None:
    words = ("-r", "100", "--ramp", "1", "-d", "2", "--warmup", "0", "-P", "2", "--seed", "3")
    code, figures, _ = bench(endpoints["grpc"], "echo", "text=hello", *words)
    assert code == 0
    assert figures["calls"]["begun"] == 150
    assert {"whole", "sent", "late"} <= set(figures["milliseconds"])
    first, second = figures["rows"][:2]
    assert first["answered"] < second["answered"]


def test_streams_and_drawn_inputs(endpoints: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text('{"a": "x"}\n{"parts": {"a": "yy"}, "params": {"times": 2}}\n')
    words = ("--inputs", str(tmp_path / "calls.jsonl"), "--stream", "-n", "10", "-c", "1", "--warmup", "0")
    code, figures, _ = bench(endpoints["http"], "echo", *words)
    assert code == 0
    assert (figures["calls"]["replies"], figures["calls"]["bytes_received"]) == (5 + 10, 5 + 20)


def test_failures_are_told_apart_and_their_share_is_the_exit_code(endpoints: dict[str, str]) -> None:
    words = (endpoints["grpc"], "nobody", "a=x", "-n", "8", "-c", "2", "--warmup", "0")
    code, figures, _ = bench(*words)
    assert (code, figures["calls"]["failed"]) == (1, 8)
    assert figures["errors"][0]["fault"] == "NOT_FOUND"
    assert bench(*words, "--max-errors", "100%")[0] == 1  # nothing was answered at all


def test_ctrl_c_ends_with_the_report_so_far(endpoints: dict[str, str]) -> None:
    command = [sys.executable, "-m", "athena.cli", "bench", endpoints["grpc"], "echo", "a=x", "-d", "600", "--json"]
    process = subprocess.Popen([*command, "--warmup", "0", "-r", "50"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err.decode()
    figures = json.loads(out)
    assert figures["interrupted"]
    assert figures["calls"]["answered"] > 0
    assert figures["seconds"] < 60


def test_everything_is_kept_and_compared(athena: Athena, endpoints: dict[str, str], tmp_path: Path) -> None:
    words = ("bench", endpoints["zmq"], "echo", "text=hello", "-n", "40", "--warmup", "0", "--header", "x-user=ada")
    files = ("--save", str(tmp_path / "a.json"), "--csv", str(tmp_path / "a.csv"), "--plot", str(tmp_path / "a.png"))
    code, out, err = athena(*words, *files)
    assert (code, err) == (0, "")
    assert "40 answered, 0 failed" in out
    assert "ada" not in (tmp_path / "a.json").read_text()
    assert (tmp_path / "a.csv").read_text().startswith("second,width,answered")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = athena(*words, "-c", "2", "--baseline", str(tmp_path / "a.json"))
    assert code == 0
    assert "against the baseline" in out
    assert "note: baseline: concurrency: 8 then, 2 now" in out


def test_an_xtest_file_runs(athena: Athena, endpoints: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "said.txt").write_text("one\ntwo\nthree\n")
    text = '[svcMode]\nservice = "echo"\nsessMode = 2\nmultiThr = 2\nloopCnt = 4\nplot = false\n[data]\npayload = "k"\n'
    text += '[k]\nname = "text"\ninputSrc = "said.txt"\ntype = "text"\ninterval = 5\n[log]\nlevel = "debug"\n'
    (tmp_path / "xtest.toml").write_text(text)
    code, out, err = athena("bench", endpoints["grpc"], "--xtest", str(tmp_path / "xtest.toml"))
    assert code == 0
    assert "xtest: [log]: what there is to say goes to stderr" in err
    assert "sessions/s   4 answered, 0 failed" in out
    assert "replies 12" in out


def test_without_psutil_it_says_what_would_watch_the_server(
    athena: Athena, endpoints: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("athena.cli.bench.run.monitor", lambda: None)
    words = ("bench", endpoints["grpc"], "echo", "a=x", "-n", "8", "--warmup", "0")
    code, out, err = athena(*words)
    assert (code, "server:" in out) == (0, False)
    assert "pip install 'athena-serving[bench]'" in err
    assert athena(*words, "--pid", "1")[0] == 2


class Stalls(Wrapper):
    """One call at a time; the hundredth takes long."""

    def __init__(self) -> None:
        self.calls = 0

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        self.calls += 1
        if self.calls % 100 == 0:
            time.sleep(STALL)
        return Reply(request.parts)


@pytest.fixture
def stalling() -> Iterator[str]:
    document = Document("[transports.grpc]\nport = 0\n[services.stalls]\nqueue = 1000\n")
    with package.start(document, wrappers={"stalls": Stalls}) as kernel:
        yield kernel.endpoints[0].url


def test_a_stall_of_the_server_shows_in_the_percentiles_of_an_open_loop(stalling: str) -> None:
    words = (stalling, "stalls", "a=x", "-n", "150", "--warmup", "0", "--deadline", "20")
    _, opened, _ = bench(*words, "-r", "100")
    _, closed, _ = bench(*words, "-c", "1")
    # At 100/s a stall of half a second holds up fifty calls of the 150: the open loop charges it to every one of them.
    assert opened["milliseconds"]["whole"]["p99"] > STALL * 900
    assert opened["milliseconds"]["whole"]["p90"] > STALL * 400
    # A single caller sees it in one or two calls, and its p95 says that all is well.
    assert closed["milliseconds"]["whole"]["max"] > STALL * 900
    assert closed["milliseconds"]["whole"]["p95"] < opened["milliseconds"]["whole"]["p90"]
