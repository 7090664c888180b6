"""The threads on which hooks run: a queue of jobs, a clock for later ones, and a way to have nothing run at all."""

from __future__ import annotations

import heapq
import itertools
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import SimpleQueue
from time import perf_counter

__all__ = ["Lanes"]

Job = Callable[[], None]
log = logging.getLogger("athena.lanes")

QUICK = 0.002
"""Seconds: jobs that take less on average are quick; time in which their thread was not let run is in it."""
BRISK = 0.0005
"""Seconds: jobs that take less on average are over before anybody would notice that their answer was held."""
LATELY = 0.1
"""Weight of the newest job in that average."""


class Lanes:
    """``threads`` daemon threads that take jobs from one queue.

    Daemon, because a hook that never returns must not hold the exit; whoever stops the lanes says how long it waits.
    """

    def __init__(self, name: str, threads: int, rest: Callable[[], None] | None = None) -> None:
        """Args:
        rest: Called by a lane that finds no other job waiting, before it waits.
        """
        self._name = name
        self._rest = rest
        self._pace = 1.0
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._busy = [False] * threads
        self._paused = False
        self._calm = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._later = _Clock(self.submit, name)

    def start(self) -> None:
        """Start the threads."""
        for index in range(len(self._busy)):
            thread = threading.Thread(target=self._run, args=(index,), name=f"{self._name}-{index}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; a job never raises."""
        self._jobs.put(job)

    def submit_later(self, delay: float, job: Job) -> None:
        """Queue a job after ``delay`` seconds."""
        self._later.add(delay, job)

    def stacks(self) -> str:
        """Where the threads are that run a job now."""
        frames = sys._current_frames()
        running = [thread for thread, busy in zip(self._threads, self._busy, strict=False) if busy]
        return "\n".join(
            f"{thread.name}:\n{''.join(traceback.format_stack(frames[thread.ident])).rstrip()}"
            for thread in running
            if thread.ident in frames
        )

    def hurried(self) -> bool:
        """Whether another job waits and jobs have been quick lately: the next one is over in a moment."""
        return self._pace < QUICK and not self._jobs.empty()

    def brisk(self) -> bool:
        """As hurried, of jobs that have been much quicker."""
        return self._pace < BRISK and not self._jobs.empty()

    def alone(self, timeout: float) -> AbstractContextManager[bool]:
        """Have no job run while the block runs; yields False when one was still running after ``timeout`` seconds."""
        return _Alone(self, timeout)

    def stop(self, timeout: float) -> bool:
        """Let queued jobs finish; says whether every thread ended within ``timeout`` seconds."""
        self._later.stop()
        for _ in self._threads:
            self._jobs.put(None)
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, index: int) -> None:
        busy, get = self._busy, self._jobs.get
        while (job := get()) is not None:
            # busy is set before paused is read, and alone() sets paused before it reads busy: one of the two sees.
            busy[index] = True
            if self._paused:
                self._hold(index)
            began = perf_counter()
            try:
                job()
            except BaseException:
                # A job answers its caller itself; what comes through here is a defect of ours, and the lane lives on.
                log.exception("a job raised")
            # A lane keeps no reference to the last request while it waits for the next one.
            del job
            self._pace += (perf_counter() - began - self._pace) * LATELY
            if self._rest is not None and self._jobs.empty():
                self._rest()
            busy[index] = False
            if self._paused:
                with self._calm:
                    self._calm.notify_all()

    def _hold(self, index: int) -> None:
        with self._calm:
            while self._paused:
                self._busy[index] = False
                self._calm.notify_all()
                self._calm.wait()
            self._busy[index] = True


class _Alone(AbstractContextManager[bool]):
    """The time in which no job runs."""

    def __init__(self, lanes: Lanes, timeout: float) -> None:
        self._lanes = lanes
        self._timeout = timeout

    def __enter__(self) -> bool:
        lanes = self._lanes
        with lanes._calm:
            lanes._paused = True
            return lanes._calm.wait_for(lambda: not any(lanes._busy), self._timeout)

    def __exit__(self, *how: object) -> None:
        with self._lanes._calm:
            self._lanes._paused = False
            self._lanes._calm.notify_all()


class _Clock:
    """Hands jobs over when their time has come; its thread exists only once it is needed."""

    def __init__(self, submit: Callable[[Job], None], name: str) -> None:
        self._submit = submit
        self._name = name
        self._due: list[tuple[float, int, Job]] = []
        self._number = itertools.count()
        self._wake = threading.Condition()
        self._runner: threading.Thread | None = None
        self._stopped = False

    def add(self, delay: float, job: Job) -> None:
        with self._wake:
            if self._stopped:
                return
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._number), job))
            if self._runner is None:
                self._runner = threading.Thread(target=self._run, name=f"{self._name}-clock", daemon=True)
                self._runner.start()
            self._wake.notify()

    def stop(self) -> None:
        with self._wake:
            self._stopped = True
            self._due.clear()
            self._wake.notify()

    def _run(self) -> None:
        with self._wake:
            while not self._stopped:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    self._submit(heapq.heappop(self._due)[2])
                self._wake.wait(self._due[0][0] - now if self._due else None)
