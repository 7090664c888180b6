"""Who may execute now, who waits, and who is told at once that there is no room."""

from __future__ import annotations

import asyncio
import time

from athena.errors import Fault, ServiceError
from athena.link.token import Token
from athena.models import Request, ServiceSettings

from .line import Line, Waiter
from .pace import Pace

__all__ = ["Admission", "noted"]

AHEAD = 64
"""Calls, at most, that wait at the executor's lanes rather than here; until its lane takes one up, it has not begun."""
HEAD_START = 0.005
"""Seconds of work, at most, that wait there: an urgent call cannot overtake them."""
RETRY_AFTER = 1.0
"""Seconds: the hint of a full house whose pace is not known yet."""
SOONEST, LATEST = 0.05, 30.0
"""Seconds between which an estimated hint stays."""
_OURS = frozenset({"thread", "process"})
"""The executors that execute ``workers * threads`` calls at once; what bounds another one it alone knows."""


class Admission:
    """The slots of one service, given to the most urgent first, and among equals in the order of arrival.

    Attributes:
        running: Slots taken: calls the executor has been given.
        displaced: Calls that had to leave the full queue for more urgent ones.
        expired, cancelled: Calls that were dropped before their wrapper began: late, or given up.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self.running = 0
        self.displaced = 0
        self.expired = self.cancelled = 0
        self._line = Line()
        self._pace = Pace()
        self._pressed = False
        self._settle(settings)

    @property
    def executing(self) -> int:
        """Calls that may be executing."""
        return min(self.running, self._lanes)

    @property
    def waiting(self) -> int:
        """Calls admitted that cannot execute yet."""
        return self._line.length + self.running - self.executing

    @property
    def hint(self) -> float:
        """Seconds after which those who wait now will have been served: when to ask again."""
        if not self._pace.seconds:
            return RETRY_AFTER
        return min(LATEST, max(SOONEST, self._pace.seconds * (self.waiting + 1)))

    def resize(self, settings: ServiceSettings) -> None:
        """Take new limits; nobody who is in is put out."""
        self._settle(settings)
        self._wake()

    def try_enter(self) -> bool:
        """Take a free slot, when there is one and nobody waits for it."""
        if self.running < self._limit and not self._line.length:
            self.running += 1
            return True
        return False

    async def enter(self, request: Request, refusal: ServiceError | None = None) -> None:
        """Take a slot, waiting for one where the queue has room, or where somebody less urgent waits.

        Args:
            request: The call.
            refusal: What the executor says where nothing is executed any more: who would wait is told at once.

        Raises:
            ServiceError: OVERLOADED, at once, or later for a more urgent call; DEADLINE, when it came before the slot.
        """
        if self.try_enter():
            return
        if refusal is not None:  # a new one for each: an exception gathers its callers' frames
            raise ServiceError(refusal.fault, refusal.message, retry_after=refusal.retry_after)
        self._pressed = True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = Waiter(future, request, time.monotonic())
        if self.running + self._line.length >= self._capacity and not self.displace(waiter.rank):
            text = f"{self._settings.name} has {self.executing} calls executing and {self.waiting} waiting, its limits"
            raise ServiceError(Fault.OVERLOADED, text, retry_after=self.hint)
        self._line.add(waiter)
        try:
            await future
        except asyncio.CancelledError:
            if not future.done() or future.cancelled():
                self._line.remove(waiter)
            elif future.exception() is None:
                self.leave()  # the slot was handed over in the very moment the caller went
            raise

    def displace(self, rank: float) -> bool:
        """Have who would have to wait longest leave the line, if a newcomer of that rank stands before it."""
        worst = self._line.last()
        if worst is None or worst.rank <= rank:
            return False
        self._line.remove(worst)
        self.displaced += 1
        if not worst.future.done():
            text = f"{self._settings.name} is full, and calls came that are more urgent than this one"
            worst.future.set_exception(ServiceError(Fault.OVERLOADED, text, retry_after=self.hint))
        return True

    def leave(self) -> None:
        """Give the slot back."""
        if self._line.length or self._pressed or self.running > self._lanes:
            self._pressed = False
            if self._pace.ended():
                self._limit = self._lanes + _ahead(self._settings, self._pace.seconds)
        else:
            self._pace.row = 0
        self.running -= 1
        if self._line.length:
            self._wake()

    def left(self, request: Request) -> None:
        """A call is over; a hook that runs on after its caller has gone keeps the slot until it returns."""
        token = request.cancellation
        if isinstance(token, Token) and token.held:
            token.then(self.leave)
        else:
            self.leave()

    def _settle(self, settings: ServiceSettings) -> None:
        self._settings = settings
        allowed = settings.concurrency
        self._lanes = min(allowed, settings.workers * settings.threads) if settings.executor in _OURS else allowed
        self._capacity = allowed + settings.queue
        self._limit = self._lanes + _ahead(settings, self._pace.seconds)

    def _wake(self) -> None:
        line = self._line
        while line.length and self.running < self._limit:
            waiter = line.first()
            if waiter.future.done():
                continue
            if waiter.deadline is not None and time.monotonic() >= waiter.deadline:
                text = f"{self._settings.name} did not come to it before the deadline"
                waiter.future.set_exception(ServiceError(Fault.DEADLINE, text))
                continue
            self.running += 1
            waiter.future.set_result(None)


def noted(admission: Admission, answer: BaseException, request: Request) -> BaseException:
    """Count a call that was dropped before its wrapper began; returns the answer."""
    token = request.cancellation
    if isinstance(token, Token) and not token.started:
        if isinstance(answer, asyncio.CancelledError):
            admission.cancelled += 1
        elif isinstance(answer, ServiceError) and answer.fault is Fault.DEADLINE:
            admission.expired += 1
    return answer


def _ahead(settings: ServiceSettings, pace: float) -> int:
    """Calls handed to the executor beyond those that may run: they wait at its lanes.

    A lane that finds its next call waiting need not wake the loop for it, which pays where calls are quick. Behind slow
    ones, calls that wait at a lane would only have lost their place in the line.
    """
    if settings.executor not in _OURS or settings.concurrency < settings.workers * settings.threads:
        return 0  # the lanes are not the bound
    if settings.batch is not None:
        return min(AHEAD, settings.queue)  # they wait for one another there
    return min(AHEAD, settings.queue, int(HEAD_START / pace)) if pace else 0
