"""``python -m athena_wrapper_native`` says where the headers are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_it_prints_the_folder_of_the_headers() -> None:
    command = [sys.executable, "-m", "athena_wrapper_native"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    assert {path.name for path in Path(run.stdout.strip()).iterdir()} == {"type.h", "wrapper.h"}
