"""Who declares less has fewer rows, and no skipped ones; who declares more again, has them again."""

from __future__ import annotations

from athena.testing import TransportContract, WrapperContract
from athena.testing.declared import Declared, needs


class Rows(Declared):
    things: frozenset[str] = frozenset()

    @classmethod
    def has(cls) -> frozenset[str]:
        return cls.things

    def test_always(self) -> str:
        return "always"

    @needs("wheels")
    def test_rolls(self) -> str:
        return "rolls"

    @needs("wheels", "wings")
    def test_takes_off(self) -> str:
        return "takes off"


class Cart(Rows):
    things = frozenset({"wheels"})


class Plane(Cart):
    things = frozenset({"wheels", "wings"})


class Glider(Plane):
    things = frozenset({"wings"})

    def test_takes_off(self) -> str:
        return "is towed"


class Toy(Glider):
    pass


def rows(cls: type) -> set[str]:
    return {name for name in dir(cls) if name.startswith("test_") and callable(getattr(cls, name))}


def test_a_class_has_the_rows_whose_needs_it_declares() -> None:
    assert rows(Cart) == {"test_always", "test_rolls"}
    assert rows(Plane) == {"test_always", "test_rolls", "test_takes_off"}


def test_a_row_that_a_class_writes_itself_stays_and_is_inherited() -> None:
    assert rows(Glider) == {"test_always", "test_takes_off"}
    assert Glider().test_takes_off() == Toy().test_takes_off() == "is towed"


def test_a_class_in_between_takes_nothing_from_those_below() -> None:
    class Silent(Rows):
        pass

    class Loud(Silent):
        things = frozenset({"wheels"})

    assert rows(Silent) == {"test_always"}
    assert rows(Loud) == {"test_always", "test_rolls"}


def test_a_transport_without_a_wire_is_asked_less_and_so_is_a_wrapper_without_sessions() -> None:
    class Wireless(TransportContract):
        wire = False

    class Talker(WrapperContract):
        operations = ("session",)

    class Single(WrapperContract):
        pass

    assert rows(TransportContract) - rows(Wireless) == {
        "test_garbage_on_the_socket_calls_no_hook_and_hurts_nobody",
        "test_a_connection_that_says_nothing_holds_nobody_up",
        "test_a_client_that_is_killed_destroys_exactly_once",
    }
    assert "test_a_session_ends_after_its_input_has_ended" in rows(Talker) - rows(Single)
    assert "test_good_requests_are_answered_as_described" in rows(Single) - rows(Talker)
