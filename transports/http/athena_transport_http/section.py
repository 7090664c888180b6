"""``[transports.http]``: every key of the transport's table."""

from __future__ import annotations

from athena.section import Bounds, above, at_least, between, option, section

__all__ = ["HttpSection"]


_UNSENT = frozenset({204, 205, 304})
statuses = Bounds(
    "codes with statuses from 200 to 599 that have a body",
    lambda table: all(
        code.lstrip("-").isdecimal() and 200 <= status <= 599 and status not in _UNSENT
        for code, status in table.items()
    ),
)


@section
class HttpSection:
    """The settings of the HTTP transport."""

    host: str = option("127.0.0.1", help="Address to bind.")
    port: int = option(8080, help="Port to bind; 0 picks a free one.", check=between(0, 65535))
    certificate: str = option("", help="PEM file with the TLS certificate and its chain; empty serves plain HTTP.")
    key: str = option("", help="PEM file with the certificate's private key; empty means it is in the same file.")
    client_ca: str = option("", help="PEM file of authorities; clients must then show a certificate of one of them.")
    allowed_hosts: list[str] = option(
        factory=list,
        help="Names a Host header may carry; empty means localhost's names when bound to loopback, else any.",
    )
    allowed_origins: list[str] = option(
        factory=list, help="Origins whose pages may call, as https://name[:port]; * for all. The own origin always may."
    )
    header_timeout: float = option(10.0, help="Seconds a request's headers may take.", check=above(0))
    body_timeout: float = option(
        30.0, help="Seconds without a kilobyte a second after which a body is given up with 408.", check=above(0)
    )
    idle_timeout: float = option(75.0, help="Seconds a connection may idle between requests.", check=above(0))
    send_timeout: float = option(10.0, help="Seconds a client may take nothing of its reply.", check=above(0))
    ping_interval: float = option(
        15.0, help="Seconds of silence after which a WebSocket is pinged; closed after two more.", check=above(0)
    )
    max_connections: int = option(16384, help="Open connections; those beyond are answered 503.", check=at_least(1))
    max_connections_per_address: int = option(
        0, help="Open connections of one client address; 0 for no bound.", check=at_least(0)
    )
    max_sessions_per_socket: int = option(
        1024, help="Sessions on one WebSocket with stream_mode=multiplex.", check=at_least(1)
    )
    code_map: dict[str, int] = option(
        factory=dict,
        help="The HTTP status for a header.code that is to have another: 4711 = 422; upstream's codeMap.",
        check=statuses,
    )
    compress: bool = option(True, help="Accept permessage-deflate from WebSocket clients that offer it.")
