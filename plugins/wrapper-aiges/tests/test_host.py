"""The host: what it loads, and what it says of what it cannot."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from athena import Part, Request
from athena.errors import PluginBroken, PluginMissing, SettingsError
from athena.models import ServiceSettings
from athena.plugins import load_wrapper
from athena.section import Free
from athena_wrapper_aiges.host import Aiges

from .author import loaded, written


def test_it_needs_no_program_of_its_own() -> None:
    assert Aiges(Free()).command("wrapper.py", ServiceSettings("it")) is None


def test_a_file_without_a_wrapper_is_refused_with_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(PluginMissing, match=r"neither a class Wrapper nor the functions wrapperInit and"):
        loaded(tmp_path, "x = 1")


def test_a_wrapper_that_cannot_be_constructed_or_imported_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(PluginBroken, match=r"Wrapper\(\) raised RuntimeError: no model"):
        loaded(tmp_path, "class Wrapper(WrapperBase):\n    def __init__(self):\n        raise RuntimeError('no model')")
    with pytest.raises(PluginBroken, match=r"cannot be imported: ModuleNotFoundError: No module named 'nowhere'"):
        loaded(tmp_path, "import nowhere")


def test_wrong_options_are_refused_together_with_their_paths() -> None:
    with pytest.raises(SettingsError) as caught:
        Aiges(Free({"aiges": {"results": "maybe", "hedder_pass": []}}))
    assert [problem.path for problem in caught.value.problems] == [
        ("config", "aiges", "results"),
        ("config", "aiges", "hedder_pass"),
    ]


def test_the_kernel_runs_such_a_file_once_and_one_of_its_own_without_a_host(tmp_path: Path) -> None:
    text = "import os\nopen('count','a').write('x')\ndef wrapperOnceExec(params, reqData, respData):\n"
    text += "    respData.append({'key': 'r', 'data': b'1'})\n    return 0"
    path = written(tmp_path, text.replace("'count'", repr(str(tmp_path / "count"))))
    hooks = load_wrapper(f"./{path.name}", service="it", config={}, middleware={}, folder=tmp_path)
    assert (tmp_path / "count").read_text() == "x"
    assert hooks.once is not None
    assert hooks.once(Request("it", parts=(Part("a", b"1"),))).part("r").data == b"1"
    own = tmp_path / "own.py"
    text = "from athena import *\nclass Own(Wrapper):\n    @hookimpl\n    def athena_once_exec(self, request): ...\n"
    own.write_text(text)
    assert load_wrapper("./own.py", service="it", config={}, middleware={}, folder=tmp_path).once is not None


def test_threads_of_a_kernel_keep_its_folder(tmp_path: Path) -> None:
    before = os.getcwd()
    loaded(tmp_path, "def wrapperOnceExec(params, reqData): return None")
    assert os.getcwd() == before
    assert sys.path[-1] == str(tmp_path)
    sys.path.remove(str(tmp_path))
