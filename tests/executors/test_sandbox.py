"""The sandbox: what a worker is given, what is kept from it, and that nothing asked for is quietly left out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from athena.errors import SettingsError
from athena.executors.process import ProcessExecutor, ProcessFactory
from athena.executors.sandbox import ProcessSection, Sandbox, environment
from athena.models import GpuSettings, Part
from athena.testing.bounded import eventually

from .crew import Context, crew, request, seen, settings


def test_a_workers_environment_is_an_allow_list_and_what_the_toml_and_its_lease_add(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("DATABASE_PASSWORD", "s3cret")
    monkeypatch.setenv("MODEL_HOME", "/models")
    monkeypatch.setenv("TRITON_CACHE", "/cache")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("PYTHONPATH", f"lib{os.pathsep}/opt/lib")
    section = ProcessSection(inherit=("MODEL_HOME", "TRITON_*"), environment={"MODE": "fast"})
    made = Sandbox(section).environment({"CUDA_VISIBLE_DEVICES": "GPU-7"}, "/private")
    assert made["LC_ALL"] == "C.UTF-8"
    assert made["CUDA_VISIBLE_DEVICES"] == "GPU-7"
    assert (made["MODEL_HOME"], made["TRITON_CACHE"], made["MODE"]) == ("/models", "/cache", "fast")
    assert made["TMPDIR"] == "/private"
    assert made["PYTHONPATH"] == f"{os.getcwd()}/lib{os.pathsep}/opt/lib"
    assert "DATABASE_PASSWORD" not in made
    assert "MODEL_HOME" not in environment({})


@pytest.mark.parametrize(
    ("section", "keys", "said"),
    [
        (ProcessSection(max_memory=1 << 30), {"gpu": GpuSettings()}, r"process\.max_memory: a GPU's driver maps more"),
        (ProcessSection(cwd="nowhere"), {}, r"process\.cwd: no such folder"),
    ],
)
async def test_what_cannot_be_had_is_refused_before_anything_starts(
    section: ProcessSection, keys: dict[str, object], said: str
) -> None:
    executor = ProcessExecutor(settings(**keys), Context(), lambda: None, section)
    with pytest.raises(SettingsError, match=said):
        await executor.start()


async def test_one_table_for_all_services_holds_where_a_service_has_none_of_its_own() -> None:
    factory = ProcessFactory(ProcessSection(max_files=128))
    for tables, own, files in (({}, ProcessSection(), 128), ({"process": {}}, ProcessSection(max_files=256), 256)):
        executor = factory.create(settings(tables=tables), own, Context(), lambda: None)
        assert isinstance(executor, ProcessExecutor)
        await executor.start()
        try:
            assert (await seen(executor))["files"] == files
        finally:
            await executor.stop()


async def test_a_worker_has_a_folder_of_its_own_which_goes_with_it() -> None:
    async with crew() as executor:
        there = await seen(executor)
        folder = Path(there["cwd"])
        assert os.listdir(folder) == []
        assert folder.parent == Path(tempfile.gettempdir())
        assert there["environment"]["TMPDIR"] == str(folder)
        assert there["files"] == 4096
        os.mkdir(folder / "left")
    await eventually(lambda: not folder.exists(), "it is removed with what lay in it")


async def test_the_toml_may_name_another_folder_and_other_bounds(tmp_path: Path) -> None:
    async with crew(section=ProcessSection(cwd=str(tmp_path), max_files=128, environment={"A": "b"})) as executor:
        there = await seen(executor)
        assert (there["cwd"], there["files"], there["environment"]["A"]) == (str(tmp_path), 128, "b")
        assert (await executor.once(request(Part("a", b"1")))).part("a").data == b"1"
