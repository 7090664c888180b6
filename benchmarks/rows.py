"""What is measured: each row is a load, a bare line, a way to run Athena, and the budget of docs' performance table."""

from __future__ import annotations

from attrs import evolve, field, frozen

from .judge import Floor
from .load import DealerLoad, GrpcLoad, HttpLoad, Load, SessionLoad

MIB = 1024 * 1024


@frozen
class Row:
    """One line of the table.

    Attributes:
        name: ``wire/what/executor``.
        title: For people.
        bare: Arguments of ``python -m benchmarks.bare...``.
        toml: Which of ``benchmarks/tomls`` Athena serves.
        executor: ``thread`` or ``process``.
        load: What is done to both.
        floor: The budget.
        by: ``throughput`` (or CPU, where the client is the bottleneck), ``p50``, ``delay`` (milliseconds of p50),
            ``health``, ``worst_health``, ``optimum``.
        cores: How many cores the servers may use; with two there is none left for the load alone.
        health: Whether a health check is made every few milliseconds meanwhile.
        also: What else the same pairs are judged by: the last part of the name, ``by`` and the budget of each.
    """

    name: str
    title: str
    bare: tuple[str, ...]
    toml: str
    executor: str
    load: Load
    floor: Floor = field(factory=Floor)
    by: str = "throughput"
    cores: int = 1
    health: bool = False
    also: tuple[tuple[str, str, Floor], ...] = ()


def _both(
    name: str,
    title: str,
    bare: tuple[str, ...],
    toml: str,
    load: Load,
    thread: Floor,
    process: Floor,
    by: str = "throughput",
) -> list[Row]:
    floors = {"thread": thread, "process": process}
    return [Row(f"{name}/{each}", title, bare, toml, each, load, floor, by) for each, floor in floors.items()]


def _at_most(first: float | None, second: float) -> Floor:
    return Floor(first, second, at_least=False)


RAW, ASE, WS = ("http", "raw"), ("http", "ase"), ("http", "ws")
TYPED, BYTES = ("rpc", "typed"), ("rpc", "bytes")
ROUTER, AWAITED = ("zmq",), ("zmq_asyncio",)
BATCHER, ALONE = ("batch", "32"), ("batch", "1")
BATCHED = HttpLoad(128, form="raw")
ONLY_RECORDED = Floor()
LATER = _at_most(0.3, 0.3)
GATHERED = Floor(None, 0.97)

ROWS: tuple[Row, ...] = (
    *_both(
        "http/128/ase", "HTTP unary 128 B, ASE JSON", RAW, "http", HttpLoad(128), Floor(0.40, 0.65), Floor(0.35, 0.60)
    ),
    *_both(
        "http/128/raw",
        "HTTP unary 128 B, raw body",
        RAW,
        "http",
        HttpLoad(128, form="raw"),
        Floor(None, 0.75),
        Floor(None, 0.65),
    ),
    *_both(
        "http/128/oip",
        "HTTP unary 128 B, OIP JSON",
        RAW,
        "http",
        HttpLoad(128, form="oip"),
        Floor(0.40, 0.65),
        Floor(0.35, 0.60),
    ),
    *_both("grpc/128", "gRPC unary 128 B", TYPED, "grpc", GrpcLoad(128), Floor(0.65, 0.85), Floor(0.55, 0.75)),
    *_both("zmq/128", "ZeroMQ unary 128 B", ROUTER, "zmq", DealerLoad(128), Floor(0.15, 0.30), Floor(0.12, 0.25)),
    *_both(
        "zmq/asyncio",
        "ZeroMQ unary 128 B, beside bare zmq.asyncio",
        AWAITED,
        "zmq",
        DealerLoad(128),
        Floor(None, 1.0),
        Floor(None, 1.0),
    ),
    *_both("http/p50", "HTTP p50 at c=1", RAW, "http", HttpLoad(128, 1), _at_most(2.5, 1.6), _at_most(3.0, 2.2), "p50"),
    *_both(
        "grpc/p50", "gRPC p50 at c=1", TYPED, "grpc", GrpcLoad(128, 1), _at_most(1.6, 1.25), _at_most(1.9, 1.5), "p50"
    ),
    *_both(
        "http/1MiB/raw",
        "HTTP 1 MiB, raw body",
        RAW,
        "http",
        HttpLoad(MIB, 4, "raw"),
        Floor(0.40, 0.80),
        Floor(0.25, 0.55),
    ),
    *_both(
        "http/1MiB/oip",
        "HTTP 1 MiB, OIP binary",
        RAW,
        "http",
        HttpLoad(MIB, 4, "oip-binary"),
        Floor(0.40, 0.80),
        Floor(0.25, 0.55),
    ),
    *_both("http/1MiB/ase", "HTTP 1 MiB, ASE JSON", ASE, "http", HttpLoad(MIB, 4), ONLY_RECORDED, Floor(0.50, 0.80)),
    *_both("grpc/1MiB", "gRPC unary 1 MiB", BYTES, "grpc", GrpcLoad(MIB, 4), ONLY_RECORDED, Floor(0.50, 0.80)),
    *_both("zmq/1MiB", "ZeroMQ unary 1 MiB", ROUTER, "zmq", DealerLoad(MIB, 4), ONLY_RECORDED, Floor(0.20, 0.45)),
    *_both("ws/session", "WebSocket sessions, frames", WS, "http", SessionLoad("ws"), ONLY_RECORDED, Floor(0.20, 0.45)),
    *_both(
        "grpc/session", "gRPC sessions, frames", BYTES, "grpc", SessionLoad("grpc"), ONLY_RECORDED, Floor(0.45, 0.72)
    ),
    *_both(
        "zmq/session", "ZeroMQ sessions, frames", ROUTER, "zmq", SessionLoad("zmq"), ONLY_RECORDED, Floor(0.12, 0.30)
    ),
    *(
        evolve(row, also=(("optimum", "optimum", Floor(None, 0.85)),))
        for row in _both("batch/32", "5 ms + 0.2 ms per item, c=32", BATCHER, "batch", BATCHED, GATHERED, GATHERED)
    ),
    *_both("batch/1", "the same at c=1", ALONE, "batch", HttpLoad(128, 1, "raw"), LATER, LATER, "delay"),
    Row(
        "http/spin/process",
        "10 ms pure-Python model, 2 workers, c=8",
        ("pool",),
        "spin",
        "process",
        HttpLoad(128, 8, "raw"),
        Floor(0.90, 0.97),
        cores=2,
        health=True,
        also=(("health", "health", _at_most(None, 2.0)), ("health-max", "worst_health", _at_most(None, 15.0))),
    ),
)
