"""The tables are checked like any other, before anything starts."""

from __future__ import annotations

import pytest

from athena.errors import SettingsError
from athena.kernel import start
from athena.models import Document
from athena.settings import settle
from athena_middleware_otel.section import OtelSection


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("sample = 1.5", "meters.otel.sample: expected 0 to 1"),
        ('exporter = "zipkin"', "meters.otel.exporter: expected one of: otlp, console"),
        ("delay = 0", "meters.otel.delay: expected more than 0"),
        ('endpoin = "x"', "meters.otel.endpoin: unknown key"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_line(line: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        await start(Document(f"[meters.otel]\n{line}\n"))
    assert text in str(caught.value)


def test_credentials_are_not_shown() -> None:
    assert "***" in repr(settle(OtelSection, {"headers": {"authorization": "secret"}}))
