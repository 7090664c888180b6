"""Sessions on threads: a pool of handles, each with a thread of the wrapper's own class behind it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from . import routing
from .core.types import PROCESS_MODE, THREAD_MODE
from .dto import callback

__all__ = [
    "Context",
    "ModelProcess",
    "Pool",
    "ProcessThreadPool",
    "ReqHandleThread",
    "RequestPool",
    "SessionManager",
    "StreamHandleThread",
    "ThreadPool",
    "WorkerThread",
]

log = logging.getLogger("aiges.stream")


class RequestQueue(queue.Queue[Any]):  # Any: what wrapperWrite puts
    """A session's input, which knows whether its thread is at work or waits for the next piece."""

    def __init__(self, rested: Callable[[], None]) -> None:
        super().__init__()
        self.busy = True
        self._rested = rested

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # Any: as above
        """As Queue.get; whoever asks for more has finished what it had."""
        self.busy = False
        self._rested()
        item = super().get(block, timeout)
        self.busy = True
        return item

    def clear(self) -> None:
        """Forget what is waiting."""
        with self.mutex:
            self.queue.clear()


class StreamHandleThread(threading.Thread):
    """What a wrapper subclasses: ``run`` takes from ``in_q`` and answers through ``session_thread.callback_fn``."""

    def __init__(self, session_thread: WorkerThread, in_q: queue.Queue[Any], out_q: queue.Queue[Any]) -> None:
        super().__init__(daemon=True)
        self.session_thread = session_thread
        self.in_q = in_q
        self.out_q = out_q

    def init_model(self, *args: Any, **kwargs: Any) -> None:  # Any: the wrapper's own
        """Load what the thread needs; the wrapper calls it."""

    def run(self) -> None:
        """The wrapper's own."""
        raise NotImplementedError(f"{type(self).__name__}.run")


ReqHandleThread = StreamHandleThread


class WorkerThread(threading.Thread):
    """One handle: the session it serves now, and the thread that serves it.

    Attributes:
        handle, sid, params: Its name; whose session it is, and with which parameters.
        in_q, out_q: What the wrapper's thread is given, and what ``wrapperRead`` may take.
        callback_fn: Where results go.
    """

    def __init__(self, handle: str) -> None:
        super().__init__(name=handle, daemon=True)
        self.handle = handle
        self.sid = ""
        self.params: Any = {}  # Any: a flat map of strings
        self.in_q = RequestQueue(self._rested)
        self.out_q: queue.Queue[Any] = queue.Queue()
        self.is_idle = True
        self.callback_fn: Callable[..., Any] = callback
        self.StreamHandleThreadClass: type[StreamHandleThread] = StreamHandleThread
        self._leaving = ""
        self._lock = threading.Lock()

    @property
    def idle(self) -> bool:
        """Whether it serves nobody."""
        return self.is_idle

    def setup_sid(self, sid: str) -> None:
        """Whose session it is now."""
        self.sid = sid

    def setup_params(self, params: Any) -> None:  # Any: as above
        """With which parameters; from here on it is taken."""
        self.params = params
        self.is_idle = False

    def setup_callback_fn(self, callback: Callable[..., Any]) -> None:
        """Where its results go."""
        self.callback_fn = callback

    def setStreamHandleThreadClass(self, cls: type[StreamHandleThread]) -> None:
        """Which thread serves it."""
        self.StreamHandleThreadClass = cls

    def reset(self) -> None:
        """The session is over; it serves nobody now."""
        self.sid = ""
        self.params = {}
        self.in_q.clear()
        with self.out_q.mutex:
            self.out_q.queue.clear()
        self.is_idle = True

    def leave(self, sid: str) -> None:
        """Its client has gone: be idle as soon as the wrapper's thread has finished with that session.

        Not sooner: it would answer the next session with what it has found for this one.
        """
        with self._lock:
            if self.sid != sid:
                return
            self.in_q.clear()
            if self.in_q.busy:
                self._leaving = sid
            else:
                self.reset()

    def run(self) -> None:
        """Run the wrapper's thread; one that dies of an exception is told to its session, and replaced."""
        while True:
            try:
                # Its run, on this thread: an exception out of a thread of its own would be nobody's.
                self.StreamHandleThreadClass(self, self.in_q, self.out_q).run()
            except BaseException as error:
                log.exception("%s: its thread failed; a new one takes its place", self.handle)
                routing.failed(error, self.sid, self.handle)
                self.reset()
            with self.in_q.not_empty:
                while not self.in_q.queue:
                    self.in_q.not_empty.wait()

    def _rested(self) -> None:
        with self._lock:
            leaving, self._leaving = self._leaving, ""
            if leaving and leaving == self.sid:
                self.reset()


