"""The host: chosen by the suffix, run in a worker only, and nothing of cffi where it is only asked."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from athena.errors import PluginBroken, PluginRefused, SettingsError
from athena.kernel import start
from athena.models import Document, ServiceSettings, WrapperContext
from athena.plugins import Catalog
from athena.section import Free
from athena_wrapper_native.host import Native


def test_it_is_the_host_of_so_files_and_starts_no_program_of_its_own() -> None:
    assert Catalog().load("hosts", "so") is Native
    assert Native(Free()).command("/x/libwrapper.so", ServiceSettings("s")) is None


def test_it_is_refused_outside_a_worker(build: Any) -> None:
    with pytest.raises(PluginRefused, match='say executor = "process"'):
        Native(Free()).load(str(build()), WrapperContext("s"))


def test_in_a_worker_it_opens_the_library(build: Any) -> None:
    made: Any = Native(Free(a=1)).load(str(build()), WrapperContext("s", isolated=True))
    assert made.athena_describe().version == "3.2.1"


def test_its_table_is_settled_before_anything_is_opened() -> None:
    with pytest.raises(SettingsError, match=r"config\.native\.realtime"):
        Native(Free(native={"realtime": 1}))


def test_what_is_no_library_is_broken_with_the_linkers_words(tmp_path: Any) -> None:
    path = tmp_path / "libwrapper.so"
    path.write_bytes(b"not a library")
    with pytest.raises(PluginBroken, match=r"libwrapper\.so cannot be opened: .*LD_LIBRARY_PATH"):
        Native(Free()).load(str(path), WrapperContext("s", isolated=True))


async def test_the_thread_executor_is_refused_with_a_sentence(build: Any) -> None:
    text = f'[services.s]\nwrapper = "{build()}"\nexecutor = "thread"\n'
    with pytest.raises(SettingsError, match=r"t\.toml:2: services\.s\.wrapper: .*worker processes only"):
        async with start(Document(text, "1", "t.toml")):
            pass


def test_who_only_asks_imports_no_cffi() -> None:
    code = "import sys, athena_wrapper_native.host; sys.exit('cffi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=50, check=False).returncode == 0
