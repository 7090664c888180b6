"""Where the SDK's sources are."""

from __future__ import annotations

import re
import subprocess
import sys

from athena_wrapper_java.__main__ import SDK

ROOM = SDK / "athena" / "wrapper"


def test_the_module_prints_the_folder_that_javac_is_given() -> None:
    told = subprocess.run([sys.executable, "-m", "athena_wrapper_java"], capture_output=True, text=True, timeout=30)
    assert told.stdout == f"{SDK}\n"
    assert (ROOM / "Wrapper.java").is_file()


def test_every_source_says_what_it_is_for_and_fits_on_the_desk() -> None:
    sources = sorted(ROOM.glob("*.java"))
    assert len(sources) > 20
    for source in sources:
        text = source.read_text(encoding="utf-8")
        assert re.match(r"// [A-Z].+\.\npackage athena\.wrapper;\n", text), source.name
        assert text.count("\n") <= 300, source.name
        assert max(map(len, text.splitlines())) <= 120, source.name
