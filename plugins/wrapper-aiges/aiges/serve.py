"""``python -m aiges.serve``: the child that upstream's Go loader starts (hashicorp go-plugin), with our host in it.

It prints one handshake line and serves ``aiges.WrapperService`` beside gRPC's health. What the wrapper prints goes to
stderr: stdout is the handshake's.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from athena_proto import aiges_inner_pb2 as pb
from athena_wrapper_aiges.loading import imported, owner_of
from athena_wrapper_aiges.serving import Serving

__all__ = ["main", "serve"]

log = logging.getLogger("aiges.serve")

SERVICE = "aiges.WrapperService"
PLUGIN = "plugin"
PARENT = 1.0
"""Seconds between two looks at whether the loader is still there: upstream's child outlives a loader that is killed."""
GRACE = 2.0
# Any, in this file: grpc ships no types for its servers.


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the loader is gone.

    Returns:
        0, or 2 where there is no wrapper to serve.
    """
    parser = argparse.ArgumentParser(prog="python -m aiges.serve", description=__doc__)
    parser.add_argument("-c", "--concurrent", action="store_true", help="taken and not needed: threads are enough")
    parser.add_argument("-w", "--workers", type=int, default=0, help="threads; more than the loader's fc.max")
    parser.add_argument("-p", "--port", type=int, default=0, help="port to bind; 0 picks a free one, which is told")
    parser.add_argument("-f", "--file", default="", help="the wrapper; else wrapper.py of the import path")
    given = parser.parse_args(arguments)
    parent = os.getppid()  # first of all: a loader that is killed in the meantime must not be missed
    channel = _handshake_channel()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    if os.environ.get("BASIC_PLUGIN") != "hello":
        log.warning("this is the child of a loader, which sets BASIC_PLUGIN=hello; serving all the same")
    try:
        path = given.file or _found()
        module = imported(path, isolated=True)
        serving = Serving(owner_of(module, path), module)
    except Exception as error:
        log.error("%s", error)
        return 2
    over = threading.Event()
    server, port = serve(serving, given.port, given.workers or 4 * (os.cpu_count() or 1) + 4, over)
    os.write(channel, f"1|1|tcp|127.0.0.1:{port}|grpc\n".encode())
    while not over.wait(PARENT) and os.getppid() == parent:
        pass
    server.stop(GRACE).wait(GRACE)
    serving.fini()
    sys.stderr.flush()
    os._exit(0)  # a wrapper's threads may run on for ever


def serve(serving: Serving, port: int, threads: int, over: threading.Event) -> tuple[Any, int]:
    """Serve it on loopback.

    Args:
        over: Set when the loader says that it is done.

    Returns:
        The server, and its port.
    """
    server = grpc.server(futures.ThreadPoolExecutor(threads), options=[("grpc.so_reuseport", 0)])
    state = health.HealthServicer()
    state.set(PLUGIN, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    server.add_generic_rpc_handlers(_handlers(serving, over))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def _handlers(serving: Serving, over: threading.Event) -> tuple[Any, ...]:
    unary: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "wrapperInit": (pb.InitRequest, serving.init),
        "wrapperOnceExec": (pb.Request, serving.once),
        "wrapperSchema": (pb.SvcId, serving.schema),
        "wrapperCreate": (pb.CreateRequest, serving.create),
        "wrapperWrite": (pb.WriteMessage, serving.write),
        "wrapperDestroy": (pb.Handle, serving.destroy),
    }
    methods = {name: _unary(message, function) for name, (message, function) in unary.items()}
    methods["testStream"] = _stream(pb.StreamRequest, _test_stream)
    methods["communicate"] = _stream(pb.Request, lambda requests, context: _communicate(serving, context))
    # go-plugin's own: the loader's polite way to end its child.
    def shut_down(request: Any) -> pb.Ret:
        over.set()
        return pb.Ret()

    control = {"Shutdown": _unary(health_pb2.HealthCheckRequest, shut_down)}
    return (
        grpc.method_handlers_generic_handler(SERVICE, methods),
        grpc.method_handlers_generic_handler("plugin.GRPCController", control),
    )


def _unary(message: Any, function: Callable[[Any], Any]) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        lambda request, context: function(request), message.FromString, lambda answer: answer.SerializeToString()
    )


def _stream(message: Any, function: Callable[[Any, Any], Any]) -> Any:
    return grpc.stream_stream_rpc_method_handler(
        function, message.FromString, lambda answer: answer.SerializeToString()
    )


def _communicate(serving: Serving, context: Any) -> Iterator[pb.Response]:
    listens = threading.Event()
    listens.set()
    context.add_callback(listens.clear)
    return serving.communicate(listens)


def _test_stream(requests: Iterator[pb.StreamRequest], context: Any) -> Iterator[pb.Response]:
    for request in requests:
        data = request.data.encode()
        yield pb.Response(list=[pb.ResponseData(key="data", data=data, len=len(data), status=3)])


def _handshake_channel() -> int:
    """The real stdout, kept for one line; whatever else is printed goes to stderr."""
    sys.stdout.flush()
    channel = os.dup(1)
    os.dup2(2, 1)
    return channel


def _found() -> str:
    """The wrapper's file, where Python itself would find the module.

    Raises:
        FileNotFoundError: There is none.
    """
    sys.path.insert(0, os.getcwd())
    spec = importlib.util.find_spec("wrapper")
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise FileNotFoundError("no module wrapper: go to its folder, add it to PYTHONPATH, or name it with --file")
    return spec.origin


if __name__ == "__main__":
    sys.exit(main())
