"""What the heap keeps between calls is counted in page faults, in processes of their own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import resource, sys
from athena.worker import heap
def messages():
    return [bytearray(1 << 20) for _ in range(8)]
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
if sys.argv[1] == "settled":
    heap.settle()
messages(), messages()
before = faults()
for _ in range(20):
    messages()
print(faults() - before)
"""
_ONCE_EACH = 8 * 256 * 20
"""What it costs to have every page of every message made anew."""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's heap is settled")


def _faults(how: str, **variables: str) -> int:
    told = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM, how], env=told | variables, capture_output=True, check=True, timeout=30
    )
    return int(run.stdout)


@glibc
def test_messages_of_a_mib_do_not_fault_their_pages_in_again_once_the_heap_is_settled() -> None:
    assert _faults("as it is") > _ONCE_EACH // 2
    assert _faults("settled") < _ONCE_EACH // 20


@glibc
def test_what_the_operator_has_tuned_stays_as_he_wants_it() -> None:
    assert _faults("settled", MALLOC_TRIM_THRESHOLD_="131072") > _ONCE_EACH // 2
    assert _faults("settled", GLIBC_TUNABLES="glibc.malloc.trim_threshold=131072") > _ONCE_EACH // 2
