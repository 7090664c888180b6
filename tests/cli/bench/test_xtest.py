"""Upstream's xtest.toml: every key is taken or it is said why not, and none stops a run without need."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from athena.cli.bench.inputs import load
from athena.cli.bench.plan import Source, check
from athena.cli.bench.xtest import read

# Every key that xtest reads or that its shipped files have, in a file of our own.
WHOLE = """
[xtest]
taddrs = "AIservice@127.0.0.1:5090"
trace-ip = "10.0.0.1"
[svcMode]
service = "iat"
svcId = "s12345678"
sub = "ase"
timeout = 2000
timeLoss = 100
multiThr = 20
loopCnt = 1000
sessMode = {mode}
linearMs = 5000
perfOn = true
perfLevel = 1
service_pid = 130
inputCmd = false
prometheus_switch = true
prometheus_port = 2117
plot = true
plot_file = "./log/line.png"
file_sorted = 2
file_name_seq = "_"
gpuMon = true
[header]
appid = "100IME"
[parameter]
key = 2
on = true
[data]
payload = "one;two"
expect = "out"
[one]
inputSrc = "audio.pcm"
sliceOn = 1
sliceSize = 1280
interval = 40
name = "audio"
type = "audio"
describe = "encoding=raw;sample_rate=16000"
[two]
inputSrc = "said.txt"
sliceOn = false
interval = 20
name = "text"
type = "text"
[out]
name = "result"
type = "text"
describe = "encoding=utf8"
[spare]
inputSrc = "nowhere"
[downstream]
output = 0
outputDst = "./log/result"
[log]
file = "x"
[trace]
able = 0
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "audio.pcm").write_bytes(bytes(3000))
    (tmp_path / "said.txt").write_text("one\ntwo\n")
    return tmp_path / "xtest.toml"


def test_a_whole_file_becomes_a_plan_that_can_run(file: Path) -> None:
    file.write_text(WHOLE.format(mode=1))
    found = read(file, ("xsf",))
    plan = check(found.plan)
    load(plan)
    assert (plan.endpoint, plan.service, plan.way) == ("xsf://127.0.0.1:5090", "iat", "session")
    assert (plan.concurrency, plan.requests, plan.ramp, plan.deadline) == (20, 1000, 5.0, None)
    assert (plan.headers, plan.params) == ({"appid": "100IME"}, {"key": "2", "on": "true"})
    audio, text = plan.sources
    assert audio == Source(
        "audio",
        "audio",
        path=str(file.parent / "audio.pcm"),
        attributes={"encoding": "raw", "sample_rate": "16000"},
        cut=1280,
        pace=0.04,
        order="descending",
    )
    assert (text.cut, text.pace) == (0, 0.02)
    assert plan.expect == (Source("result", "text", attributes={"encoding": "utf8"}),)
    assert (found.plot, found.pid) == ("./log/line.png", 130)


@pytest.mark.parametrize(("mode", "way", "by"), [(0, "once", ""), (2, "session", "lines"), (3, "session", "files")])
def test_each_mode_has_its_way(mode: int, way: str, by: str, file: Path) -> None:
    file.write_text(WHOLE.format(mode=mode))
    plan = read(file, ("xsf",)).plan
    assert (plan.way, {source.by for source in plan.sources}, {source.cut for source in plan.sources}) == (
        way,
        {by},
        {0},
    )
    assert plan.deadline == (2.1 if mode == 0 else None)
    check(plan)


def test_what_is_not_taken_is_said_once_and_nothing_is_fatal(file: Path) -> None:
    file.write_text(WHOLE.format(mode=0) + "colour = 3\n")
    notes = "\n".join(read(file, ("xsf",)).notes)
    for place in (
        *("xtest.trace-ip", "svcMode.svcId", "svcMode.sub", "svcMode.perfOn", "svcMode.perfLevel", "svcMode.inputCmd"),
        *("svcMode.prometheus_switch", "svcMode.prometheus_port", "svcMode.file_name_seq", "svcMode.gpuMon"),
        *("[downstream]", "[log]", "[trace]", "[spare]", "one.interval"),
    ):
        assert notes.count(place) == 1, place


def test_a_key_that_nobody_knows_is_named(file: Path) -> None:
    file.write_text(WHOLE.format(mode=0).replace("[header]", "colour = 3\n[header]"))
    assert "svcMode.colour: xtest has no such key; ignored" in read(file, ("xsf",)).notes


def test_wrong_values_fall_back_to_xtests_own(file: Path) -> None:
    text = WHOLE.format(mode=9).replace("multiThr = 20", 'multiThr = "many"').replace('type = "audio"', 'type = "odd"')
    file.write_text(text)
    found = read(file, ("xsf",))
    assert (found.plan.way, found.plan.concurrency, found.plan.sources[0].kind) == ("once", 100, "other")
    assert any("svcMode.sessMode = 9" in text for text in found.notes)
    assert any("svcMode.multiThr = 'many'" in text for text in found.notes)
    assert any("one.type = 'odd'" in text for text in found.notes)


def test_without_a_channel_for_xsf_the_endpoint_is_asked_for(file: Path) -> None:
    file.write_text(WHOLE.format(mode=0))
    found = read(file, ("tcp",))
    assert found.plan.endpoint == ""
    assert any("no channel for xsf:// is installed" in text for text in found.notes)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("= 1", "xtest.toml: "), ('[data]\npayload = "one"', r"\[one\] has no inputSrc")],
)
def test_only_what_leaves_nothing_to_send_is_refused(text: str, sentence: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(click.UsageError, match=sentence):
        read(file, ("xsf",))
