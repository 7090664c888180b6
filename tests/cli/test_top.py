"""``athena top --once``: the running kernel in words, or in JSON for a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import athena as kernel_package
from athena.errors import ServiceError
from athena.kernel import BlockingKernel
from athena.models import Document, Part, Request

from .conftest import Typed


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[BlockingKernel]:
    text = f'[kernel]\ncontrol = "{tmp_path}/s"\n[services.echo]\nwrapper = "echo"\nworkers = 2\n'
    with kernel_package.start(Document(text)) as running:
        for number in range(10):
            running.once("echo", Request("", parts=(Part("a", str(number).encode()),)))
        with pytest.raises(ServiceError):
            running.once("nobody", Request(""))
        yield running


def test_a_script_gets_the_whole_reading(kernel: BlockingKernel, tmp_path: Path, athena: Callable[..., Typed]) -> None:
    code, out, err = athena("top", "--control", str(tmp_path / "s"), "--once", "--json", "-i", "0.1")
    assert (code, err) == (0, "")
    told = json.loads(out)
    (service,) = told["services"]
    assert (told["name"], told["state"], told["unknown"]) == ("athena", "serving", 1)
    assert (service["name"], service["state"], service["requests"], service["faults"]) == ("echo", "ready", 10, {})
    assert 0.1 <= told["seconds"] < 60
    workers = service["workers"]
    assert len({worker["pid"] for worker in workers}) == 2
    assert sum(worker["finished"] for worker in workers) == 10
    assert all(worker["rss"] > 2**20 and worker["restarts"] == 0 for worker in workers)


def test_a_person_gets_tables(kernel: BlockingKernel, tmp_path: Path, athena: Callable[..., Typed]) -> None:
    code, out, err = athena("top", "--control", str(tmp_path / "s"), "--once", "-i", "0.1")
    assert (code, err) == (0, "")
    assert "athena serving pid" in out
    for word in ("service", "calls/s", "p99", "faults", "restarts", "MiB", "echo"):
        assert word in out


def test_where_there_is_no_terminal_it_says_what_to_do(athena: Callable[..., Typed], tmp_path: Path) -> None:
    code, _, err = athena("top", "--control", str(tmp_path / "s"))
    assert code == 2
    assert "--once" in err


def test_where_there_is_no_kernel_it_says_so(athena: Callable[..., Typed], tmp_path: Path) -> None:
    code, _, err = athena("top", "--control", str(tmp_path / "s"), "--once")
    assert code == 1
    assert "no kernel answers at" in err
