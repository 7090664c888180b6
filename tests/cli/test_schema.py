"""``athena schema`` prints one declaration in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Athena = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("form", "keys"),
    [
        ("jsonschema", {"$schema", "title", "description", "type", "properties", "required"}),
        ("ase", {"meta", "schemainput", "schemaoutput"}),
        ("oip", {"name", "versions", "platform", "inputs", "outputs"}),
        ("openapi", {"openapi", "info", "servers", "security", "tags", "paths", "components"}),
    ],
)
def test_a_wrapper_is_told_in_each_format(athena: Athena, form: str, keys: set[str]) -> None:
    code, out, err = athena("schema", "echo", "--format", form)
    assert (code, err) == (0, "")
    assert set(json.loads(out)) == keys


def test_a_service_of_the_file_is_told_under_its_own_name(
    athena: Athena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("aiges.toml").write_text('[services.parrot]\nwrapper = "echo"\n')
    assert json.loads(athena("schema", "parrot")[1])["title"] == "parrot"
    Path("aiges.toml").rename("other.toml")
    assert json.loads(athena("schema", "parrot", "--config", "other.toml")[1])["title"] == "parrot"


def test_a_format_that_is_not_installed_is_refused_with_those_that_are(athena: Athena) -> None:
    code, out, err = athena("schema", "echo", "--format", "xml")
    assert (code, out) == (2, "")
    assert "formats.xml is not installed; installed: ase, jsonschema, o" in err
