"""The hooks: every question the kernel asks a plugin, and the marker that answers carry.

Three laws: hooks are plain ``def``; what must be async is an object handed over by a hook; ``None`` means "I decline"
and is never a payload. The list is held by a test; a new hook needs a reason there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from .errors import ServiceError
    from .interfaces import PluginContext
    from .models import Change, Description, Reply, Request, Resource, SessionContext, WrapperContext

NAME = "athena"
VERSION = "0.1.0"
"""The train every distribution of this release belongs to."""
API = 1
"""The version of hooks and values a plugin is written for; a class may say ``api_range = (1, 1)``."""

hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)


class Lifecycle:
    """Every plugin may answer these."""

    @hookspec
    def athena_init(self, context: PluginContext | WrapperContext) -> None:
        """Get ready: load the model, open what needs no event loop.

        Called: once, before any other hook but athena_describe; kernel plugins on the loop's thread (must not block),
            wrappers on the main thread of their worker with nothing else running.

        Args:
            context: A PluginContext for kernel plugins, a WrapperContext for wrappers.

        Returns:
            Nothing.

        Raises:
            Exception: Anything raised refuses the start; the hook and the plugin are named.
        """

    @hookspec
    def athena_config_check(self, change: Change) -> None:
        """Say whether a new configuration would do; change nothing.

        Called: in phase 1 of a reload, on the thread of athena_init, for plugins whose section changed.

        Args:
            change: The settled sections, old and new.

        Returns:
            Nothing.

        Raises:
            Exception: Anything raised refuses the whole reload; its text is the reason.
        """

    @hookspec
    def athena_config_reload(self, change: Change) -> None:
        """Take the new configuration.

        Called: in phase 2 of a reload, after every athena_config_check passed, with nothing else running in a worker.

        Args:
            change: The settled sections, old and new.

        Returns:
            Nothing.

        Raises:
            Exception: A worker that raises here is replaced by one started on the new configuration.
        """

    @hookspec
    def athena_fini(self) -> None:
        """Let go.

        Called: once, last, on the thread of athena_init, when athena_init had returned.

        Args:
            None.

        Returns:
            Nothing.

        Raises:
            Exception: Logged; the stop goes on.
        """


class KernelPlugin:
    """What plugins of the kernel may answer."""

    @hookspec
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        """Hand over objects that inherit an interface: Transport, Registry, ConfigSource, Guard and so on.

        Called: once, after athena_init, on the loop's thread, before anything is started.

        Args:
            context: The plugin's context; ``find`` answers from ``start`` on.

        Returns:
            The objects.

        Raises:
            Exception: Anything raised refuses the start.
        """
        raise NotImplementedError


class WrapperPlugin:
    """What a wrapper may answer: once, batch, or session, in any combination."""

    @hookspec(firstresult=True)
    def athena_describe(self) -> Description:
        """Say what it takes and gives. Pure: no model is loaded for it.

        Called: any number of times, also before athena_init, on the main thread.

        Args:
            None.

        Returns:
            The description.

        Raises:
            Exception: Anything raised refuses the start.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        """Answer one request, with one reply or with an iterator of replies.

        Called: on one of the worker's ``threads``, any number of times after athena_init.

        Args:
            request: The request; its buffers are valid until the hook returns or its iterator ends.

        Returns:
            A Reply, or an iterator; an iterator's ``finally`` runs when the client goes.

        Raises:
            ServiceError: USER_ERROR with the wrapper's own ``code``, or BAD_REQUEST.
            Exception: Anything else becomes USER_ERROR with an error id.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        """Answer many requests at once.

        Called: like athena_once_exec, with at least one request; also with waiting writes of sessions, at most one of
            each, told apart by ``request.sid``, where athena_session_write is not implemented.

        Args:
            requests: The requests, in order of arrival.

        Returns:
            One Reply or ServiceError per request, in the same order.

        Raises:
            Exception: Anything raised becomes USER_ERROR for all of them.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def athena_session_create(self, context: SessionContext) -> object:
        """Begin a session.

        Called: once per session, on one of the worker's threads. Hooks of one session never overlap.

        Args:
            context: The session's id, parameters and outbox.

        Returns:
            Any token but None; the other session hooks are given it.

        Raises:
            Exception: Anything raised refuses the session.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def athena_session_write(self, session: object, request: Request) -> None:
        """Take one write.

        Called: once per accepted write, in order, on one of the worker's threads.

        Args:
            session: What athena_session_create returned.
            request: The write; ``request.ended`` says that it is the last of its streams.

        Returns:
            Nothing.

        Raises:
            Exception: Anything raised is the session's terminal event; athena_session_destroy follows.
        """

    @hookspec(firstresult=True)
    def athena_session_read(self, session: object) -> Reply:
        """Hand over what the session has ready, without waiting. A wrapper that has this hook never emits.

        Called: after each write, again after 5, 10, 20 … 100 ms while it has nothing (for at most 1 s), when a detached
            client reads, and, once the client has half-closed, until END.

        Args:
            session: What athena_session_create returned.

        Returns:
            A Reply. No parts means "nothing yet"; stage END means "no more, ever".

        Raises:
            Exception: Anything raised is the session's terminal event; athena_session_destroy follows.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def athena_session_destroy(self, session: object) -> None:
        """Free what the session holds.

        Called: exactly once per created session, last, whatever happened.

        Args:
            session: What athena_session_create returned.

        Returns:
            Nothing.

        Raises:
            Exception: Logged and counted; the session is gone all the same.
        """

    @hookspec(firstresult=True)
    def athena_resource_load(self, resource: Resource) -> None:
        """Take a personalised resource that later requests name by id.

        Called: on the main thread with nothing else running, in every worker of the service.

        Args:
            resource: Its id, parts and attributes.

        Returns:
            Nothing.

        Raises:
            Exception: Anything raised refuses the resource in every worker.
        """

    @hookspec(firstresult=True)
    def athena_resource_unload(self, resource_id: str) -> None:
        """Forget a personalised resource.

        Called: on the main thread with nothing else running, in every worker of the service.

        Args:
            resource_id: The id it was loaded under.

        Returns:
            Nothing.

        Raises:
            Exception: Logged; the resource is gone all the same.
        """


KERNEL_SPECS = (Lifecycle, KernelPlugin)
WRAPPER_SPECS = (Lifecycle, WrapperPlugin)
