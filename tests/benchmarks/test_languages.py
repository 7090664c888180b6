"""The rows about other languages: what they are beside, and what a machine without the language is told."""

from __future__ import annotations

import json
import shutil

import pytest

from benchmarks import languages
from benchmarks.languages import LANGUAGES, beside, worker
from benchmarks.load.workers import document, main
from benchmarks.peers.rounds import Absent
from benchmarks.takes import takes
from tools import tree


def test_every_row_is_a_ratio_to_python_and_is_taken_in_a_run() -> None:
    assert {single.by for single in LANGUAGES} == {"ratio"}
    assert {single.name for single in LANGUAGES} <= {take.name for take in takes(peers=False)}
    assert {"worker/java/128/p50", "worker/node/128/cpu"} <= {single.name for single in LANGUAGES}


def test_a_language_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages.shutil, "which", lambda tool: None)
    worker.cache_clear()
    with pytest.raises(Absent, match="there is no node on this machine"):
        beside("node", 128, "p50")


def test_both_workers_are_in_one_kernel() -> None:
    services = tree.tomllib.loads(document("/x/echo.jar").text)["services"]
    assert services["ours"]["wrapper"] == "/x/echo.jar"
    assert {service["executor"] for service in services.values()} == {"process"}


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here: apt-get install nodejs")
async def test_a_measurement_gives_a_number_for_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.load.workers.WARM", 0.1)
    worker.cache_clear()
    await main(str(worker("node")), 128, 0.4)
    found = json.loads(capsys.readouterr().out)
    assert {(name, by) for name, each in found.items() for by, value in each.items() if value > 0} == {
        ("ours", "p50"), ("ours", "cpu"), ("python", "p50"), ("python", "cpu"),
    }  # fmt: skip
