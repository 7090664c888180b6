"""What is told of a call to those who do not answer it: guards before it is decoded, meters when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from athena.errors import Executed, Fault

from .parts import EMPTY

__all__ = ["Attempt", "Usage"]


@frozen
class Attempt:
    """What is known of a caller before its body is decoded; guards read it.

    Attributes:
        transport: The transport's name.
        operation: ``once``, ``stream``, ``open``, ``session``, ``describe``, ``metrics``, ``page``, ``reflection``,
            ``infer``, ``load``, ``xsf``.
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
