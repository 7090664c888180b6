"""The words of ``athena top``: the same cells in a live view and on paper."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from .readings import Reading, ServiceReading, WorkerReading

__all__ = ["SERVICES", "WORKERS", "service_cells", "services_table", "summary", "worker_cells", "workers_table"]

SERVICES = ("service", "state", "calls/s", "in flight", "queue", "sessions", "p50", "p99", "faults")
WORKERS = ("worker of", "pid", "state", "RSS", "up", "busy", "sessions", "finished", "restarts")
_WORDS = 2
"""Columns from the left that hold words; the others hold numbers, and stand at the right."""
_COLOURS = {
    "ready": "green", "serving": "green", "degraded": "yellow", "starting": "yellow", "draining": "yellow",
    "waiting": "yellow", "down": "bold red", "failed": "bold red",
}  # fmt: skip


def summary(reading: Reading) -> Text:
    """One line about the kernel."""
    facts = [
        f" pid {reading.pid}, {reading.version}, up {_time(reading.uptime)}, RSS {_bytes(reading.rss)}",
        f"{reading.in_flight} in flight, {reading.sessions} {'session' if reading.sessions == 1 else 'sessions'}",
        *([f"{reading.unknown} calls of unknown services"] if reading.unknown else []),
        *reading.endpoints,
    ]
    return Text.assemble((reading.name, "bold"), " ", _state(reading.state), "  ·  ".join(facts))


def service_cells(service: ServiceReading) -> tuple[Text, ...]:
    """Its row, one cell a column of :data:`SERVICES`."""
    faults = ", ".join(f"{fault} {count}" for fault, count in service.faults.items())
    state = _state(service.state)
    if service.reason:
        state.append(f" {service.reason}")
    return (
        Text(service.name, "bold"),
        state,
        Text(f"{service.rate:.1f}"),
        Text(str(service.inflight)),
        Text(str(service.queue), "yellow" if service.queue else ""),
        Text(str(service.sessions)),
        Text(_latency(service.p50)),
        Text(_latency(service.p99)),
        Text(faults or "-", "red" if faults else ""),
    )


def worker_cells(service: str, worker: WorkerReading) -> tuple[Text, ...]:
    """Its row, one cell a column of :data:`WORKERS`."""
    return (
        Text(service),
        Text(str(worker.pid or "-")),
        _state(worker.state),
        Text(_bytes(worker.rss)),
        Text(_time(worker.age)),
        Text(str(worker.busy)),
        Text(str(worker.sessions)),
        Text(str(worker.finished)),
        Text(str(worker.restarts), "yellow" if worker.restarts else ""),
    )


def services_table(reading: Reading) -> Table:
    """Every service, on paper."""
    return _table(SERVICES, [service_cells(service) for service in reading.services])


def workers_table(reading: Reading) -> Table:
    """Every worker, on paper."""
    rows = [worker_cells(service.name, worker) for service in reading.services for worker in service.workers]
    return _table(WORKERS, rows)


def _table(names: tuple[str, ...], rows: list[tuple[Text, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for index, name in enumerate(names):
        table.add_column(name, justify="left" if index < _WORDS or name in ("faults", "state") else "right")
    for row in rows:
        table.add_row(*row)
    return table


def _state(state: str) -> Text:
    return Text(state, _COLOURS.get(state, "dim"))


def _latency(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _bytes(size: int | None) -> str:
    if size is None:
        return "-"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
