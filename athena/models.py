"""The values that travel between rooms: frozen, typed, and knowing nothing of wires, threads or plugins."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from .errors import Executed, Fault, ServiceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMPTY: Mapping[str, str] = MappingProxyType({})
"""The mapping that is shared wherever there is nothing to say."""

Buffer = bytes | memoryview


class Kind(IntEnum):
    """What a part holds; the numbers are upstream's ``DataType``."""

    TEXT = 0
    AUDIO = 1
    IMAGE = 2
    VIDEO = 3
    OTHER = 4


class Stage(IntEnum):
    """Where a part stands in its stream; the numbers are upstream's ``DataStatus``."""

    BEGIN = 0
    CONTINUE = 1
    END = 2
    ONCE = 3


LAST = frozenset({Stage.END, Stage.ONCE})
"""The stages after which nothing more of that stream comes."""


class Cancellation(Protocol):
    """Says, cheaply and from any thread, whether anybody still waits for the result."""

    @property
    def cancelled(self) -> bool: ...


class Outbox(Protocol):
    """Where a session's wrapper puts its replies."""

    def emit(self, reply: Reply) -> None:
        """Hand over one reply, from any thread.

        Blocks while the outbox is full (64 replies or 4 MiB wait for the client).

        Raises:
            Cancelled: The session is over.
        """


@frozen(eq=False, repr=False)
class Part:
    """One named piece of data.

    Attributes:
        key: Its name in the request or reply.
        data: Read-only bytes, valid until the hook returns (in a session: until its next hook); keep ``tobytes()``.
        kind: What the bytes are.
        stage: Where this piece stands in the stream of that key.
        seq: Its number in the stream, or None where the sender does not count.
        attributes: Encoding, format, sample rate and the like, as strings.
    """

    key: str
    data: Buffer = b""
    kind: Kind = Kind.OTHER
    stage: Stage = Stage.ONCE
    seq: int | None = None
    attributes: Mapping[str, str] = EMPTY

    @classmethod
    def from_text(cls, key: str, text: str, stage: Stage = Stage.ONCE, **attributes: str) -> Part:
        """A TEXT part in UTF-8."""
        return cls(key, text.encode(), Kind.TEXT, stage, None, attributes or EMPTY)

    @classmethod
    def from_json(cls, key: str, value: object, stage: Stage = Stage.ONCE) -> Part:
        """A TEXT part with ``format=json``: wires that speak JSON embed the value itself."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return cls(key, text.encode(), Kind.TEXT, stage, None, {"encoding": "utf8", "format": "json"})

    @classmethod
    def from_array(cls, key: str, array: NDArray[Any], stage: Stage = Stage.ONCE) -> Part:  # Any: every dtype
        """An OTHER part with the array's bytes in C order and the attributes ``dtype`` and ``shape`` (``2x3``)."""
        attributes = {"dtype": array.dtype.str, "shape": "x".join(map(str, array.shape))}
        return cls(key, array.tobytes(), Kind.OTHER, stage, None, attributes)

    @property
    def text(self) -> str:
        """The data as text.

        Raises:
            ServiceError: BAD_REQUEST, when it is not UTF-8.
        """
        try:
            return str(self.data, "utf-8")
        except UnicodeDecodeError as error:
            raise ServiceError(Fault.BAD_REQUEST, f"{self.key}: not UTF-8 at byte {error.start}") from error

    def tobytes(self) -> bytes:
        """The data as bytes of its own, to keep beyond the hook."""
        return bytes(self.data)

    def array(self) -> NDArray[Any]:  # Any: the dtype is data
        """The data as a read-only numpy array, shaped by the attributes ``dtype`` and ``shape``; else 1-d uint8."""
        # Imported when first asked for: the kernel does not depend on numpy, and most wrappers never need it.
        numpy = importlib.import_module("numpy")
        flat = numpy.frombuffer(self.data, dtype=self.attributes.get("dtype", "u1"))
        shape = self.attributes.get("shape")
        # Any: numpy is not a dependency of the kernel, so the module is untyped here.
        shaped: NDArray[Any] = flat if shape is None else flat.reshape([int(size) for size in shape.split("x") if size])
        return shaped

    def __repr__(self) -> str:
        seq = "" if self.seq is None else f", seq={self.seq}"
        return f"Part({self.key!r}, {len(self.data)} bytes, {self.kind.name}, {self.stage.name}{seq})"


