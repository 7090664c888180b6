"""An upstream wrapper as a plugin: it has the hooks for which the wrapper has functions of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from aiges.binding import Bound, bound
from aiges.sdk import WrapperBase
from athena import Reply, Request, hookimpl
from athena.models import Description, Resource, WrapperContext

from .describing import described, kinds_of
from .loading import calls_back
from .options import Options
from .talking import Asked, Talking
from .values import Refusal, answer, error_of, nodes, plain_nodes, replied, texts
from .waiting import Awaited

__all__ = ["InitRefused", "hosted"]

_ONCE = ("params", "data", "tag", "person", "sid")


class InitRefused(RuntimeError):
    """``wrapperInit`` returned a number.

    Attributes:
        code: The number.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"wrapperInit returned {code}{': ' if text else ''}{text}")
        self.code = code


class Functions:
    """An upstream wrapper's functions, bound; and what all of its hooks need.

    Attributes:
        owner: The object or module that has them.
        options: The host's options.
        kinds: What its inputs declare themselves to be.
    """

    def __init__(self, owner: Any, options: Options, config: Mapping[str, Any]) -> None:  # Any: as its author wrote it
        self.owner = owner
        self.options = options
        self.config = {**texts(getattr(owner, "config", None) or {}), **texts(config)}
        self.kinds = kinds_of(owner)
        self.plain = isinstance(owner, ModuleType)
        self.init = bound(owner, "wrapperInit", "config")
        self.fini = bound(owner, "wrapperFini")
        self.once = self.own("wrapperOnceExec", *_ONCE)
        self.once_async = self.own("wrapperOnceExecAsync", *_ONCE)
        self.create = self.own("wrapperCreate", "params", "sid", "person", "tag")
        self.write = self.own("wrapperWrite", "handle", "data", "sid")
        self.read = self.own("wrapperRead", "handle", "sid")
        self.destroy = bound(owner, "wrapperDestroy", "handle")
        self.load = self.own("wrapperLoadRes", "data", "resource")
        self.unload = bound(owner, "wrapperUnloadRes", "resource")
        self._error = bound(owner, "wrapperError", "code")

    def own(self, name: str, *order: str) -> Bound | None:
        """A function the wrapper itself defines; None for the base class's."""
        inherited = getattr(WrapperBase, name, None)
        found = getattr(self.owner, name, None)
        return None if getattr(found, "__func__", found) is inherited else bound(self.owner, name, *order)

    def text_of(self, code: int) -> str:
        """What ``wrapperError`` says of a number; "" where it says nothing, or fails itself."""
        if self._error is None:
            return ""
        try:
            said = self._error({"code": code})
        except Exception:
            return ""
        return said if isinstance(said, str) else ""

    def data(self, request: Request) -> Any:  # Any: one of two styles
        """The request's parts in the wrapper's style."""
        return (plain_nodes if self.plain else nodes)(request.parts, self.kinds)

    def params(self, given: Mapping[str, str], headers: Mapping[str, str], sid: str) -> dict[str, str]:
        """The parameters as upstream's loader passes them: with the sid, and the headers it was told to pass.

        What the caller says itself holds, the sid included, as it does there.
        """
        params = {"sid": sid, **given}
        for name in self.options.header_pass:
            if name.lower() in headers:
                params.setdefault(name, headers[name.lower()])
        return params

    def called(self, function: Bound, values: Mapping[str, Any], hook: str) -> None:
        """Call one that answers with a number.

        Raises:
            ServiceError: The number is not 0.
        """
        returned = function(values)
        if isinstance(returned, int) and not isinstance(returned, bool) and returned:
            raise error_of(returned, self.text_of(returned))


