"""The executor that answers where it is asked is one like any other to the kernel."""

from __future__ import annotations

from athena import Part
from athena.testing.kit import Kit
from benchmarks.inline import InlineFactory

TOML = """
[services.echo]
wrapper = "benchmarks.wrappers:Mirror"
executor = "inline"
"""


def test_a_call_is_answered_with_its_own_parts(athena_kit: Kit) -> None:
    house = athena_kit.boot(TOML, plugins={"executors.inline": InlineFactory})
    (part,) = house.once("echo", Part("data", b"x")).parts
    assert (part.key, part.tobytes()) == ("data", b"x")
