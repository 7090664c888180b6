"""``athena check`` says what is wrong, all of it, each with its line; and starts nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Athena = Callable[..., tuple[int, str, str]]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "aiges.toml"


def test_a_good_file_would_start_and_its_services_are_listed(athena: Athena, file: Path) -> None:
    file.write_text('[services.say]\nwrapper = "echo"\nthreads = 2\n')
    code, out, err = athena("check")
    assert (code, err) == (0, "")
    assert out.startswith("aiges.toml: would start\n")
    assert ["say", "echo", "process,", "1", "x", "2", "batch,", "once,", "session"] in [
        line.split() for line in out.splitlines()
    ]
    assert "nobody can call it from outside" in out


def test_every_problem_is_told_at_once_whether_of_the_kernel_or_of_a_wrapper(athena: Athena, file: Path) -> None:
    file.write_text(
        "[services.a]\n"
        'wrapper = "rapidocr"\n'
        "[services.a.config]\n"
        "text_scor = 0.5\n"
        "text_score = 2.0\n"
        "[services.b]\n"
        'wrapper = "ehco"\n'
        "[services.c]\n"
        'wrapper = "./mine.py"\n'
    )
    code, out, err = athena("check", "aiges.toml")
    lines = err.splitlines()
    assert (code, out) == (2, "")
    assert lines[0].startswith("aiges.toml:4: services.a.config.text_scor: unknown key; expected one of: text_score, ")
    assert lines[1] == "aiges.toml:5: services.a.config.text_score: expected 0 to 1, got 2.0"
    assert lines[2].startswith("aiges.toml:7: services.b.wrapper: wrappers.ehco is not installed; installed: echo, ")
    assert lines[3].startswith("aiges.toml:9: services.c.wrapper: ")
    assert "no such file" in lines[3]
    assert len(lines) == 4


def test_a_wrapper_is_loaded_but_not_initialised(athena: Athena, file: Path) -> None:
    (file.parent / "mine.py").write_text(
        "from athena import Wrapper, hookimpl, Reply\n"
        "class Mine(Wrapper):\n"
        "    @hookimpl\n"
        "    def athena_init(self, context): open('initialised', 'w').close()\n"
        "    @hookimpl\n"
        "    def athena_once_exec(self, request): return Reply()\n"
    )
    file.write_text('[services.mine]\nwrapper = "./mine.py"\n')
    assert athena("check")[0] == 0
    assert not (file.parent / "initialised").exists()


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "import os; os._exit(0)", "1/0", "def broken("])
def test_a_wrapper_that_ends_its_process_is_a_problem_of_its_line(code: str, athena: Athena, file: Path) -> None:
    (file.parent / "mine.py").write_text(code)
    file.write_text('[services.mine]\nwrapper = "./mine.py"\n')
    found, _, err = athena("check")
    assert found == 2
    assert err.startswith("aiges.toml:2: services.mine.wrapper: ")


def test_as_json_it_is_for_programs(athena: Athena, file: Path) -> None:
    file.write_text('[services.say]\nwrapper = "echo"\n[log]\nlevle = "info"\n')
    code, out, err = athena("check", "--json")
    told = json.loads(out)
    assert (code, err, told["ok"]) == (2, "", False)
    (problem,) = told["problems"]
    assert (problem["path"], problem["origin"], problem["line"]) == (["log", "levle"], "aiges.toml", 4)
    assert problem["sentence"].startswith("aiges.toml:4: log.levle: unknown key")
    file.write_text('[services.say]\nwrapper = "echo"\n')
    code, out, _ = athena("check", "--json")
    told = json.loads(out)
    assert (code, told["ok"], told["problems"]) == (0, True, [])
    assert told["services"]["say"]["description"]["operations"] == ["batch", "once", "session"]


def test_a_file_that_is_not_there_is_said_in_one_line(athena: Athena, file: Path) -> None:
    assert athena("check") == (2, "", "aiges.toml: no such file\n")


def test_explain_tells_what_each_key_of_another_programs_file_has_become(athena: Athena, file: Path) -> None:
    listen = '[wrapper]\nhttp_listen = "127.0.0.1:0"\n'
    file.write_text(f"[svcName]\nport = 0\n[aiges]\ngray = true\n[fc]\nmax = 2\n{listen}")
    (file.parent / "wrapper.py").write_text("def wrapperOnceExec(params, reqData): return None\n")
    code, out, err = athena("check", "--explain")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "2 svcName.port transports.grpc.port upstream's RPC is served beside our own" in lines
    assert "4 aiges.gray no meaning any more a label of upstream's metrics" in lines
    assert any(line.startswith("6 fc.max services.svcName.max_concurrency") for line in lines)
    told = json.loads(athena("check", "--json")[1])
    assert {"old": "aiges.gray", "new": "", "text": "a label of upstream's metrics"} in told["became"]


def test_explain_has_nothing_to_say_of_a_file_of_ours(athena: Athena, file: Path) -> None:
    file.write_text('[services.say]\nwrapper = "echo"\n')
    assert "there is nothing to explain" in athena("check", "--explain")[1]


BROKEN = """from athena import Reply, Wrapper, hookimpl

