"""A thread for one session, which asks the wrapper's own object for predictions."""

from __future__ import annotations

import abc
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from . import routing

__all__ = ["InferClass", "Worker"]

log = logging.getLogger("aiges.worker")
POLL = 0.5
"""Seconds between two looks at whether it was stopped."""


class InferClass(abc.ABC):
    """What a wrapper subclasses: one object per session."""

    handle: Any = ""  # Any: as wrapperCreate made it

    @abc.abstractmethod
    def predict(self, *args: Any, **kwargs: Any) -> tuple[object, bool]:  # Any: the wrapper's own
        """Answer one write, through the callback; says its result, and whether it was the last."""

    def setHandle(self, hdl: Any) -> None:
        """Take the session's handle."""
        self.handle = hdl


class Worker(threading.Thread):
    """The session's thread: ``in_q`` takes the writes."""

    def __init__(self, name: str | None = None, _type: str = "thread", nums: int = 1, context: Any = None) -> None:
        super().__init__(name=name, daemon=True)
        self.nums = nums
        self.context = {} if context is None else context
        self.in_q: queue.Queue[Any] = queue.Queue()
        self.out_q: queue.Queue[Any] = queue.Queue()
        self.infer_class: InferClass | None = None
        self.infer_func: Callable[..., Any] | None = None
        self.callback_fn: Callable[..., Any] | None = None
        self.is_stopping = False
        self._handle: Any = ""

    def stop(self) -> None:
        """End it after what it does now."""
        self.is_stopping = True

    def register_infer_class(self, instance: InferClass) -> None:
        """What answers."""
        self.infer_class = instance

    def register_infer_func(self, infer: Callable[..., Any]) -> None:
        """What answers where there is no object."""
        self.infer_func = infer

    def register_callback(self, cb: Callable[..., Any]) -> None:
        """Kept for the wrapper; results go where it calls back."""
        self.callback_fn = cb

    def setHandle(self, hdl: Any) -> None:
        """Tell the session's handle to what answers."""
        self._handle = hdl
        if self.infer_class is not None:
            self.infer_class.setHandle(hdl)

    def run(self) -> None:
        """Answer until the last write, or until it is stopped."""
        while not self.is_stopping:
            try:
                request = self.in_q.get(timeout=POLL)
            except queue.Empty:
                continue
            try:
                if self._predict(request):
                    return
            except BaseException as error:
                log.exception("%s: a prediction failed", self.name)
                routing.failed(error, getattr(self.infer_class, "sid", ""), self._handle)
                return

    def _predict(self, request: Any) -> bool:
        if self.infer_class is not None:
            _, done = self.infer_class.predict(req=request)
            return bool(done)
        if self.infer_func is not None:
            self.infer_func(req=request)
        return False
