"""A file that is not there is told with where it was looked for, and what would do."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena_wrapper_yolov5.files import existing


def test_a_file_that_is_there_is_given(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").touch()
    assert existing("model", str(tmp_path / "x.onnx")) == tmp_path / "x.onnx"


def test_a_path_that_leads_nowhere_is_told_whole_and_one_that_is_not_whole_with_what_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no such file") as whole:
        existing("model", str(tmp_path / "x.onnx"))
    assert str(whole.value) == f"model: {tmp_path}/x.onnx: no such file"
    with pytest.raises(ValueError, match="no such file") as part:
        existing("names_file", "x.names")
    assert str(part.value).startswith(f"names_file: {tmp_path}/x.names: no such file; say the whole path, or [services")
