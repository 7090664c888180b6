"""Lists in and out: whole, copied, ended; and what cannot be a list is an error with words."""

from __future__ import annotations

from typing import Any

import pytest

from athena import Fault, Kind, Part, ServiceError, Stage
from athena_wrapper_native.abi import FFI, NULL
from athena_wrapper_native.nodes import Lent, parts_of, words


def test_params_are_a_list_in_order_with_lengths_and_ends() -> None:
    lent = Lent()
    head = lent.params({"a": "1", "b": "x\0y", "ü": ""})
    assert [words(FFI.addressof(head[index], "key")[0]) for index in range(3)] == ["a", "b", "ü"]
    assert [head[index].vlen for index in range(3)] == [1, 3, 0]
    assert bytes(FFI.buffer(head[1].value, 4)) == b"x\0y\0"
    assert head.next.next.next == NULL


def test_parts_survive_the_way_in_and_out() -> None:
    parts = [
        Part("a", b"\0\xff\0", Kind.IMAGE, Stage.BEGIN, None, {"encoding": "jpg", "empty": ""}),
        Part("b", memoryview(b"text"), Kind.TEXT, Stage.END),
        Part("c", b"", Kind.OTHER, Stage.ONCE),
    ]
    lent = Lent()
    found = parts_of(lent.parts(parts), "it")
    assert [(p.key, bytes(p.data), p.kind, p.stage, dict(p.attributes)) for p in found] == [
        (p.key, bytes(p.data), p.kind, p.stage, dict(p.attributes)) for p in parts
    ]


def test_empty_lists_are_null_or_one_node_without_a_key_as_asked() -> None:
    assert (Lent().params({}), Lent().parts(())) == (NULL, NULL)
    for list_ in (Lent(dummies=True).params({}), Lent(dummies=True).parts(())):
        assert (list_.key, list_.next) == (NULL, NULL)


def test_what_is_lent_is_a_copy_that_may_be_written_to() -> None:
    data = b"constant"
    lent = Lent()
    FFI.buffer(lent.parts([Part("a", data)]).data, 8)[:] = b"XXXXXXXX"
    assert data == b"constant"


def test_numbers_are_an_array_or_nothing() -> None:
    array, count = Lent().numbers([7, 2**32 - 1])
    assert ([array[0], array[1]], count) == ([7, 4294967295], 2)
    assert Lent().numbers([]) == (NULL, 0)


def test_descriptions_are_as_long_as_they_say_or_end_with_a_nul_in_callbacks() -> None:
    lent = Lent()
    head = lent.parts([Part("a", b"", attributes={"k": "x\0y"})])
    assert parts_of(head, "it")[0].attributes == {"k": "x\0y"}
    assert parts_of(head, "it", terminated=True)[0].attributes == {"k": "x"}


def test_nodes_without_key_and_data_are_nothing_and_odd_numbers_are_other_and_once() -> None:
    lent = Lent()
    head: Any = lent.parts([Part("a"), Part("b", b"x"), Part("c", b"kept")])
    head[0].key = head[2].key = NULL
    head[1].type, head[1].status = 9, -1
    part, kept = parts_of(head, "it")
    assert (part.key, part.kind, part.stage) == ("b", Kind.OTHER, Stage.ONCE)
    assert (kept.key, kept.data) == ("", b"kept")


@pytest.mark.parametrize("broken", ["ring", "hole", "described by a ring"])
def test_what_cannot_be_a_list_is_an_error_that_names_the_function(broken: str) -> None:
    lent = Lent()
    head: Any = lent.parts([Part("a", b"x", attributes={"k": "v"})])
    if broken == "ring":
        head.next = head
    elif broken == "hole":
        head.data = NULL
    else:
        head.desc.next = head.desc
    with pytest.raises(ServiceError, match=r"wrapperRead (gave|described)") as caught:
        parts_of(head, "wrapperRead")
    assert caught.value.fault is Fault.USER_ERROR


def test_words_of_nothing_are_none_and_of_bad_utf_8_are_replaced() -> None:
    assert words(NULL) == ""
    assert words(FFI.new("char[]", b"caf\xe9")) == "caf\ufffd"
