"""The fixture ``athena_kit``: a kernel from a few lines of toml, classes given in code, and what was called in them."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from athena.client import BlockingSession
from athena.kernel import BlockingKernel, start
from athena.models import EMPTY, Document, Part, Reply, Request

__all__ = ["House", "Kit", "recorded"]


class House:
    """A running kernel, called without ``await``.

    Attributes:
        kernel: The kernel itself, in its blocking form.
        calls: The hooks that were called on wrappers given in code, in order, but ``athena_describe``, which may be
            called any number of times.
    """

    def __init__(self, kernel: BlockingKernel, calls: list[str]) -> None:
        self.kernel = kernel
        self.calls = calls

    def once(self, service: str, *parts: Part, params: Mapping[str, str] = EMPTY, **data: str | bytes) -> Reply:
        """One request, one reply.

        Args:
            service: Its name.
            parts: Parts as they are.
            params: The user's parameters.
            data: More parts by key: a ``str`` becomes TEXT, ``bytes`` become OTHER.

        Raises:
            ServiceError: The call ended in a fault.
        """
        return self.kernel.once(service, request(parts, params, data))

    def stream(self, service: str, *parts: Part, params: Mapping[str, str] = EMPTY, **data: str | bytes) -> list[Reply]:
        """One request, every reply; arguments as in ``once``."""
        return list(self.kernel.stream(service, request(parts, params, data)))

    def open(self, service: str, params: Mapping[str, str] = EMPTY) -> AbstractContextManager[BlockingSession]:
        """A session, closed at the end of its ``with``."""
        return self.kernel.open(service, Request(service, params=params))


class Kit:
    """Boots kernels, and stops them when the test is over."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def boot(
        self,
        toml: str = "",
        *,
        wrappers: Mapping[str, object] | None = None,
        plugins: Mapping[str, type[Any]] | None = None,  # Any: plugins have no common base
    ) -> House:
        """Start a kernel.

        Args:
            toml: What ``aiges.toml`` would say.
            wrappers: Services given in code: name to wrapper class or object; their hooks are recorded.
            plugins: Plugin classes by ``<group>.<name>``; the toml still switches them on.

        Raises:
            SettingsError: The toml or a plugin was refused; every problem says where.
        """
        calls: list[str] = []
        watched = {name: recorded(wrapper, calls) for name, wrapper in (wrappers or {}).items()}
        made = start(Document(toml, origin="test.toml"), wrappers=watched, plugins=plugins or {})
        return House(self._stack.enter_context(made), calls)

    def close(self) -> None:
        """Stop every kernel, the last one first."""
        self._stack.close()


def request(parts: tuple[Part, ...], params: Mapping[str, str], data: Mapping[str, str | bytes]) -> Request:
    """A request of parts, and of plain values by key."""
    more = (
        Part.from_text(key, value) if isinstance(value, str) else Part(key, bytes(value)) for key, value in data.items()
    )
    return Request("", parts=(*parts, *more), params=params)


def recorded(wrapper: object, calls: list[str]) -> object:
    """The same wrapper, class or object, that notes each hook before it runs."""
    if inspect.isclass(wrapper):
        return type(wrapper.__name__, (wrapper,), dict(_noting(wrapper, calls)))
    twin = copy.copy(wrapper)
    cls = type(wrapper)
    twin.__class__ = type(cls.__name__, (cls,), dict(_noting(cls, calls)))
    return twin


def _noting(cls: type, calls: list[str]) -> Iterator[tuple[str, object]]:
    # The module stays the author's: refusals say where a wrapper is defined.
    yield "__module__", cls.__module__
    yield "__doc__", cls.__doc__
    for name in dir(cls):
        hook = getattr(cls, name)
        if name.startswith("athena_") and name != "athena_describe" and callable(hook):
            yield name, _note(name, hook, calls)


def _note(name: str, hook: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:  # Any: each hook is different
    @functools.wraps(hook)  # takes the marker of hookimpl and the signature along
    def noted(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return hook(*args, **kwargs)

    return noted
