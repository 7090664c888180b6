"""Where keys go, and what is told of them."""

from __future__ import annotations

import pytest

from athena.models import Became
from athena_wrapper_aiges.moves import Moves, address


def moves(tables: dict[str, object] | None = None) -> Moves:
    return Moves(tables or {}, "it", ".")


def test_what_the_file_says_itself_wins_and_that_is_told() -> None:
    given = {"log": {"level": "debug"}}
    made = moves(given)
    made.move(("log", "level"), ("log", "level"), "error", "a word")
    assert made.tables == {"log": {"level": "debug"}}
    assert made.became[0].text == "a word; the file's own key of that name holds"
    assert given == {"log": {"level": "debug"}}, "what was read is nobody's to change"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.0.0.0:1888", ("0.0.0.0", 1888)),
        ("http://127.0.0.1:80/", ("127.0.0.1", 80)),
        (":1888", ("", 1888)),
        ("[::1]:5", ("::1", 5)),
        ("no port", ("", "no port")),
    ],
)
def test_an_address_is_read_with_or_without_a_scheme(value: str, expected: tuple[str, object]) -> None:
    assert address(value) == expected


def test_an_address_beyond_this_machine_is_served_unguarded_as_upstream_does() -> None:
    made = moves()
    made.listens["wrapper"] = (("wrapper", "http_listen"), "0.0.0.0:1888")
    made.finish()
    assert made.tables["transports"]["http"] == {"port": 1888, "host": "0.0.0.0"}
    assert made.tables["kernel"] == {"unguarded": True}
    assert "kernel.unguarded = true is set" in made.became[-1].text
    guarded = moves({"guards": {"key": {}}})
    guarded.serve_on(("transports", "http", "host"), "0.0.0.0")
    assert "kernel" not in guarded.tables


def test_of_two_addresses_the_one_upstream_reads_holds() -> None:
    made = moves()
    made.listens["service"] = (("it", "http_listen"), "127.0.0.1:1")
    made.listens["wrapper"] = (("wrapper", "http_listen"), "127.0.0.1:2")
    made.finish()
    assert made.tables["transports"]["http"]["port"] == 2
    assert [one.new for one in made.became] == [(), ("transports", "http", "port")]
    alone = moves()
    alone.listens["service"] = (("it", "http_listen"), "127.0.0.1:1")
    alone.finish()
    assert alone.tables["transports"]["http"]["port"] == 1


def test_without_an_address_http_is_served_on_a_free_port() -> None:
    made = moves()
    made.finish()
    assert made.tables == {"transports": {"http": {"port": 0}}}


def test_a_key_of_the_service_goes_below_it() -> None:
    made = moves()
    made.of_service(("aiges", "x"), "config.aiges.results", "read")
    made.lost(("aiges", "y"), "no")
    assert made.tables == {"services": {"it": {"config": {"aiges": {"results": "read"}}}}}
    assert made.became[1] == Became(("aiges", "y"), (), "no")
