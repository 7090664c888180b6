"""The ABI as cffi lays it out is the one the headers lay out, with the offsets upstream's libraries were built for."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from athena_wrapper_native.__main__ import INCLUDE
from athena_wrapper_native.abi import FFI, SYMBOLS

PARAM = {"key": 0, "value": 8, "vlen": 16, "next": 24}
DATA = {"key": 0, "data": 8, "len": 16, "type": 20, "status": 24, "desc": 32, "next": 40}


def test_the_structs_have_the_offsets_of_lp64() -> None:
    assert {name: FFI.offsetof("ParamList", name) for name in PARAM} == PARAM
    assert {name: FFI.offsetof("DataList", name) for name in DATA} == DATA
    assert (FFI.sizeof("ParamList"), FFI.sizeof("DataList")) == (32, 48)


def test_all_fifteen_symbols_stand_in_the_header_and_in_the_table() -> None:
    text = (INCLUDE / "wrapper.h").read_text(encoding="utf-8")
    declared = re.findall(r"^WrapperAPI [^(]*?(wrapper\w+)\(", text, re.M)
    assert sorted(declared) == sorted(SYMBOLS)
    assert len(SYMBOLS) == 15


def test_a_compiler_agrees_in_c_and_in_cpp(compiler: str, tmp_path: Path) -> None:
    checks = [f"offsetof(ParamList, {name}) == {offset}" for name, offset in PARAM.items()]
    checks += [f"offsetof(DataList, {name}) == {offset}" for name, offset in DATA.items()]
    checks += ["sizeof(ParamList) == 32", "sizeof(DataList) == 48", "CTTraceLog == 2", "DataPer == 4", "DataOnce == 3"]
    body = "#include <stddef.h>\n#include <assert.h>\n#include <wrapper.h>\n"
    body += "".join(f'static_assert({check}, "{check}");\n' for check in checks)
    for language, standard in (("c", "c11"), ("c++", "c++17")):
        source = tmp_path / "check"
        source.write_text(body, encoding="utf-8")
        command = [compiler, "-x", language, f"-std={standard}", f"-I{INCLUDE}", "-fsyntax-only", str(source)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
        if language == "c++" and "cc1plus" in run.stderr:
            continue  # a C compiler alone
        assert run.returncode == 0, run.stderr
