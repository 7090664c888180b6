"""Each call has a name of its own, found by pointer or by copy while it lives, and its memory stays a while longer."""

from __future__ import annotations

import threading

from athena_wrapper_native import tags as module
from athena_wrapper_native.abi import FFI, NULL
from athena_wrapper_native.tags import Tags


def test_a_tag_is_found_by_its_pointer_and_by_an_equal_string_until_it_is_over() -> None:
    tags = Tags()
    tag = tags.begin("sid")
    copy = FFI.new("char[]", tag.key)
    assert tags.find(tag.pointer) is tag
    assert tags.find(FFI.cast("void *", copy)) is tag
    tags.end(tag)
    tags.end(tag)
    assert (tags.find(copy), tags.find(NULL), len(tags)) == (None, None, 0)


def test_no_two_are_named_alike_even_where_callers_choose_the_id() -> None:
    tags = Tags()
    one, other = tags.begin("same"), tags.begin("same")
    assert one.name != other.name
    assert (tags.find(one.pointer), tags.find(other.pointer)) == (one, other)


def test_odd_ids_are_named_too() -> None:
    tags = Tags()
    for sid in ("", "a\0b", "\ud800", "x" * 100_000, "ü" * 400):
        tag = tags.begin(sid)
        assert tags.find(tag.pointer) is tag
        assert len(tag.key) < 2048


def test_the_memory_of_what_is_over_stays_but_not_forever(monkeypatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 8)
    tags = Tags()
    first = tags.begin("first")
    pointer, name = FFI.cast("char *", first.pointer), first.key
    tags.end(first)
    del first
    assert bytes(FFI.string(pointer)) == name
    for _ in range(100):
        tags.end(tags.begin("more"))
    assert len(tags._over) == 8


def test_units_add_up_from_many_threads_and_are_handed_over_once() -> None:
    tag = Tags().begin("sid")
    threads = [threading.Thread(target=lambda: [tag.count("chars", 1) for _ in range(1000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert tag.usage() == {"usage.chars": "4000"}
    assert tag.usage() == {}
