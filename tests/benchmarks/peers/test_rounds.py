"""A peer is started in its own environment, and measured only when it answers with what it was sent."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from attrs import evolve

from benchmarks.judge import Floor
from benchmarks.load import JsonLoad
from benchmarks.load.foreign import text_of
from benchmarks.peers import alone, environments, rounds
from benchmarks.peers.catalog import BENTOML, CONTESTS, MLSERVER_WORKER, RAY, UPSTREAM, Contest, Peer
from benchmarks.rows import ROWS

STUB = """
import http.server, sys

class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

if sys.argv[2] == "batch":
    sys.exit("there is no model")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
"""
LOAD = JsonLoad("/", {"input": text_of(128)}, ("input",))
STUB_PEER = Peer("stub", "a stub", "stub", ("stub.py", "{http}", "{kind}"))
CONTEST = Contest("http/128/ase", STUB_PEER, "http", LOAD, Floor())


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment, with a server of a few lines."""
    (tmp_path / "stub.py").write_text(STUB)
    monkeypatch.setattr(rounds, "SERVERS", tmp_path)
    monkeypatch.setattr(rounds, "absence", lambda name: "")
    monkeypatch.setattr(rounds, "python", lambda name: Path(sys.executable))
    return tmp_path


def test_a_peer_that_answers_is_served_until_the_block_ends(stub: Path) -> None:
    with rounds.serving(CONTEST, None) as server:
        assert LOAD.check(server.url) > 128
        assert server.cpu() > 0
    assert not Path(f"/proc/{server.pid}").exists()


def test_a_peer_that_ends_at_once_is_absent_with_its_last_words(stub: Path) -> None:
    with (
        pytest.raises(rounds.Absent, match="did not start: exit status 1; it said last: there is no model"),
        rounds.serving(evolve(CONTEST, kind="batch"), None),
    ):
        pass


def test_a_peer_that_answers_other_data_is_absent(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "START", 1.0)
    other = JsonLoad("/", {"input": "b3RoZXI="}, ("input",))
    with (
        pytest.raises(rounds.Absent, match="AssertionError: the answer holds other data"),
        rounds.serving(evolve(CONTEST, load=other), None),
    ):
        pass


def test_a_peer_without_an_environment_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environments.VARIABLE, str(tmp_path))
    assert "peers --prepare" in rounds.why_not(BENTOML)


@pytest.mark.parametrize("peer", [RAY, UPSTREAM], ids=lambda peer: peer.name)
def test_who_listens_everywhere_is_absent_outside_of_a_namespace(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(alone.MARK, raising=False)
    assert "network namespace" in rounds.why_not(peer)


def test_a_command_has_its_ports_and_its_own_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environments.VARIABLE, str(tmp_path))
    made = rounds.command(MLSERVER_WORKER, "batch", rounds.Ports(1, 2, 3))
    assert made[0] == str(tmp_path / "mlserver" / "bin" / "python")
    assert made[2:] == ["1", "2", "3", "batch", "1"]
    assert rounds.command(BENTOML, "once", rounds.Ports(1, 2, 3))[3:5] == ["serve", "bentoml_echo:Once"]


def test_every_command_names_a_server_that_is_there() -> None:
    for contest in CONTESTS:
        made = rounds.command(contest.peer, contest.kind, rounds.Ports.free())
        assert made[1] == "-m" or Path(made[1]).is_file(), contest.name


def test_free_ports_differ() -> None:
    ports = rounds.Ports.free()
    assert len({ports.http, ports.grpc, ports.metrics}) == 3


def test_every_contest_has_rows_of_ours_and_a_name_of_its_own() -> None:
    names = [contest.name for contest in CONTESTS]
    assert len(set(names)) == len(names)
    ours = {row.name.rpartition("/")[0] for row in ROWS}
    assert {contest.row for contest in CONTESTS} <= ours
