"""Speech to recognise: synthesised afresh where espeak-ng is installed, and a recording that is committed."""

from __future__ import annotations

import array
import shutil
import subprocess
import wave
from pathlib import Path

import pytest

from athena.models import WrapperContext
from athena_wrapper_pocketsphinx.wrapper import PocketSphinx

RECORDING = Path(__file__).parents[3] / "demos" / "pocketsphinx" / "command.wav"
SAID = "please open the green door in the kitchen"
GRAMMAR = """#JSGF V1.0;
grammar home;
public <command> = [please] <verb> the <colour> <thing> [in the <room>];
<verb> = open | close | find;
<colour> = red | green | blue;
<thing> = door | window | curtain;
<room> = kitchen | garden | office;
"""

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def spoken(text: str, folder: Path, *options: str) -> bytes:
    """A sentence as 16 kHz samples."""
    path = folder / "spoken.wav"
    subprocess.run(["espeak-ng", "-w", str(path), *options, text], check=True, timeout=30)
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        sound = array.array("h", file.readframes(file.getnframes()))
    made = array.array("h")
    for number in range(int((len(sound) - 1) * 16000 / rate)):
        at, between = divmod(number * rate, 16000)
        made.append(round(sound[at] + (sound[at + 1] - sound[at]) * between / 16000))
    return made.tobytes()


@pytest.fixture(scope="session")
def recording() -> bytes:
    """The recording, a WAV file."""
    return RECORDING.read_bytes()


@pytest.fixture(scope="session")
def recogniser() -> PocketSphinx:
    """The wrapper with the grammar, initialised."""
    wrapper = PocketSphinx(PocketSphinx.Section(grammar=GRAMMAR))
    wrapper.athena_init(WrapperContext("commands"))
    return wrapper