@frozen
class Expectation:
    """How the client wants one result: its key, and encoding, format, compression and the like."""

    key: str
    kind: Kind | None = None
    attributes: Mapping[str, str] = EMPTY


@frozen
class Attempt:
    """What is known of a caller before its body is decoded; guards read it.

    Attributes:
        transport: The transport's name.
        operation: ``once``, ``stream``, ``open``, ``session``, ``describe``, ``metrics``, ``page``, ``reflection``.
        service: The service named on the wire, or "".
        headers: Lower-case names.
        peer: The address the transport saw, ``host:port`` or ``uid:N``.
        method: The wire's own verb (HTTP method, full gRPC method name).
        target: The wire's own target (HTTP path with query).
        certificate: The peer's verified certificate in DER, or None.
    """

    transport: str
    operation: str
    service: str = ""
    headers: Mapping[str, str] = EMPTY
    peer: str = ""
    method: str = ""
    target: str = ""
    certificate: bytes | None = field(default=None, repr=False)


@frozen
class Principal:
    """Who is calling.

    Attributes:
        id: The caller's name, as its guard knows it.
        guard: The guard that vouches, ``""`` for the anonymous default.
        scopes: Services it may use; None means all.
        expires: ``time.time()`` after which it is no longer valid, or None.
        body_sha256: Where the guard's signature covers the body: the digest (hex) the raw body must have.
    """

    id: str
    guard: str = ""
    scopes: frozenset[str] | None = None
    expires: float | None = None
    body_sha256: str | None = None


ANONYMOUS = Principal("anonymous")


@frozen(eq=False, repr=False)
class Request:
    """One call, or one write of a session.

    Attributes:
        service: The service's name.
        sid: The call's or session's id; minted by the kernel.
        parts: The data.
        params: The user's parameters, one mapping; never splatted into keyword arguments.
        headers: What the caller says of itself, lower-case names.
        expect: How the caller wants its results.
        deadline: ``time.monotonic()`` by which the caller wants its answer, or None.
        principal: Who is calling.
        cancellation: Whether anybody still waits; None where nobody can say.
    """

    service: str
    sid: str = ""
    parts: tuple[Part, ...] = ()
    params: Mapping[str, str] = EMPTY
    headers: Mapping[str, str] = EMPTY
    expect: tuple[Expectation, ...] = ()
    deadline: float | None = None
    principal: Principal = ANONYMOUS
    cancellation: Cancellation | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the caller has gone or its deadline has passed; cheap enough to ask in a loop."""
        if self.cancellation is not None and self.cancellation.cancelled:
            return True
        return self.deadline is not None and time.monotonic() >= self.deadline

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, never negative; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    @property
    def ended(self) -> bool:
        """In a session: whether every part of this write is the last of its stream."""
        return bool(self.parts) and all(part.stage in LAST for part in self.parts)

    def get(self, key: str) -> Part | None:
        """The first part of that key, or None."""
        return next((part for part in self.parts if part.key == key), None)

    def part(self, key: str) -> Part:
        """The first part of that key.

        Raises:
            ServiceError: BAD_REQUEST, naming the parts there are.
        """
        part = self.get(key)
        if part is None:
            there = ", ".join(sorted({part.key for part in self.parts})) or "none"
            raise ServiceError(Fault.BAD_REQUEST, f"payload.{key}: missing; the request has: {there}")
        return part

    def __repr__(self) -> str:
        return f"Request({self.service!r}, sid={self.sid!r}, parts={list(self.parts)}, params={dict(self.params)})"


@frozen(eq=False)
class Reply:
    """What a wrapper answers: once, item by item, or in a session.

    Attributes:
        parts: The results.
        stage: In a session or stream: END means "no more, ever".
        attributes: About the reply as a whole; ``usage.<unit>`` is summed into the meters and taken off the wire.
    """

    parts: tuple[Part, ...] = ()
    stage: Stage = Stage.ONCE
    attributes: Mapping[str, str] = EMPTY

    def part(self, key: str) -> Part:
        """The first part of that key.

        Raises:
            KeyError: There is none.
        """
        for part in self.parts:
            if part.key == key:
                return part
        raise KeyError(f"no part {key!r}; the reply has: {', '.join(part.key for part in self.parts) or 'none'}")


@frozen
class SessionContext:
    """What a session's wrapper knows of it; made where the wrapper lives."""

    sid: str
    service: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    expect: tuple[Expectation, ...]
    deadline: float | None
    principal: Principal
    outbox: Outbox
    cancellation: Cancellation

    @property
    def cancelled(self) -> bool:
        """Whether the session is over for its client."""
        return self.cancellation.cancelled or (self.deadline is not None and time.monotonic() >= self.deadline)


