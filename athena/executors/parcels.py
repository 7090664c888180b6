"""Calls of a pool of worker processes, gathered into batches: each goes to one worker, as one execution."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Collection, Sequence

from ..describe import counter
from ..errors import ServiceError
from ..link import worker_pb2 as pb
from ..link.entries import Call, Once
from ..link.frames import BATCH, CALL, GATHER
from ..link.heads import encode_request
from ..link.token import Token
from ..models import BatchSettings, Description
from .batch import Counted, Gatherer
from .bundles import unwanted
from .worker import Worker

__all__ = ["Parcel", "Parcels", "tell"]


class Parcel:
    """A batch that was given to a worker.

    Attributes:
        batch: What was gathered.
        gatherer: By whom.
        open: How many of it the worker owes an answer.
        deadline: The latest of its calls: until then the hook runs for somebody.
    """

    __slots__ = ("batch", "deadline", "gatherer", "open")

    def __init__(self, batch: list[Call], gatherer: Gatherer[Call]) -> None:
        self.batch = batch
        self.gatherer = gatherer
        self.open = 0
        self.deadline = -math.inf

    def answered(self) -> bool:
        """The worker has answered one more; True when it owes nothing more."""
        self.open -= 1
        return not self.open


class Parcels:
    """The gathered calls of one pool."""

    def __init__(
        self,
        active: Sequence[Worker],
        limits: BatchSettings,
        description: Description,
        counted: Counted,
    ) -> None:
        """Args:
        active: The pool's own list of workers that are given work.
        counted: See Gatherer.
        """
        self._active = active
        self._count = counter(description)
        self._streams = "once" not in description.operations
        loop = asyncio.get_running_loop()
        self.gatherer: Gatherer[Call] = Gatherer(
            limits, free=self._free, go=self._launch, keep=_keep, later=loop.call_later, counted=counted
        )

    def takes(self, call: Call) -> bool:
        """Whether it is gathered: an iterator's replies cannot be a batch's, so a stream goes to athena_once_exec."""
        return self._streams or isinstance(call, Once)

    def add(self, call: Call, *, ahead: bool = False) -> None:
        """Gather a call; ``ahead``: see :meth:`Gatherer.add`."""
        self.gatherer.add(call, 1 if self._count is None else self._count(call.request), ahead=ahead)

    def _free(self) -> bool:
        return any(worker.busy < worker.lanes and worker.alive for worker in self._active)

    def _launch(self) -> None:
        batch = self.gatherer.take()
        if not batch:
            return
        worker = min((one for one in self._active if one.busy < one.lanes and one.alive), key=_busy)
        parcel = Parcel(batch, self.gatherer)
        ids = [call.id for call in batch if _sent(call, worker, parcel)]
        if ids:
            parcel.open = len(ids)
            worker.busy += 1
            worker.peer.outgoing.post(BATCH, 0, pb.Batch(calls=ids).SerializeToString())


def tell(worker: Worker, limits: BatchSettings | None, hooks: Collection[str]) -> None:
    """Tell a worker the limits of lists of sessions' writes, where its wrapper takes them so."""
    listed = {"athena_batch_exec", "athena_session_create"}.issubset(hooks) and "athena_session_write" not in hooks
    if listed and limits is not None:
        head = pb.Gather(max_size=limits.max_size, max_wait_ms=limits.max_wait_ms).SerializeToString()
        worker.peer.outgoing.post(GATHER, 0, head)


def _sent(call: Call, worker: Worker, parcel: Parcel) -> bool:
    """Send a call that waits there for its batch; one that cannot travel fails alone."""
    request = call.request
    try:
        worker.peer.begin(CALL, call, *encode_request(request, held=True))
    except ServiceError as error:
        call.fail(error)
        return False
    call.worker, call.peer, call.parcel = worker, worker.peer, parcel
    call.in_lane = False
    call.began = time.perf_counter()
    parcel.deadline = max(parcel.deadline, math.inf if request.deadline is None else request.deadline)
    if isinstance(request.cancellation, Token):
        request.cancellation.started = request.cancellation.held = True
    return True


def _keep(call: Call) -> bool:
    error = unwanted(call.request)
    if error is not None:
        call.fail(error)
    return error is None


def _busy(worker: Worker) -> int:
    return worker.busy
