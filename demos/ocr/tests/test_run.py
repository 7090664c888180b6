"""The demo as `make demo` runs it, and what it says when something is not as it should be."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import athena
from athena.models import Document

RUN = Path(__file__).parent.parent / "run.py"
TOML = '[services.ocr]\nwrapper = "rapidocr"\ndeadline = 60.0\n[transports.http]\nport = 0\n'


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ocr_demo", RUN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_a_process(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(RUN), *words], capture_output=True, text=True, timeout=55, check=False)


def test_the_tour_reads_the_scanned_page_alike_over_three_wires_and_ends_with_0() -> None:
    done = in_a_process()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Region-basedsegmentation" in done.stdout.replace(" ", "")
    assert "the same answer over 3 wires: http in " in done.stdout
    assert "curl -sS http://127.0.0.1:8080/v1/private/ocr" in done.stdout
    measured = re.search(r"^word accuracy: (\d+)% \((\d+) of the 49 words of page\.txt\)$", done.stdout, re.M)
    assert measured, done.stdout
    stated = re.search(r"\*\*(\d+) % of its 49 words\*\*", (RUN.parent / "README.md").read_text(encoding="utf-8"))
    assert stated
    assert abs(int(measured[1]) - int(stated[1])) <= 4, "another runtime may differ in a word or two"


def test_words_are_counted_in_their_order_without_what_stands_between_them(demo: ModuleType) -> None:
    def read(*lines: str) -> tuple[int, int]:
        page = [{"result": [{"text": line} for line in lines]}]
        found: tuple[int, int] = demo.accuracy(page, "The cat, the_dog.\nOne")
        return found

    assert read("the CAT the dog", "one") == (5, 5)
    assert read("thecat the dog") == (2, 5)
    assert read("one dog the cat the") == (3, 5)
    assert read() == (0, 5)


def test_a_page_that_is_not_there_is_said_before_anything_is_started() -> None:
    done = in_a_process("--image", "nowhere.png")
    assert done.returncode == 1
    assert done.stdout == "the demo failed: nowhere.png: no such file\n"


def test_a_file_that_is_no_image_ends_with_1_and_the_services_sentence(tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"not an image at all")
    done = in_a_process("--image", str(tmp_path / "page.png"))
    assert done.returncode == 1
    assert "payload.data: not an image" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_wires_that_disagree_fail_the_demo(demo: ModuleType) -> None:
    one = [{"filename": "0", "result": [{"text": "a"}]}]
    assert demo.agreed({"x://": (one, 1.0), "y://": (one, 2.0)}) == one
    with pytest.raises(demo.DemoFailed, match="y:// answered otherwise than x://"):
        demo.agreed({"x://": (one, 1.0), "y://": ([{"filename": "0", "result": []}], 1.0)})
    with pytest.raises(demo.DemoFailed, match="no text was found"):
        demo.agreed({"x://": ([{"filename": "0", "result": []}], 1.0)})


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")
def test_the_commands_it_prints_work_as_they_are(demo: ModuleType) -> None:
    with athena.start(Document(TOML)) as kernel:
        commands = demo.by_hand(demo.scanned_page(), kernel.endpoints[0].url)
        answers = []
        for command in commands:
            path = f"PATH={Path(sys.executable).parent}:$PATH"
            done = subprocess.run(
                ["bash", "-c", f"{path}; {command}"], capture_output=True, text=True, timeout=50, check=False
            )
            assert done.returncode == 0, done.stderr
            answers.append(json.loads(done.stdout))
    by_cli, by_curl = answers
    assert by_curl["header"]["code"] == 0
    assert by_curl["payload"]["boxes"]["text"] == by_cli
    assert len(by_cli[0]["result"]) >= 5
