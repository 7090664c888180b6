"""What is different between two configurations, and which way each service goes."""

from __future__ import annotations

import pytest

from athena.kernel.changes import Changes, Way
from athena.models import Document
from athena.settings import Settings, read

TOML = """\
[kernel]
drain_timeout = 5.0
[kernel.limits]
max_in_flight = 10
[log]
level = "info"
[services.a]
wrapper = "a"
queue = 4
[services.a.batch]
max_size = 2
[services.a.config]
key = "s3cret"
[services.b]
wrapper = "b"
executor = "thread"
"""


def settled(text: str) -> Settings:
    return read(Document(text), lambda group, name: None)


def changes(old: str, new: str, swap: tuple[str, ...] = ()) -> Changes:
    assert old in TOML
    return Changes(settled(TOML), settled(TOML.replace(old, new)), "2", swap)


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        ("queue = 4", "queue = 4", Way.KEEP),
        ("queue = 4", "queue = 5\nmax_concurrency = 3\nmax_sessions = 1\ndeadline = 2.0", Way.LIMITS),
        ('key = "s3cret"', 'key = "other"', Way.CONFIG),
        ('[services.a.config]\nkey = "s3cret"', "", Way.CONFIG),
        ('wrapper = "a"', 'wrapper = "c"', Way.SWAP),
        ("queue = 4", "workers = 2", Way.SWAP),
        ("queue = 4", "threads = 2", Way.SWAP),
        ("queue = 4", 'python = "/usr/bin/python3"', Way.SWAP),
        ("queue = 4", 'executor = "thread"', Way.SWAP),
        ("queue = 4", "grace = 1.0", Way.SWAP),
        ("[services.a.batch]\nmax_size = 2", "[services.a.batch]\nmax_size = 4\nmax_wait_ms = 1", Way.LIMITS),
        ("[services.a.batch]\nmax_size = 2", "", Way.SWAP),
    ],
)
def test_each_key_of_a_service_has_its_way(old: str, new: str, way: Way) -> None:
    found = changes(old, new)
    assert found.ways == {"a": way, "b": Way.KEEP}
    assert list(found.fixed()) == []


def test_a_service_that_is_to_be_swapped_is_whatever_has_changed() -> None:
    assert changes("queue = 4", "queue = 4", ("a",)).ways == {"a": Way.SWAP, "b": Way.KEEP}


def test_services_come_and_go() -> None:
    found = changes("[services.b]", "[services.c]")
    assert (found.added, found.removed, found.ways) == (["c"], ["b"], {"a": Way.KEEP})
    assert list(found.sentences()) == ["services.c: added", "services.b: removed; it finishes what it has"]


def test_what_cannot_change_is_named_key_by_key() -> None:
    found = changes("drain_timeout = 5.0", 'name = "x"\nadvertise = "y"')
    assert [problem.path for problem in found.fixed()] == [("kernel", "name"), ("kernel", "advertise")]
    found = changes("max_in_flight = 10", "max_message = 4096")
    assert [problem.path for problem in found.fixed()] == [("kernel", "limits", "max_message")]
    added = Changes(settled(TOML), settled(TOML + "[guards.g]\n"), "2")
    assert [str(problem) for problem in added.fixed()] == [
        "guards.g: is new, and cannot change while the kernel runs; restart it"
    ]
    assert list(Changes(settled(TOML + "[guards.g]\n"), settled(TOML), "2").fixed())


def test_the_sentences_tell_what_has_changed_and_no_secret() -> None:
    text = TOML.replace("queue = 4", "queue = 5\nspares = 1").replace("s3cret", "t0p")
    text = text.replace('"info"', '"debug"').replace("drain_timeout = 5.0", "watch = false").replace("10", "20")
    said = list(Changes(settled(TOML), settled(text), "2").sentences())
    assert said == [
        "kernel.drain_timeout: 5.0 → 30.0",
        "kernel.watch: true → false",
        "kernel.limits.max_in_flight: 10 → 20",
        "log.level: 'info' → 'debug'",
        "services.a.spares: 0 → 1",
        "services.a.queue: 4 → 5",
        "services.a.config: changed",
        "services.a: new workers have taken over; sessions end where they began",
    ]
