"""A real browser at the playground: a page is read, shapes are found, a file is streamed, nobody else is asked."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from athena.testing import served

from .journey import Seen, browser, contacted, travel

pytestmark = [
    pytest.mark.xdist_group("playground"),
    pytest.mark.timeout(180),
    pytest.mark.skipif(browser() is None, reason="no Chromium on this machine: apt-get install chromium"),
]
TOML = f"""\
[services.ocr]
wrapper = "rapidocr"
[services.detect]
wrapper = "yolov5"
[services.dictation]
wrapper = "{Path(__file__).with_name("dictation.py")}"
[services.echo]
wrapper = "echo"
[services.upstream]
wrapper = "{Path(__file__).parents[2] / "plugins/wrapper-aiges/tests/compat/every_field.py"}"
[transports.http]
port = 0
"""
PICTURES = ("playground-light.png", "playground-dark.png", "playground-session.png", "playground-phone.png")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a kernel with the services serves."""
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "aiges.toml").write_text(TOML)
    with served(folder / "aiges.toml") as kernel:
        yield kernel.endpoints[0]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go: ATHENA_PICTURES=docs/images puts those of the documentation in their place."""
    wanted = os.environ.get("ATHENA_PICTURES")
    return Path(wanted) if wanted else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def seen(url: str, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One visit; what the tests look at."""
    return travel(url, tmp_path_factory.mktemp("browser"), pictures)


def test_the_text_of_a_page_is_listed_and_its_boxes_are_drawn_over_it(seen: Seen) -> None:
    assert "Region" in seen.lines[0]
    assert any("markers" in line for line in seen.lines)
    assert seen.drawn == len(seen.lines) >= 5
    assert seen.inside


def test_what_was_found_in_an_image_is_named_and_framed_over_it(seen: Seen) -> None:
    assert sorted(seen.objects) == ["circle", "circle", "circle", "square", "triangle", "triangle"]
    assert seen.framed == 6


def test_a_session_shows_what_it_says_while_its_file_goes_up(seen: Seen) -> None:
    assert seen.partial.startswith("piece 1: 8000 bytes heard")
    assert len(seen.partial.splitlines()) < len(seen.said)
    assert seen.said[-1] == "piece 161: 1280044 bytes heard"
    assert len(seen.said) == 161


def test_a_microphone_streams_until_it_is_stopped_and_is_answered_to_the_end(seen: Seen) -> None:
    assert seen.spoken[0] == "piece 1: 3200 bytes heard"
    assert len(seen.spoken) >= 4


def test_it_works_without_a_mouse(seen: Seen) -> None:
    assert seen.echoed == "it's me"


def test_a_wrapper_of_upstreams_has_a_form_of_its_fields_and_needs_no_more_than_one(seen: Seen) -> None:
    assert seen.upstream == "old and well|-"


def test_what_is_copied_does_the_same(seen: Seen, url: str) -> None:
    assert set(seen.snippets) == {"curl", "Python", "athena call"}
    beside = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    commands = {
        "curl": shlex.split(seen.snippets["curl"]),
        "Python": [sys.executable, "-c", seen.snippets["Python"]],
        "athena call": shlex.split(seen.snippets["athena call"]),
    }
    if shutil.which("curl") is None:
        del commands["curl"]  # a slim machine has none
    for title, command in commands.items():
        run = subprocess.run(command, env=beside, capture_output=True, text=True, timeout=30, check=False)
        assert (run.returncode, "it's me" in run.stdout) == (0, True), (title, command, run.stdout, run.stderr)


def test_the_api_page_lists_every_operation_and_a_phone_need_not_scroll_sideways(seen: Seen) -> None:
    assert seen.operations >= 8
    assert seen.phone == 390


def test_it_is_light_and_dark(seen: Seen, pictures: Path) -> None:
    light, dark = (
        ImageStat.Stat(Image.open(pictures / f"playground-{scheme}.png").convert("L")).mean[0]
        for scheme in ("light", "dark")
    )
    assert light > 200
    assert dark < 80
    assert all((pictures / name).stat().st_size > 10_000 for name in PICTURES)


def test_no_script_complains_and_no_policy_is_broken(seen: Seen) -> None:
    assert seen.troubles == []


def test_no_request_leaves_the_machine(seen: Seen) -> None:
    assert seen.contacted == {"127.0.0.1"}


def test_a_request_that_left_would_be_seen() -> None:
    here = "http://127.0.0.1:8080"
    log = {
        "constants": {"logEventTypes": {"URL_REQUEST_START_JOB": 1, "TCP_CONNECT_ATTEMPT": 2, "UDP_BYTES_SENT": 3}},
        "events": [
            {"type": 1, "params": {"url": "https://fonts.example/x.css", "initiator": here}},
            {"type": 1, "params": {"url": "https://update.example/", "initiator": "not an origin"}},
            {"type": 1, "params": {"url": f"{here}/docs", "initiator": "not an origin"}},
            {"type": 2, "params": {"address": "192.0.2.1:443"}},
            {"type": 3, "params": {"byte_count": 9}},
            {"type": 3},
            {"type": 9},
        ],
    }
    left = {"fonts.example", "192.0.2.1", "udp {'byte_count': 9}", "udp {}"}
    assert contacted(log, here) == {"127.0.0.1", *left}
