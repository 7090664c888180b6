"""Nobody serves other machines by accident: the tables are judged before the start, and what was bound after it."""

from __future__ import annotations

import pytest

from athena.errors import SettingsError
from athena.kernel import Kernel, start
from athena.kernel.exposure import exposed_endpoints
from athena.models import Document, Endpoint
from athena.plugins import Catalog
from athena.section import option, section
from athena.settings import Settings

HOSTS = [
    ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
    ("10.0.0.7", False), ("example.org", False),
]  # fmt: skip


@section
class Address:
    """A transport's table."""

    host: str = option("127.0.0.1", help="Address to bind.")


class Wire:
    """A transport that must not come as far as being made."""

    Section = Address

    def __init__(self, _: Address) -> None:
        raise AssertionError("nothing is made of a table that is refused")


class Guarded:
    """A guard's table."""


PLUGINS = {"transports.t": Wire, "guards.g": Guarded}
TEXT = '[transports.t]\nhost = "HOST"\n'


def read(text: str) -> Settings:
    return Kernel(None, {}, Catalog(PLUGINS)).read(Document(text, "1", "site.toml"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("host", "fine"), HOSTS)
def test_a_table_with_an_address_others_can_reach_needs_a_guard_or_an_explicit_word(host: str, fine: bool) -> None:
    text = TEXT.replace("HOST", host)
    if fine:
        read(text)
        return
    with pytest.raises(SettingsError) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert (problem.line, problem.path) == (2, ("transports", "t", "host"))
    for word in (host, "no guard", "[guards.<name>]", "127.0.0.1", "kernel.unguarded"):
        assert word in problem.text
    read(text + "[guards.g]\n")
    read(text + "[kernel]\nunguarded = true\n")


async def test_nothing_is_started_for_such_a_table() -> None:
    with pytest.raises(SettingsError, match="no guard"):
        await start(Document(TEXT.replace("HOST", "0.0.0.0"), "1", "site.toml"), plugins=PLUGINS)


@pytest.mark.parametrize(("host", "fine"), [*HOSTS, ("", True)])
def test_what_was_bound_is_judged_by_its_address(host: str, fine: bool) -> None:
    found = list(exposed_endpoints("transports.t", (Endpoint("t", host, 80), Endpoint("unix", path="/run/t"))))
    assert [problem.path for problem in found] == ([] if fine else [("transports", "t")])
