"""One call to an Athena installed from wheels: run by `nox -s bare` in an empty venv, outside the repository."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import athena

COMMAND = [str(Path(sys.executable).with_name("athena")), "run", "--wrapper", "echo", "--transport", "http=127.0.0.1:0"]
ASKED = "as it was sent"


def address(process: subprocess.Popen[str]) -> str:
    """The http address of the one line that `athena run` prints when it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline().split()
    if not line or line[0] != "ready":
        raise SystemExit(f"athena run did not get ready: {' '.join(line) or 'it printed nothing'}")
    return next(url for url in line[1:] if url.startswith("http://"))


def ask(url: str) -> str:
    """Send one ASE request to echo and hand back the text of its answer."""
    body = {
        "header": {"app_id": "bare", "status": 3},
        "parameter": {"echo": {}},
        "payload": {"text": {"encoding": "utf8", "status": 3, "text": base64.b64encode(ASKED.encode()).decode()}},
    }
    request = urllib.request.Request(
        f"{url}/v1/private/echo", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        reply = json.load(response)
    if reply["header"]["code"] != 0:
        raise SystemExit(f"echo refused: {reply['header']}")
    return base64.b64decode(reply["payload"]["text"]["text"]).decode()


def main() -> None:
    """Start, ask once, compare, stop."""
    place = Path(athena.__file__).resolve()
    if Path(sys.prefix).resolve() not in place.parents:
        raise SystemExit(f"athena comes from {place}, not from this environment {sys.prefix}")
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True)
    guard = threading.Timer(60, process.kill)  # a start that hangs ends the pipe instead of this script's patience
    guard.start()
    try:
        answer = ask(address(process))
    finally:
        guard.cancel()
        process.terminate()
        code = process.wait(30)
    if answer != ASKED or code != 0:
        raise SystemExit(f"asked {ASKED!r}, got {answer!r}; athena run ended with {code}")
    print(f"bare: {place.parent} answered {answer!r} and stopped with 0")


if __name__ == "__main__":
    main()
