"""Host, Origin and Sec-Fetch-Site: whose names and whose pages may call."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from athena_transport_http.origins import Origins, Stranger
from athena_transport_http.section import HttpSection

PORT = "127.0.0.1:8080"


def headers(**named: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in named.items()}))


@pytest.mark.parametrize("host", [PORT, "localhost", "LOCALHOST:1", "[::1]:8080", "127.0.0.1"])
def test_on_loopback_the_names_of_this_machine_are_ours(host: str) -> None:
    Origins(HttpSection()).check(headers(Host=host))


@pytest.mark.parametrize(
    "host", ["evil.example:8080", "", "127.0.0.1.evil.example", "localhost.evil", "[::1", "169.254.0.1"]
)
def test_on_loopback_any_other_name_is_a_rebinding(host: str) -> None:
    with pytest.raises(Stranger, match="allowed_hosts") as caught:
        Origins(HttpSection()).check(headers(Host=host))
    assert caught.value.status == 421


def test_a_listed_name_is_ours_and_then_no_other() -> None:
    origins = Origins(HttpSection(host="10.0.0.1", allowed_hosts=["api.example"]))
    origins.check(headers(Host="API.example:443"))
    with pytest.raises(Stranger):
        origins.check(headers(Host="10.0.0.1"))


def test_bound_to_the_world_without_a_list_any_name_is_ours() -> None:
    Origins(HttpSection(host="0.0.0.0")).check(headers(Host="whatever.example"))
    with pytest.raises(Stranger):
        Origins(HttpSection(host="0.0.0.0")).check(headers())


@pytest.mark.parametrize("origin", [f"http://{PORT}", f"https://{PORT}"])
def test_our_own_pages_may_call(origin: str) -> None:
    Origins(HttpSection()).check(headers(Host=PORT, Origin=origin, Sec_Fetch_Site="same-origin"))


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8080", ""]
)
def test_pages_of_other_origins_may_not(origin: str) -> None:
    with pytest.raises(Stranger, match="allowed_origins") as caught:
        Origins(HttpSection()).check(headers(Host=PORT, Origin=origin))
    assert caught.value.status == 403


def test_a_listed_origin_may_call_and_read() -> None:
    origins = Origins(HttpSection(allowed_origins=["https://app.example/"]))
    given = headers(Host=PORT, Origin="https://app.example", Sec_Fetch_Site="cross-site")
    origins.check(given)
    assert origins.shared_with(given)["Access-Control-Allow-Origin"] == "https://app.example"
    assert origins.shared_with(headers(Host=PORT, Origin="https://other.example")) == {}
    assert origins.shared_with(headers(Host=PORT)) == {}


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_a_browser_that_says_it_comes_from_elsewhere_is_refused_without_an_origin_too(site: str) -> None:
    with pytest.raises(Stranger):
        Origins(HttpSection()).check(headers(Host=PORT, Sec_Fetch_Site=site))
    Origins(HttpSection(allowed_origins=["*"])).check(headers(Host=PORT, Sec_Fetch_Site=site))


def test_what_is_remembered_of_hosts_is_bounded() -> None:
    origins = Origins(HttpSection(host="0.0.0.0"))
    for number in range(2000):
        origins.check(headers(Host=f"h{number}.example"))
    assert len(origins._passed) <= 256