@frozen
class Field:
    """One named input or output of a wrapper, as data.

    Attributes:
        key: The part's key; ``*`` stands for any.
        kind: The only kind it may have; None means any.
        required: Whether a request without it is refused (in a session: not asked of single writes).
        formats: Values the attributes ``format`` or ``encoding`` may have; empty means any.
        schema: JSON Schema (2020-12) of a JSON value, as text; "" where the bytes are not JSON or not described.
        dtype: numpy type string of a tensor, or "".
        shape: Its shape, -1 for a free axis.
        items: True where one part carries many items and its first axis counts them (batching counts items).
        summary: One sentence for people.
    """

    key: str
    kind: Kind | None = None
    required: bool = True
    formats: tuple[str, ...] = ()
    schema: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    items: bool = False
    summary: str = ""


@frozen
class Param:
    """One parameter of a wrapper, as data. Values travel as strings and are checked against ``type``.

    Attributes:
        type: ``string``, ``integer``, ``number`` or ``boolean``.
        default: What the wrapper assumes when it is not given, as a string; None for nothing.
        minimum, maximum: Inclusive bounds of numbers; for strings, of the length.
        choices: The only values allowed; empty means any.
    """

    key: str
    type: str = "string"
    required: bool = False
    default: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    summary: str = ""


@frozen
class Description:
    """What a wrapper takes and gives.

    Attributes:
        version: The wrapper's own version.
        summary: One sentence for people.
        inputs, outputs: Its parts; empty inputs mean "not described": nothing is checked.
        params: Its parameters; others pass unchecked.
        operations: ``once``, ``batch``, ``session``, ``read``, ``resource``: found from its hooks at load.
    """

    version: str = ""
    summary: str = ""
    inputs: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    params: tuple[Param, ...] = ()
    operations: frozenset[str] = frozenset()


@frozen
class Limits:
    """``[kernel.limits]``.

    Attributes:
        max_message: Bytes of one message, all parts together, in and out.
        max_in_flight: Calls the whole kernel holds, waiting ones included.
        default_deadline, max_deadline: Seconds.
        idle_timeout, max_lifetime: Seconds after which a detached session is destroyed.
    """

    max_message: int = 32 * 1024 * 1024
    max_in_flight: int = 1024
    default_deadline: float = 30.0
    max_deadline: float = 300.0
    idle_timeout: float = 60.0
    max_lifetime: float = 3600.0


@frozen
class BatchSettings:
    """``[services.x.batch]``: at most ``max_size`` items, at most ``max_wait_ms`` after the first."""

    max_size: int = 8
    max_wait_ms: float = 5.0


@frozen
class GpuSettings:
    """``[services.x.gpu]``: what one worker asks of the allocator. ``memory`` in bytes per device."""

    count: int = 1
    memory: int = 0
    mig: str = ""
    exclusive: bool = False
    same_numa: bool = False