raise SystemExit("it ran")


class Mine(Wrapper):
    async def athena_once_exec(self, request):
        return Reply(request.parts)

    @hookimpl
    def athena_innit(self, context): ...
"""


def test_what_is_wrong_with_a_wrapper_is_told_with_its_lines_before_any_of_it_runs(athena: Athena, file: Path) -> None:
    (file.parent / "mine.py").write_text(BROKEN)
    code, out, err = athena("check", "mine.py")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "mine.py:7: Mine.athena_once_exec: has no @hookimpl; mark it, or it is never called",
        "mine.py:7: Mine.athena_once_exec: is async; hooks are plain def, the worker's threads are what runs beside",
        "mine.py:11: Mine.athena_innit: is not a hook; did you mean athena_init?",
    ]
    told = json.loads(athena("check", "mine.py", "--json")[1])
    assert (told["ok"], [problem["line"] for problem in told["problems"]]) == (False, [7, 7, 11])


RIGHT = """from athena import Reply, Wrapper, fields, hookimpl
from athena.section import option, section


class Mine(Wrapper):
    inputs = (fields.text("text"),)

    @section
    class Section:
        times: int = option(help="how often")

    def __init__(self, section):
        self.times = section.times

    @hookimpl
    def athena_once_exec(self, request):
        return Reply(request.parts)
"""


def test_a_wrapper_that_is_right_is_told_what_it_answers_whatever_the_toml_beside_it_says(
    athena: Athena, file: Path
) -> None:
    file.write_text("this is no toml")
    (file.parent / "mine.py").write_text(RIGHT.replace("option(help", "option(1, help"))
    said = "mine.py: nothing is wrong with it; it answers once, takes text\n"
    assert athena("check", "mine.py") == (0, said, "")
    assert json.loads(athena("check", "mine.py", "--json")[1])["description"]["operations"] == ["once"]


def test_a_key_that_its_table_must_say_is_no_fault_of_the_wrapper(athena: Athena, file: Path) -> None:
    (file.parent / "mine.py").write_text(RIGHT)
    code, out, err = athena("check", "mine.py")
    assert (code, out) == (0, "mine.py: nothing is wrong with it\n")
    assert err.startswith("mine.py: config.times: ")


def test_what_only_running_shows_is_told_too(athena: Athena, file: Path) -> None:
    (file.parent / "mine.py").write_text(RIGHT + "\nimport nowhere_at_all\n")
    code, _, err = athena("check", "./mine.py")
    assert code == 2
    assert "No module named 'nowhere_at_all'" in err
    code, _, err = athena("check", "./away.py")
    assert (code, err.startswith("./away.py: ")) == (2, True)
    assert "no such file" in err


def test_a_json_schema_that_is_none_is_told_of_a_wrapper_before_it_runs(athena: Athena, tmp_path: Path) -> None:
    file = tmp_path / "painter.py"
    file.write_text(
        "from athena import Reply, Wrapper, fields, hookimpl\n\n\nclass Painter(Wrapper):\n"
        '    inputs = (fields.json_value("options", schema={"type": 5}),)\n\n'
        "    @hookimpl\n    def athena_once_exec(self, request):\n        return Reply()\n"
    )
    code, _, err = athena("check", str(file))
    assert (code, "inputs.options: its JSON Schema is none: 5 is not valid" in err) == (2, True)
