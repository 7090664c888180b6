"""The contract every wrapper keeps, whatever language it is written in."""

from __future__ import annotations

from .resources import ResourceRows
from .rows import BadRows, OnceRows, SessionRows

__all__ = ["WrapperContract"]


class WrapperContract(OnceRows, BadRows, SessionRows, ResourceRows):
    """Everything callers expect of a wrapper::

    class TestMine(WrapperContract):
        wrapper = "mine"
    """
