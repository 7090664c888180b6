"""``athena resource``: what is loaded from files and text, and what is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import athena as package
from athena.models import Document

from .conftest import in_a_process

Athena = Callable[..., tuple[int, str, str]]
TOML = """
[services.kept]
wrapper = "athena.testing.probe:ResourceProbe"
executor = "thread"
[services.plain]
wrapper = "athena.testing.probe:Probe"
executor = "thread"
[transports.%s]
port = 0
"""


@pytest.fixture(scope="module", params=["http", "grpc", "zmq"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    with package.start(Document(TOML % request.param)) as kernel:
        yield kernel.endpoints[0].url


def test_a_file_is_loaded_listed_named_and_unloaded(athena: Athena, endpoint: str, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("grüße\n")
    (tmp_path / "model.bin").write_bytes(bytes(1000))
    assert athena("resource", "load", endpoint, "kept", "ann", f"@{tmp_path / 'words.txt'}") == (0, "", "")
    more = (f"model=@{tmp_path / 'model.bin'}", "note=hello", "-a", "language=de")
    assert athena("resource", "load", endpoint, "kept", "bob", *more)[0] == 0
    code, out, _ = athena("resource", "list", endpoint, "kept")
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()] == [["ann", "8", "0"], ["bob", "1005", "0"]]
    code, out, _ = athena("resource", "list", endpoint, "kept", "--json")
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["ann", "bob"]
    done = in_a_process("call", endpoint, "kept", "-p", "do=held", "-p", "res_id=bob", "--raw", "held")
    assert json.loads(done.stdout)["named"] == [["bob", {"language": "de"}, ["model", "note"]]]
    for name in ("ann", "bob"):
        assert athena("resource", "unload", endpoint, "kept", name) == (0, "", "")
    assert athena("resource", "list", endpoint, "kept") == (0, "", "")


def test_what_is_refused_is_a_sentence_and_exit_code_1(athena: Athena, endpoint: str) -> None:
    code, out, err = athena("resource", "load", endpoint, "plain", "ann", "text=hello")
    assert (code, out) == (1, "")
    assert "plain takes no resources: its wrapper has no athena_resource_load" in err
    code, _, err = athena("resource", "unload", endpoint, "kept", "nobody")
    assert code == 1
    assert "kept has no resource 'nobody'" in err
    code, _, err = athena("resource", "load", endpoint, "kept", "ann", "@/no/such/file")
    assert code == 2
    assert "no such file" in err
    assert athena("resource", "load", endpoint, "kept", "ann")[0] == 2


def test_what_comes_from_stdin_is_loaded(athena: Athena, endpoint: str) -> None:
    done = in_a_process("resource", "load", endpoint, "kept", "piped", "@-", stdin="from stdin")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    code, out, _ = athena("resource", "list", endpoint, "kept")
    assert (code, out.split()[:2]) == (0, ["piped", "10"])
    athena("resource", "unload", endpoint, "kept", "piped")
