"""``athena validate`` says whether a document fits, and where it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from athena.cli.validate import faults

Athena = Callable[..., tuple[int, str, str]]


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    return tmp_path / "request.json"


def test_a_request_that_fits_is_said_to_fit(athena: Athena, request_file: Path) -> None:
    request_file.write_text('{"payload": {"data": {"image": "YQ==", "encoding": "png"}}}')
    code, out, err = athena("validate", str(request_file), "--against", "rapidocr")
    assert (code, out, err) == (0, f"{request_file}: fits rapidocr\n", "")


def test_every_fault_is_told_with_its_path(athena: Athena, request_file: Path) -> None:
    request_file.write_text('{"header": {"status": 9}, "payload": {"data": {"image": "?"}}}')
    code, out, err = athena("validate", str(request_file), "--against", "rapidocr")
    lines = err.splitlines()
    assert (code, out, len(lines)) == (1, "", 2)
    assert lines[0].startswith(f"athena: {request_file}: header.status: ")
    assert lines[1].startswith(f"athena: {request_file}: payload.data.image: ")


def test_an_answer_is_held_against_what_comes_out(athena: Athena, request_file: Path) -> None:
    request_file.write_text('{"header": {"code": 0, "message": "success", "sid": "s", "status": 3}, "payload": {}}')
    assert athena("validate", str(request_file), "--against", "echo", "--answer")[0] == 0
    request_file.write_text('{"payload": {}}')
    assert athena("validate", str(request_file), "--against", "echo", "--answer")[0] == 1


@pytest.mark.parametrize("text", ["{", "[" * 100000])
def test_what_is_no_json_is_refused(athena: Athena, request_file: Path, text: str) -> None:
    request_file.write_text(text)
    code, _, err = athena("validate", str(request_file), "--against", "echo")
    assert code == 1
    assert "no JSON" in err
    assert athena("validate", "nowhere.json", "--against", "echo")[0] == 1


def test_a_long_value_is_not_repeated_in_full() -> None:
    (line,) = faults({"type": "integer"}, "x" * 100_000)
    assert len(line) < 300


def test_of_several_ways_to_be_right_the_closest_is_told() -> None:
    schema = {"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "array"}]}
    (line,) = faults(schema, json.loads('{"a": 1}'))
    assert line == 'a: 1 is not of type "string"'
