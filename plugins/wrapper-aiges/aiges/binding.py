"""Calls a wrapper's functions by the names of their parameters: no two generations agree on the order."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["Bound", "bound"]

# Any, in this file: a wrapper's functions take and return what their author wrote.
ROLES: Mapping[str, frozenset[str]] = {
    "config": frozenset({"config", "conf", "cfg", "configs"}),
    "params": frozenset({"params", "param", "parameters"}),
    "data": frozenset({"reqdata", "req", "reqs", "request", "data", "datas", "requestdata", "reqdatas", "perdata"}),
    "results": frozenset({"respdata", "resdata", "resp", "respdatas", "response"}),
    "sid": frozenset({"sid", "sessionid"}),
    "tag": frozenset({"usrtag", "usertag", "tag"}),
    "person": frozenset({"persid", "psrid", "perid", "personid"}),
    "persons": frozenset({"psrids", "persids"}),
    "count": frozenset({"psrcnt", "perscnt", "psrcount"}),
    "error": frozenset({"errnum", "errno"}),
    "handle": frozenset({"handle", "hdl"}),
    "code": frozenset({"ret", "code", "err", "errorcode", "errcode", "error"}),
    "resource": frozenset({"resid", "patchid", "resourceid"}),
    "timeout": frozenset({"timeout"}),
}
_BY_NAME = {name: role for role, names in ROLES.items() for name in names}


class Bound:
    """One function, called with values by role.

    Attributes:
        names: Its parameters' names, in order.
    """

    def __init__(self, function: Callable[..., Any], order: Sequence[str]) -> None:
        """Args:
        order: What an unknown name stands for: the first of these that no known name asks for.
        """
        self._function = function
        self._positional: list[str] = []
        self._named: list[tuple[str, str]] = []
        self._open: tuple[str, ...] = ()
        self._order = tuple(order)
        self.names: tuple[str, ...] = ()
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            self._positional = list(order[:2])
            return
        self.names = tuple(signature.parameters)
        self._bind(list(signature.parameters.values()))

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Call it; a role nobody has a value for is None."""
        keywords = {name: values.get(role) for name, role in self._named}
        for role in self._open:
            if role in values:
                keywords.setdefault(_SPELT.get(role, role), values[role])
        return self._function(*[values.get(role) for role in self._positional], **keywords)

    def _bind(self, parameters: list[inspect.Parameter]) -> None:
        known = {_role(each.name) for each in parameters}
        free = [role for role in self._order if role not in known]
        if any(each.kind is each.VAR_POSITIONAL for each in parameters) and not known - {""}:
            # *args, as of a decorator that hides what it wraps: the two every generation has.
            self._positional = list(self._order[:2])
            return
        by_position = True
        for each in parameters:
            if each.kind is each.VAR_KEYWORD:
                taken = {role for _, role in self._named} | set(self._positional)
                self._open = tuple(role for role in self._order if role not in taken)
                continue
            if each.kind is each.VAR_POSITIONAL:
                continue
            role = _role(each.name)
            if not role:
                if each.default is not each.empty or not free:
                    by_position = by_position and each.default is each.empty
                    if each.default is not each.empty:
                        continue
                role = free.pop(0) if free else ""
            if each.kind is each.POSITIONAL_ONLY or (by_position and each.kind is each.POSITIONAL_OR_KEYWORD):
                self._positional.append(role)
            else:
                self._named.append((each.name, role))


_SPELT = {"data": "reqData", "tag": "usrTag", "person": "persId"}
"""How a role is spelt where it is passed into ``**kwargs``."""


def bound(owner: object, name: str, *order: str) -> Bound | None:
    """The function of that name, or None where there is none."""
    function = getattr(owner, name, None)
    return Bound(function, order) if callable(function) else None


def _role(name: str) -> str:
    return _BY_NAME.get(name.replace("_", "").lower(), "")
