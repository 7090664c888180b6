"""Memory checkers over calls of a wrapper library: ``python -m tools.leaks`` makes 10,000 under ASan and valgrind.

Both watch one process that is host and library at once, the interpreter's own memory included. Python and its modules
leave the same behind whatever was done; what grows with the calls is ours or the library's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LEAF = ROOT / "plugins" / "wrapper-native"
RESULTS = ROOT / "benchmarks" / "results" / "leaks"
_LIMIT = 1200

Found = dict[str, Any]
"""What one run found, as it stands in the result (Any: numbers, texts, lists of them)."""


def compiled(folder: Path, *flags: str) -> Path:
    """The probe as a library.

    Raises:
        LookupError: There is no compiler, or it lacks what the flags ask for.
    """
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        raise LookupError("no C compiler is installed")
    path = folder / "libwrapper.so"
    command = [compiler, "-std=gnu11", "-O1", "-g", "-fPIC", "-shared", *flags]
    command += [f"-I{LEAF / 'athena_wrapper_native' / 'include'}", "-o", str(path), str(LEAF / "tests" / "probe.c")]
    run = subprocess.run([*command, "-pthread"], capture_output=True, text=True, timeout=60, check=False)
    if run.returncode:
        raise LookupError(f"it does not compile with {' '.join(flags)}: {run.stderr[-500:]}")
    return path


def driven(
    library: Path, count: int, before: list[str], **environment: str
) -> tuple[Found, subprocess.CompletedProcess[str]]:
    """Drive the library in a process of its own; what the driver said, and how it ended."""
    command = [*before, sys.executable, str(LEAF / "tests" / "drive.py"), str(library), str(count)]
    env = {**os.environ, "PYTHONMALLOC": "malloc", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    began = time.monotonic()
    run = subprocess.run(command, env=env, capture_output=True, text=True, timeout=_LIMIT, check=False)
    said = [line for line in run.stdout.splitlines() if line.startswith("{")]
    told: Found = json.loads(said[-1]) if said else {"calls": 0}
    return {**told, "seconds": round(time.monotonic() - began, 1), "status": run.returncode}, run


def under_asan(count: int, *flags: str) -> Found:
    """Under AddressSanitizer and its LeakSanitizer: bytes and blocks leaked, errors, what the library counts itself.

    Raises:
        LookupError: It is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="athena-leaks-") as folder:
        library = compiled(Path(folder), "-fsanitize=address", *flags)
        runtime = _runtime()
        options = "detect_leaks=1:exitcode=0:fast_unwind_on_malloc=1"
        found, run = driven(library, count, [], LD_PRELOAD=runtime, ASAN_OPTIONS=options)
    lost = re.search(r"AddressSanitizer: (\d+) byte\(s\) leaked in (\d+)", run.stderr)
    errors = re.findall(r"ERROR: AddressSanitizer: ([\w-]+)", run.stderr)
    leaked = (int(lost[1]), int(lost[2])) if lost else (0, 0)
    return {**found, "leaked_bytes": leaked[0], "leaked_blocks": leaked[1], "errors": errors}


def under_valgrind(count: int, *flags: str) -> Found:
    """Under memcheck: bytes lost, and the places of errors by kind; Python's own imports have some, whatever is done.

    Raises:
        LookupError: It is not installed.
    """
    tool = shutil.which("valgrind")
    if tool is None:
        raise LookupError("valgrind is not installed")
    with tempfile.TemporaryDirectory(prefix="athena-leaks-") as folder:
        library = compiled(Path(folder), *flags)
        before = [tool, "--leak-check=full", "--show-leak-kinds=definite,indirect,possible", "--fair-sched=try"]
        found, run = driven(library, count, before)
    lost = {
        kind: int(amount.replace(",", "")) for kind, amount in re.findall(r"(\w+) lost: ([\d,]+) bytes", run.stderr)
    }
    summary = re.search(r"ERROR SUMMARY: ([\d,]+) errors from ([\d,]+) contexts", run.stderr)
    kinds = re.findall(
        r"^==\d+== (Invalid (?:read|write|free)|Mismatched free|Use of uninit|Conditional jump)", run.stderr, re.M
    )
    errors = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    total = int(summary[1].replace(",", "")) if summary else -1
    return {**found, "lost_bytes": lost, "error_contexts": errors, "occurrences": total}


def _runtime() -> str:
    """The library that has to be there before everything else."""
    run = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, timeout=60, check=False
    )
    path = run.stdout.strip()
    if run.returncode or not Path(path).is_file():
        raise LookupError("gcc has no AddressSanitizer here")
    return path


def main(arguments: list[str]) -> int:
    """Run both with few and with many calls; 0 when nothing grew."""
    parser = argparse.ArgumentParser("python -m tools.leaks", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="calls and sessions under each checker")
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/results/leaks")
    chosen = parser.parse_args(arguments)
    checkers: dict[str, Callable[[int], Found]] = {"asan": under_asan, "valgrind": under_valgrind}
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    result: Found = {
        "commit": commit.stdout.strip(),
        "machine": platform.platform(),
        "python": platform.python_version(),
    }
    bad: list[str] = []
    for name, checker in checkers.items():
        few, many = checker(160), checker(chosen.count)
        result[name] = {"few": few, "many": many}
        print(f"{name}: {few}\n{name}: {many}", flush=True)
        bad += [f"{name}: {text}" for text in grown(few, many)]
    result["grown"] = bad
    if chosen.write:
        RESULTS.mkdir(parents=True, exist_ok=True)
        path = RESULTS / f"{time.strftime('%Y-%m-%d')}-{result['commit']}.json"
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        print(path.relative_to(ROOT))
    print("\n".join(bad) or "nothing grew with the calls")
    return 1 if bad else 0


def grown(few: Found, many: Found) -> list[str]:
    """What was not as it had to be: left behind more after many calls than after few, alive, or an error."""
    found = [
        f"{key}: {few[key]} → {many[key]}"
        for key in few
        if key.startswith(("leaked", "lost", "err")) and few[key] != many[key]
    ]
    found += [f"{key} = {one[key]}" for one in (few, many) for key in ("status", "alive") if one.get(key) != 0]
    found += [f"errors: {one['errors']}" for one in (few, many) if one.get("errors")]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
