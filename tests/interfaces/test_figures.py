"""The kernel's own metrics are the figures that plugins are given."""

from __future__ import annotations

import inspect

import pytest

from athena.interfaces import Distribution, Figures
from athena.telemetry import BUCKETS, Histogram, Metrics


@pytest.mark.parametrize("family", ["counter", "histogram", "gauge"])
def test_the_kernels_metrics_keep_the_promise(family: str) -> None:
    assert Figures in Metrics.__mro__
    promised = inspect.signature(getattr(Figures, family)).parameters
    assert list(inspect.signature(getattr(Metrics, family)).parameters) == list(promised)


def test_a_histogram_is_a_distribution() -> None:
    sizes: Distribution = Metrics().histogram("athena_x", "X.", ("service",), BUCKETS)
    sizes.observe(("a",), 3)
    assert isinstance(sizes, Histogram)
    assert sum(sizes["a",].counts) == 1
