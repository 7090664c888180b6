"""The module wrappers import: its values, its fields, its document, and local runs from the file itself."""

from __future__ import annotations

import json
import logging
import re
import runpy
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import aiges_embed
from aiges import __main__ as command
from aiges import callback as callbacks
from aiges import dto, errors, routing, sdk, types
from aiges.concurrent.fixpool import FixedPool
from aiges.core import types as core
from aiges.utils.log import getFileLogger, getLogger, log
from athena import Part, Request, Stage
from athena.kernel import start
from athena.models import Document

from .shapes import FOLDER, NAMES

RUN = [
    name
    for name in NAMES
    if re.search(r"m\.run(_stream)?\(", text := (FOLDER / f"{name}.py").read_text()) and "requestCls =" in text
]
"""Those whose own last lines try them, with something to try them on."""


def run(path: Path) -> str:
    """What a wrapper's file says when it is run by itself."""
    command = [sys.executable, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=True, cwd=path.parent).stderr


def test_the_numbers_are_upstreams() -> None:
    assert (core.DataText, core.DataAudio, core.DataImage, core.DataVideo) == (0, 1, 2, 3)
    assert (core.DataBegin, core.DataContinue, core.DataEnd, core.DataOnce, core.Once) == (0, 1, 2, 3, 3)
    assert (types.DataEnd, dto.DataEnd, types.THREAD_MODE, core.PROCESS_MODE) == (2, 2, "thread", "process")
    assert (errors.OK, errors.INIT_ERROR, errors.USER_INIT_ERROR, errors.USER_EXEC_ERROR) == (0, 30001, 30002, 30003)


def test_results_may_be_filled_in_every_way_that_is_seen() -> None:
    data = dto.ResponseData()
    assert (data.key, data.data, data.len, data.type, data.status) == ("", b"", 0, 0, 3)
    data.setData(b"abc")
    assert (data.data, data.len) == (b"abc", 3)
    data.data, data.len = "text", 4
    assert json.loads(data.toJSON())["data"] == "text"
    with pytest.raises(ValueError, match="data type 9"):
        data.setDataType(9)
    assert dto.ResponseData("k", b"12", 2, 1, 2).type == 1
    embedded = aiges_embed.ResponseData("k", 5, 2, 1)
    assert (embedded.len, embedded.status, embedded.type) == (5, 2, 1)
    assert dto.ResponseData(key="k", data=b"1", len=1).len == 1
    response = dto.Response()
    assert (len(response.list), response.error_code, response.response_err(7).error_code) == (1, 0, 7)
    assert (dto.SessionCreateResponse().handle, dto.SessionCreateResponse().error_code) == ("", 0)


def test_requests_answer_by_key_and_by_place() -> None:
    request = dto.DataListCls([dto.DataListNode("a", b"1", 1), dto.DataListNode("a", b"2", 1)])
    assert request.get("a").get_data() == b"1"
    assert request.get("b") is None
    assert (request[1]["data"], len(request), request[0].get("none", 5)) == (b"2", 2, 5)
    with pytest.raises(KeyError):
        request[0]["none"]


def test_a_result_of_nobody_goes_to_the_spare_queue_or_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing._board, "spare", None)
    assert dto.callback("r", "nobody") == -1
    import_queue = dto.init_rq()
    assert dto.callback("r", "nobody") == 0
    assert import_queue.get_nowait() == ("r", ("nobody",))
    callbacks.set_up(import_queue)
    assert callbacks.callback("r", "tag", "sid") == 0
    assert import_queue.get_nowait() == ("r", ("sid", "tag"))
    assert [dto.callback("r", "nobody") for _ in range(routing.SPARE + 1)][-2:] == [0, -1], "it holds only so many"
    assert callbacks.callback_metric("t", "k", 1) == callbacks.callback_trace("t", "k", "v") == 0


def test_a_pool_gives_out_its_places_and_takes_them_back() -> None:
    pool = FixedPool()
    pool.clear_all()
    pool.set_capacity(1)
    assert pool.add("one") == (True, "worker-0")
    assert pool.add("two") == (False, "")
    assert pool.get("worker-0") == "one"
    pool.remove("worker-0")
    assert pool.get("worker-0") is None


