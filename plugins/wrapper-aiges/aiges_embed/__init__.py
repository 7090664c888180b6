"""The names of the module that upstream's C++ loader injects, for wrappers that import it and nothing else."""

from __future__ import annotations

from aiges.callback import callback_metric, callback_trace
from aiges.dto import DataListCls, DataListNode, Response, ResponseData, SessionCreateResponse, callback, init_rq

__all__ = [
    "DataListCls",
    "DataListNode",
    "Response",
    "ResponseData",
    "SessionCreateResponse",
    "callback",
    "callback_metric",
    "callback_trace",
    "init_rq",
]
