"""The go-plugin child, as upstream's loader sees it: handshake, health, calls, and results by tag."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from athena_proto import aiges_inner_pb2 as pb
from athena_wrapper_aiges.loading import imported, owner_of
from athena_wrapper_aiges.serving import Serving

from .author import written
from .loader import Loader
from .shapes import FOLDER

WRAPPER = '''
print("printed while it is imported")
from aiges.stream import StreamHandleThread


class Given:
    accept1 = StringBodyField(key="result")


class Wrapper(WrapperBase):
    serviceId = "plug"
    version = "v1"
    responseCls = Given()

    def wrapperInit(self, config):
        return 31 if config.get("bad") else 0

    def wrapperOnceExec(self, params, reqData, usrTag="", persId=0):
        if params.get("fail"):
            return Response().response_err(int(params["fail"]))
        if params.get("raise"):
            raise KeyError("no")
        return Response([ResponseData("result", reqData.get("data").data + params["sid"].encode(), type=2)])

    def wrapperCreate(self, params, sid, persId=0, usrTag=""):
        s = SessionCreateResponse("h-" + usrTag)
        s.error_code = int(params.get("fail", 0))
        return s

    def wrapperWrite(self, handle, req, sid):
        node = req.list[0]
        if node.data == b"fail":
            return 44
        callback(Response([ResponseData("result", node.data, status=node.status, type=1)]), handle, sid)
        return 0

    def wrapperDestroy(self, handle):
        return 5 if handle == "h-five" else 0
'''


def child(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    """Start it as the loader does."""
    return subprocess.Popen(
        [sys.executable, "-m", "aiges.serve", *words],
        cwd=folder,
        env={**os.environ, "BASIC_PLUGIN": "hello", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.fixture(scope="module")
def plug(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Loader, str, subprocess.Popen[str]]]:
    folder = tmp_path_factory.mktemp("plug")
    written(folder, WRAPPER).rename(folder / "wrapper.py")
    process = child(folder)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        loader = Loader(int(line.split("|")[3].rpartition(":")[2]))
        yield loader, line, process
        loader.close()
    finally:
        process.kill()
        process.wait(10)


def data(value: bytes, status: int = 3) -> list[dict[str, object]]:
    return [{"key": "data", "data": value, "len": len(value), "type": 0, "status": status}]


def test_the_handshake_is_one_line_and_health_says_serving(plug: tuple[Loader, str, object]) -> None:
    loader, line, _ = plug
    assert line.startswith("1|1|tcp|127.0.0.1:")
    assert line.endswith("|grpc\n")
    assert loader.raw("/grpc.health.v1.Health/Check", b"\n\x06plugin") == b"\x08\x01"


def test_calls_are_answered_and_their_results_come_by_tag(plug: tuple[Loader, str, object]) -> None:
    loader = plug[0]
    assert loader.call("wrapperInit", config={"bad": "1"}).ret == 31
    assert loader.call("wrapperOnceExec", tag="early", list=data(b"x")).ret == 30001, "nothing before wrapperInit"
    assert loader.result().tag == "early"
    assert loader.call("wrapperInit", config={"a": "1"}).ret == 0
    assert '"serviceId": "plug"' in loader.call("wrapperSchema", serviceId="svcName").data
    for tag in ("one", "two"):
        loader.call("wrapperOnceExec", tag=tag, params={"sid": "s1"}, list=data(b"x"))
        result = loader.result()
        assert (result.tag, result.ret) == (tag, 0)
        assert [(each.key, each.data, each.len, each.type, each.status) for each in result.list] == [
            ("result", b"xs1", 3, 2, 3)
        ]


def test_errors_keep_their_numbers_on_communicate(plug: tuple[Loader, str, object]) -> None:
    loader = plug[0]
    assert loader.call("wrapperInit").ret == 0
    for params, code in (({"fail": "100"}, 100), ({"raise": "1"}, 30003)):
        assert loader.call("wrapperOnceExec", tag="bad", params=params, list=data(b"x")).ret == code
        result = loader.result()
        assert (result.tag, result.ret, list(result.list)) == ("bad", code, [])
    assert loader.call("wrapperCreate", tag="t", params={"fail": "7"}).err_code == 7
    assert (loader.result().ret, loader.call("wrapperWrite", handle="nobody").ret) == (7, 10008)
    assert loader.call("wrapperDestroy", handle="nobody").ret == 10008


def test_sessions_write_by_handle_and_are_answered_by_tag(plug: tuple[Loader, str, object]) -> None:
    loader = plug[0]
    assert loader.call("wrapperInit").ret == 0
    handles = [loader.call("wrapperCreate", tag=tag, sid="s").handle for tag in ("a", "five")]
    assert handles == ["h-a", "h-five"]
    for value, status in ((b"1", 0), (b"2", 2)):
        assert loader.call("wrapperWrite", handle="h-a", req={"list": data(value, status)}).ret == 0
        result = loader.result()
        assert (result.tag, result.list[0].data, result.list[0].status, result.list[0].type) == ("a", value, status, 1)
    assert loader.call("wrapperWrite", handle="h-five", req={"list": data(b"fail", 1)}).ret == 44
    result = loader.result()
    assert (result.tag, result.ret) == ("five", 44)
    assert [loader.call("wrapperDestroy", handle=handle).ret for handle in handles] == [0, 5]


def test_the_loaders_polite_word_ends_it(tmp_path: Path) -> None:
    written(tmp_path, WRAPPER).rename(tmp_path / "wrapper.py")
    process = child(tmp_path)
    assert process.stdout is not None
    loader = Loader(int(process.stdout.readline().split("|")[3].rpartition(":")[2]))
    loader.raw("/plugin.GRPCController/Shutdown")
    loader.close()
    assert process.wait(20) == 0


def test_it_is_gone_when_the_loader_is_killed(tmp_path: Path) -> None:
    written(tmp_path, WRAPPER).rename(tmp_path / "wrapper.py")
    start = f"subprocess.Popen([{sys.executable!r}, '-m', 'aiges.serve'])"
    script = f"import subprocess, time\n{start}\ntime.sleep(60)\n"
    loader = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert loader.stdout is not None
    assert loader.stdout.readline().startswith("1|1|tcp|")
    loader.send_signal(signal.SIGKILL)
    loader.wait(10)
    assert loader.stdout.read() == "", "its end of the pipe closes when it is gone"


def test_without_a_wrapper_it_says_so(tmp_path: Path) -> None:
    process = child(tmp_path, PYTHONPATH="")
    assert process.communicate(timeout=30)[0] == ""
    assert process.returncode == 2


def test_a_wrapper_that_is_asked_answers_on_communicate_too() -> None:
    path = str(FOLDER / "functions_v1_stream.py")
    module = imported(path, isolated=False)
    serving = Serving(owner_of(module, path), module)
    assert serving.init(pb.InitRequest()).ret == 0
    assert serving.schema(pb.SvcId()).data == "{}"
    handle = serving.create(pb.CreateRequest(tag="t", sid="s")).handle
    for value, status in ((b"a", 0), (b"b", 2)):
        node = pb.RequestData(key="data", data=value, status=status)
        assert serving.write(pb.WriteMessage(handle=handle, req=pb.Request(list=[node]))).ret == 0
    got = [serving.results.get(timeout=5) for _ in range(2)]
    assert [(each.tag, each.list[0].data, each.list[0].status) for each in got] == [("t", b"A", 0), ("t", b"B", 2)]
    assert serving.destroy(pb.Handle(handle=handle)).ret == 0
    serving.fini()