def test_loggers_have_upstreams_names_and_configure_nothing_else() -> None:
    before = list(logging.getLogger().handlers)
    assert getLogger(name="mine", level=logging.ERROR).level == logging.ERROR
    logger = getFileLogger(name="athena-test")
    assert (logger.name, logger.level, log.name) == ("athena-test", logging.DEBUG, "aiges")
    assert logging.getLogger().handlers == before
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def test_the_document_has_upstreams_parts() -> None:
    wrapper = runpy.run_path(str(FOLDER / "every_field.py"))["Wrapper"]()
    told = json.loads(wrapper.schema())
    assert set(told) == {"meta", "schemainput", "schemaoutput"}
    assert (told["meta"]["serviceId"], told["meta"]["route"]) == ("compat", "/v1/private/compat")
    assert told["meta"]["compat"]["input"]["img"] == {"dataType": "image"}
    assert told["meta"]["compat"]["accept"]["drawn"] == {"dataType": "image"}
    parameters = told["schemainput"]["properties"]["parameter"]["properties"]["compat"]
    assert parameters["required"] == ["p"]
    assert parameters["properties"]["p"] == {"type": "string", "enum": ["x", "y"], "defaultVal": "x"}
    assert parameters["properties"]["scale"]["maximum"] == 10
    assert parameters["properties"]["result"]["properties"]["data_type"]["enum"] == ["text"]
    assert told["schemaoutput"]["properties"]["payload"]["properties"]["result"]["required"] == ["text"]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("functions", "no_request"))])
def test_every_class_of_the_survey_gives_its_document(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)  # as for a file that is run by itself
    monkeypatch.chdir(FOLDER)
    json.loads(runpy.run_path(str(FOLDER / f"{name}.py"))["Wrapper"]().schema())


@pytest.mark.parametrize("name", RUN)
def test_a_file_run_by_itself_tries_its_wrapper(name: str) -> None:
    said = run(FOLDER / f"{name}.py")
    stream = re.search(r"m\.run(_stream\(|\(stream=True)", (FOLDER / f"{name}.py").read_text())
    assert ("result: status 3, b'SAMPLE'" if stream else "the answer is well: result") in said


def test_what_is_wrong_with_an_answer_is_all_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "aiges.run")

    class Given:
        accept1 = sdk.ImageBodyField(key="drawn")

    class Odd(sdk.WrapperBase):
        responseCls = Given()
        answer: object = None

        def wrapperInit(self, config: object) -> int:
            return 0

        def wrapperOnceExec(self, params: object, reqData: object) -> object:
            return self.answer

    odd = Odd()
    for answer in (
        None,
        dto.Response([]),
        dto.Response([dto.ResponseData("a", data=5), dto.ResponseData("a", b"1", status=1)]),
        dto.Response([dto.ResponseData("drawn", b"12", type=0)]),
    ):
        odd.answer = answer
        assert not odd.run()
    for text in (
        "the answer is NoneType; expected a Response",
        "the answer's list is empty",
        "keys are used twice: a, a",
        "a: data is int; expected bytes or str",
        "a: status is 1; a single call's is Once (3)",
        "a: not among the keys of responseCls: drawn",
        "drawn: type is 0; responseCls says 2",
    ):
        assert text in caplog.text
    odd.answer = dto.Response([]).response_err(100)
    assert odd.run_once()
    assert "error 100: user error" in caplog.text
    assert not sdk.WrapperBase().run()


async def test_a_new_wrapper_runs_at_once(tmp_path: Path) -> None:
    assert command.main(["create", "-n", "demo", "-p", str(tmp_path)]) == 0
    folder = tmp_path / "demo"
    assert {"Dockerfile", "README.md", "requirements.txt", "aiges.toml"} <= {path.name for path in folder.iterdir()}
    assert "the answer is well" in run(folder / "wrapper" / "wrapper.py")
    text = (folder / "aiges.toml").read_text().partition("[transports")[0]
    async with start(Document(text, origin=str(folder / "aiges.toml"))) as kernel:
        asked = Request("demo", parts=(Part.from_text("text", "hello"),), params={"ending": "?"})
        assert (await kernel.once("demo", asked)).part("result").text == "hello?"
        session = await kernel.open("demo")
        await session.write(Request("demo", parts=(Part.from_text("text", "hi", Stage.END),)))
        reply = await session.read()
        assert (reply.part("result").text, reply.stage) == ("hi", Stage.END)
        await session.close()
    assert command.main(["pack", "-l", str(folder), "-o", str(tmp_path / "demo")]) == 0
    with tarfile.open(tmp_path / "demo.tar.gz") as archive:
        assert "demo/wrapper/wrapper.py" in archive.getnames()


def test_what_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "there").mkdir()
    assert command.main(["create", "-n", "there", "-p", str(tmp_path)]) == 2
    assert command.main(["create", "-n", "no name", "-p", str(tmp_path)]) == 2
    assert command.main(["pack", "-l", str(tmp_path), "-o", "x"]) == 2
    said = capsys.readouterr().err
    assert "File exists" in said
    assert "'no name' is no name" in said
    assert "has no wrapper.py" in said
