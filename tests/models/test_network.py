"""Where kernels are and how they are reached."""

from __future__ import annotations

import attrs
import pytest

from athena.models import (
    ChannelOptions,
    Endpoint,
    Health,
    Instance,
)


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        (Endpoint("http", "127.0.0.1", 8080), "http://127.0.0.1:8080"),
        (Endpoint("http", "::1", 8080), "http://[::1]:8080"),
        (Endpoint("ipc", path="/run/a.sock"), "ipc:///run/a.sock"),
        (Endpoint("ws", "h", 1, "/v1"), "ws://h:1/v1"),
    ],
)
def test_an_endpoints_url_is_what_a_client_types(endpoint: Endpoint, url: str) -> None:
    assert endpoint.url == url


def test_a_kernel_is_ready_or_says_why_not() -> None:
    assert Health(True) == Health(True)
    assert Health(True) != Health(False, "down")
    assert dict(Health(True).workers) == {}


def test_an_instance_is_data_that_can_be_compared_and_kept_in_a_set() -> None:
    one = Instance("k-1", "ocr", (Endpoint("grpc", "10.0.0.7", 5090),))
    assert one == attrs.evolve(one)
    assert one.weight == 100


def test_a_channel_sends_no_credentials_unless_it_is_given_some() -> None:
    assert dict(ChannelOptions().headers) == {}
    assert ChannelOptions().verify is True