class Pool:
    """Handles by name."""

    def __init__(self) -> None:
        self.workers: dict[str, WorkerThread] = {}
        self._taking = threading.Lock()

    def get_thread(self, handle: str) -> WorkerThread | None:
        """The handle's thread."""
        return self.workers.get(handle)

    def get_idle_thread_handle(self) -> tuple[str | None, WorkerThread | None]:
        """A handle that serves nobody, taken; or nothing."""
        with self._taking:
            for handle, worker in self.workers.items():
                if worker.is_idle:
                    worker.is_idle = False
                    return handle, worker
        return None, None

    def reset_thread(self, handle: str) -> None:
        """End its session."""
        worker = self.workers.get(handle)
        if worker is not None:
            worker.reset()

    def set_idle(self, handle: str) -> None:
        """Let it be taken again."""
        worker = self.workers.get(handle)
        if worker is not None:
            worker.is_idle = True


class ThreadPool(Pool):
    """A fixed number of handles, each with its thread."""

    def __init__(self, reqDataThreadCls: type[StreamHandleThread], processs_no: int = 0, nums: int = 10) -> None:
        super().__init__()
        for index in range(nums):
            handle = f"Process-{processs_no}-Thread-{index}"
            worker = self.workers[handle] = WorkerThread(handle)
            worker.setStreamHandleThreadClass(reqDataThreadCls)
            worker.start()


ProcessThreadPool = ThreadPool
RequestPool = ThreadPool
"""Upstream marks its pool of processes as unusable: here it is one of threads, and a service has ``workers``."""


class SessionManager:
    """What ``self.session`` of a wrapper is."""

    def __init__(self, config: Any = None, mode: str = THREAD_MODE, nums: int = 0) -> None:  # Any: a flat map
        self.initialized = False
        self.wrapperConfig = {} if config is None else config
        self.handle_pool: Pool = Pool()

    def init_wrapper_config(self, config: Any = None) -> None:  # Any: as above
        """Keep the configuration for the threads."""
        self.wrapperConfig = {} if config is None else config

    def init_handle_pool(self, mode: str, nums: int, ReqThreadCls: type[StreamHandleThread]) -> None:
        """Make ``nums`` handles, each with a thread of that class."""
        if mode == PROCESS_MODE:
            log.warning("a pool of processes is one of threads here; [services.x] workers are the processes")
        self.handle_pool = ThreadPool(ReqThreadCls, nums=int(nums))
        self.initialized = True

    def get_session(self, handle: str) -> WorkerThread | None:
        """The handle's thread."""
        return self.handle_pool.get_thread(handle)

    def get_idle_handle(self) -> str | None:
        """A handle that serves nobody, taken; None where all do."""
        return self.handle_pool.get_idle_thread_handle()[0]

    def set_idle_session(self, handle: str) -> None:
        """Let it be taken again."""
        self.handle_pool.set_idle(handle)

    def reset_session(self, handle: str) -> None:
        """End its session."""
        self.handle_pool.reset_thread(handle)

    def push_back(self, handle: str) -> None:
        """End its session, and let it be taken again."""
        self.reset_session(handle)


class Context(dict[str, Any]):  # Any: whatever a wrapper keeps
    """A place for a wrapper's own things."""


class ModelProcess(threading.Thread):
    """Upstream's model in a process of its own; here a thread, for the service's workers are processes already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: the wrapper's own
        super().__init__(daemon=True)
        self.args = args
        self.kwargs = kwargs