class Lifecycle:
    """The hooks every upstream wrapper has."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions

    @hookimpl
    def athena_describe(self) -> Description:
        """From its fields."""
        return described(self.functions.owner, self.functions.options.strict)

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """``wrapperInit``.

        Raises:
            InitRefused: It returned an error's number.
        """
        functions = self.functions
        if functions.init is None:
            return
        code = functions.init({"config": dict(functions.config)})
        if isinstance(code, int) and not isinstance(code, bool) and code:
            raise InitRefused(code, functions.text_of(code))

    @hookimpl
    def athena_fini(self) -> None:
        """``wrapperFini``, where there is one."""
        if self.functions.fini is not None:
            try:
                self.functions.fini({})
            except NotImplementedError:
                return


class Once:
    """``wrapperOnceExec``."""

    functions: Functions

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        """One request, one Response."""
        functions = self.functions
        assert functions.once is not None  # or hosted() would not have chosen this class
        filled: list[Any] = []  # Any: what a function-style wrapper appends to respData
        values = once_values(functions, request, filled)
        try:
            found = answer(functions.once(values), filled, "wrapperOnceExec")
        except Refusal as error:
            raise error_of(error.code, functions.text_of(error.code)) from None
        return replied(found, "wrapperOnceExec", once=True)


class OnceAsync:
    """``wrapperOnceExecAsync``, for a wrapper without the other."""

    functions: Functions

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        """One request; the Response comes by callback."""
        functions = self.functions
        assert functions.once_async is not None  # as in Once
        values = once_values(functions, request, [])
        with Awaited(request.sid) as awaited:
            functions.called(functions.once_async, values, "wrapperOnceExecAsync")
            try:
                found = answer(awaited.wait(request), (), "callback")
            except Refusal as error:
                raise error_of(error.code, functions.text_of(error.code)) from None
        return replied(found, "callback", once=True)


class Resources:
    """``wrapperLoadRes`` and ``wrapperUnloadRes``."""

    functions: Functions

    @hookimpl
    def athena_resource_load(self, resource: Resource) -> None:
        """Hand it over under its id, which is upstream's patch_id."""
        functions = self.functions
        assert functions.load is not None  # as in Once
        found = nodes(resource.parts, {})
        for node in found.list:
            node.desc = {"patch_id": resource.id, **node.desc}
        functions.called(functions.load, {"data": found, "resource": resource.id}, "wrapperLoadRes")

    @hookimpl
    def athena_resource_unload(self, resource_id: str) -> None:
        """Forget it."""
        functions = self.functions
        if functions.unload is not None:
            functions.called(functions.unload, {"resource": resource_id}, "wrapperUnloadRes")


def once_values(functions: Functions, request: Request, filled: list[Any]) -> dict[str, Any]:  # Any: as in binding
    """What the parameters of a single call may ask for."""
    return {
        "params": functions.params(request.params, request.headers, request.sid),
        "data": functions.data(request),
        "results": filled,
        "tag": request.sid,
        "sid": request.sid,
        "person": 0,
        "persons": [],
        "count": 0,
        "timeout": 0,
    }


def hosted(owner: Any, module: ModuleType, options: Options, config: Mapping[str, Any]) -> object:
    """The plugin of a wrapper.

    Args:
        owner: What has its functions; Any, since every wrapper has its own.
        module: Where it was written.
        config: What its ``wrapperInit`` is given, beside its class's ``config``.
    """
    functions = Functions(owner, options, config)
    bases: list[type] = []
    if functions.once is not None:
        bases.append(Once)
    elif functions.once_async is not None:
        bases.append(OnceAsync)
    if functions.create is not None and _talks(functions, bool(bases), module):
        asked = options.results == "read" or (options.results == "auto" and not calls_back(module))
        bases.append(Asked if functions.read is not None and asked else Talking)
    if functions.load is not None:
        bases.append(Resources)
    plugin: object = type("Hosted", (*bases, Lifecycle), {})(functions)
    return plugin


def _talks(functions: Functions, once: bool, module: ModuleType) -> bool:
    """Whether sessions can be meant: beside single calls, a wrapperCreate that nothing follows is a template's rest."""
    return not once or functions.write is not None or functions.read is not None or calls_back(module)
