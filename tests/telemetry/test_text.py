"""The text format, read back by Prometheus' own parser."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from athena.telemetry.text import head, sample

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(TEXT, st.floats(allow_nan=False))
def test_a_label_and_a_number_are_read_back_as_they_were(value: str, number: float) -> None:
    lines = [*head("x", "X.", "gauge"), sample("x", {"label": value}, number)]
    (family,) = text_string_to_metric_families("\n".join(lines) + "\n")
    (found,) = family.samples
    assert (found.labels, found.value) == ({"label": value}, number)


def test_a_name_that_is_not_unicode_spoils_nothing() -> None:
    assert sample("x", {"label": "\udcff"}, 1.0) == 'x{label="?"} 1.0'


def test_what_is_no_number_is_written_as_prometheus_has_it() -> None:
    shown = [sample("x", {}, value) for value in (math.inf, -math.inf, math.nan)]
    assert shown == ["x +Inf", "x -Inf", "x NaN"]
