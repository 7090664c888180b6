"""The hooks of a session find its parent; nobody is given that of another session."""

from __future__ import annotations

from opentelemetry.context import Context

from athena_middleware_otel.parents import Parents


def test_a_session_is_found_by_its_id_and_ended_by_its_token() -> None:
    parents, token, parent = Parents(), object(), Context({"who": "a"})
    parents.opened("1", token, parent)
    assert parents.of("1") is parent
    assert parents.closed(token) == ("1", parent)
    assert (parents.of("1"), parents.closed(token)) == (Context(), ("", Context()))


def test_a_token_that_many_sessions_share_tells_of_none_and_nothing_piles_up() -> None:
    parents = Parents()
    for number in range(3):
        parents.opened(str(number), True, Context({"who": str(number)}))
    assert parents.of("1")["who"] == "1"
    assert parents.closed(True) == ("", Context())
    assert parents.closed(True) == ("", Context())
    parents.closed(True)
    assert [parents.of(str(number)) for number in range(3)] == [Context()] * 3
    assert parents.closed(True) == ("", Context())


def test_sessions_that_never_end_do_not_pile_up() -> None:
    parents = Parents(most=2)
    tokens = [object() for _ in range(4)]
    for number, token in enumerate(tokens):
        parents.opened(str(number), token, Context({"who": str(number)}))
    assert [bool(parents.of(str(number))) for number in range(4)] == [False, False, True, True]
    assert parents.closed(tokens[0]) == ("", Context())
    assert parents.closed(tokens[3])[0] == "3"
