"""Who is measured beside Athena, how each of them is started, and what is asked of Athena beside it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ..judge import Floor
from ..load import JsonLoad, Load, RpcLoad, UpstreamLoad
from ..load.foreign import text_of
from ..load.protobuf import model_infer, once_exec, user_defined
from ..messages import block

SIZE = 128
TEXT = text_of(SIZE)
DATA = block(SIZE)


@frozen
class Peer:
    """A server of somebody else.

    Attributes:
        name: In the rows' names.
        title: For people.
        environment: Which of the environments it runs in; also the name of its package.
        argv: Arguments of that environment's Python: a file of ``servers``, or ``-m`` and a module. ``{http}``,
            ``{grpc}`` and ``{metrics}`` are free ports, ``{kind}`` is ``once`` or ``batch`` (``{Kind}`` is ``Once`` or
            ``Batch``), ``{servers}`` the folder.
        environ: Variables it gets.
        alone: Whether it may only run in a namespace of its own.
        grpc: Its port for gRPC where it cannot be chosen.
    """

    name: str
    title: str
    environment: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(factory=dict)
    alone: bool = False
    grpc: int | None = None


@frozen
class Contest:
    """One peer beside the rows of one workload.

    Attributes:
        row: The workload's rows without their executor.
        peer: Who.
        wire: ``http`` or ``grpc``.
        load: What is done to the peer; Athena gets its row's own.
        floor: What Athena has to be, in multiples of the peer.
        kind: What the peer's model does.
    """

    row: str
    peer: Peer
    wire: str
    load: Load
    floor: Floor
    kind: str = "once"

    @property
    def name(self) -> str:
        """For the command line."""
        return f"{self.row}:{self.peer.name}"


_MLSERVER = ("mlserver_echo.py", "{http}", "{grpc}", "{metrics}", "{kind}")
_BENTOML = ("bentoml_echo:{Kind}", "--working-dir", "{servers}", "--host", "127.0.0.1", "--port", "{http}")

MLSERVER = Peer("mlserver", "MLServer in process", "mlserver", (*_MLSERVER, "0"))
MLSERVER_WORKER = Peer("mlserver-worker", "MLServer with one worker process", "mlserver", (*_MLSERVER, "1"))
LITSERVE = Peer("litserve", "LitServe", "litserve", ("litserve_echo.py", "{http}", "{kind}"))
BENTOML = Peer("bentoml", "BentoML", "bentoml", ("-m", "bentoml", "serve", *_BENTOML), {"BENTOML_DO_NOT_TRACK": "True"})
_KSERVE = ("kserve_echo.py", "--http_port", "{http}", "--grpc_port", "{grpc}")
KSERVE = Peer("kserve", "KServe (v2)", "kserve", _KSERVE)
KSERVE_V1 = Peer("kserve-v1", "KServe (v1)", "kserve", _KSERVE)
RAY = Peer(
    "ray",
    "Ray Serve",
    "ray",
    ("ray_echo.py", "{http}", "{grpc}", "{kind}"),
    {"RAY_USAGE_STATS_ENABLED": "0"},
    alone=True,
)
UPSTREAM = Peer("upstream", "upstream's SDK", "aiges", ("upstream/serve.py",), alone=True, grpc=50055)

PEERS = (MLSERVER, MLSERVER_WORKER, LITSERVE, BENTOML, KSERVE_V1, KSERVE, RAY, UPSTREAM)

_TENSOR = {"name": "data", "shape": [1], "datatype": "BYTES", "data": [TEXT]}
_V2 = JsonLoad("/v2/models/echo/infer", {"inputs": [_TENSOR]}, ("outputs", 0, "data", 0))
_V1 = JsonLoad("/v1/models/echo:predict", {"instances": [TEXT]}, ("predictions", 0))
_LIT = JsonLoad("/predict", {"input": TEXT}, ("output",))
_RAY = JsonLoad("/", {"input": TEXT}, ("output",))
_BENTO = JsonLoad("/echo", {"data": TEXT}, None)
_BENTO_BATCH = JsonLoad("/echo", {"data": [TEXT]}, (0,))
_INFER = RpcLoad("/inference.GRPCInferenceService/ModelInfer", model_infer("echo", DATA), DATA)
_RAY_CALL = RpcLoad(
    "/ray.serve.UserDefinedService/Method1", user_defined(TEXT), TEXT.encode(), {"application": "default"}
)
_UPSTREAM_CALL = UpstreamLoad(once_exec("bench", DATA), DATA)


def _http(peer: Peer, load: Load, at_least: float | None) -> Contest:
    return Contest("http/128/ase", peer, "http", load, Floor(None, at_least))


def _grpc(peer: Peer, load: Load) -> Contest:
    return Contest("grpc/128", peer, "grpc", load, Floor(None, 2.0))


def _batch(peer: Peer, load: Load) -> Contest:
    return Contest("batch/32", peer, "http", load, Floor(None, 1.3), "batch")


CONTESTS: tuple[Contest, ...] = (
    # Five times the best that answers in the process that listens, nine times those that hand over to a worker.
    _http(MLSERVER, _V2, 5.0),
    _http(KSERVE_V1, _V1, 5.0),
    _http(KSERVE, _V2, 5.0),
    _http(BENTOML, _BENTO, 5.0),
    _http(MLSERVER_WORKER, _V2, 9.0),
    _http(LITSERVE, _LIT, 9.0),
    _http(RAY, _RAY, None),
    *(_grpc(peer, _INFER) for peer in (MLSERVER, MLSERVER_WORKER, KSERVE)),
    _grpc(RAY, _RAY_CALL),
    _grpc(UPSTREAM, _UPSTREAM_CALL),
    _batch(LITSERVE, _LIT),
    _batch(MLSERVER, _V2),
    _batch(MLSERVER_WORKER, _V2),
    _batch(BENTOML, _BENTO_BATCH),
    _batch(RAY, _RAY),
)