@frozen
class ServiceSettings:
    """The typed ``[services.x]`` table; ``settings/`` only fills it.

    Attributes:
        wrapper: An entry-point name, ``module:Class``, or a path.
        python: Interpreter of the process executor's children; "" for this one.
        threads: Executions at once in one worker; above 1 the wrapper must be thread-safe.
        max_concurrency: Calls executing at once; None means ``workers * threads``.
        queue: Calls waiting beyond that.
        max_sessions: Open sessions.
        init_timeout: Seconds a worker may take from spawn to Ready.
        deadline: Seconds; None means the kernel's default.
        grace: Seconds after a passed deadline before a worker that has not returned is killed.
        folder: What relative paths and import strings of ``wrapper`` start from: the toml's folder.
        config: The wrapper's own table, settled where the wrapper lives.
        middleware_config: The ``[middleware.x]`` table of each middleware named, settled there too.
        tables: Tables named after an executor, ``[services.x.remote]``.
    """

    name: str
    wrapper: str = ""
    executor: str = "process"
    python: str = ""
    workers: int = 1
    threads: int = 1
    spares: int = 0
    max_concurrency: int | None = None
    queue: int = 64
    max_sessions: int = 1024
    init_timeout: float = 60.0
    deadline: float | None = None
    grace: float = 2.0
    guards: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    folder: str = "."
    # Any: tables as the toml gives them, settled elsewhere.
    config: Mapping[str, Any] = MappingProxyType({})
    middleware_config: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    batch: BatchSettings | None = None
    gpu: GpuSettings | None = None
    tables: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    @property
    def concurrency(self) -> int:
        """Calls that may execute at once."""
        return self.workers * self.threads if self.max_concurrency is None else self.max_concurrency


@frozen
class WrapperContext:
    """What ``athena_init`` of a wrapper is given.

    Attributes:
        service: The name of the service it answers for.
        devices: The GPUs this worker holds, as UUIDs; empty without a lease.
        limits: The kernel's limits.
    """

    service: str
    devices: tuple[str, ...] = ()
    limits: Limits = Limits()


@frozen
class Endpoint:
    """One bound address of a transport. ``path`` is used by sockets that have no port."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def url(self) -> str:
        """What a client of ``athena call`` is given."""
        if self.path and not self.port:
            return f"{self.scheme}://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


@frozen
class Instance:
    """One running kernel's offer of one service, as discovery sees it."""

    id: str
    service: str
    endpoints: tuple[Endpoint, ...]
    version: str = ""
    weight: int = 100
    attributes: Mapping[str, str] = EMPTY


@frozen
class Change:
    """A new configuration, as one plugin sees it: its section before and after.

    Attributes:
        old, new: The plugin's settled sections.
        version: The document's version.
    """

    old: object
    new: object
    version: str = ""


@frozen
class Usage:
    """One call's or session's account, given to the meters.

    Attributes:
        started: ``time.time()``.
        seconds: From admission to the end; 0.0 in ``began``.
        fault: None when it ended well.
        executed: Whether the wrapper ran.
        units: Sums of the replies' ``usage.<unit>`` attributes.
    """

    service: str
    principal: str
    sid: str
    transport: str = ""
    started: float = 0.0
    seconds: float = 0.0
    fault: Fault | None = None
    executed: Executed = Executed.NO
    units: Mapping[str, float] = MappingProxyType({})


@frozen
class Resource:
    """A personalised resource: data that later requests name by id."""

    id: str
    parts: tuple[Part, ...]
    attributes: Mapping[str, str] = EMPTY


@frozen
class Health:
    """Can it take work? ``reason`` says why not, or what is degraded; ``workers`` counts them by state."""

    ready: bool
    reason: str = ""
    workers: Mapping[str, int] = MappingProxyType({})


@frozen
class ServiceView:
    """What the rest of the house may know of a service: an immutable snapshot."""

    name: str
    description: Description
    health: Health
    settings: ServiceSettings


@frozen
class Document:
    """A configuration as a source gives it: the toml's text, a version that changes with it, and where it came from."""

    text: str
    version: str = ""
    origin: str = "aiges.toml"
    files: Mapping[str, bytes] = field(factory=dict, repr=False)


@frozen
class ChannelOptions:
    """How a channel reaches the other side.

    Attributes:
        headers: Sent with every call (credentials).
        timeout: Seconds to connect.
        max_message: Bytes of one message; the wire's own bound is twice that.
        verify: False trusts any TLS certificate; a path trusts that authority.
    """

    headers: Mapping[str, str] = EMPTY
    timeout: float = 5.0
    max_message: int = 32 * 1024 * 1024
    verify: bool | str = True
