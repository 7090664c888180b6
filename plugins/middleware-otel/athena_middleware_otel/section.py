"""Where spans go, and which: the keys of ``[meters.otel]`` and of ``[middleware.otel]``."""

from __future__ import annotations

from collections.abc import Mapping

from athena.section import Secret, above, between, not_empty, one_of, option, section

__all__ = ["OtelSection"]


@section
class OtelSection:
    """Keys of both tables."""

    exporter: str = option(
        "otlp", help="otlp sends to a collector over HTTP, console writes to stderr.", check=one_of("otlp", "console")
    )
    endpoint: str = option(
        "http://127.0.0.1:4318/v1/traces", help="The collector's URL for traces, path included.", check=not_empty
    )
    headers: Mapping[str, Secret] = option(
        factory=dict, help="Headers for the collector: credentials, say; never shown."
    )
    name: str = option("athena", help="service.name of the spans.", check=not_empty)
    sample: float = option(
        1.0,
        help="Share of the traces begun here that are kept; whoever began one elsewhere decides.",
        check=between(0, 1),
    )
    delay: float = option(1.0, help="Seconds spans wait to be sent together.", check=above(0))
    timeout: float = option(2.0, help="Seconds one sending, and the last one at the stop, may take.", check=above(0))
