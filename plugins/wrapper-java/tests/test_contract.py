"""The contract every wrapper keeps, kept by the example in Java."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena.models import Part, Request, Stage
from athena.testing import WrapperContract

pytestmark = pytest.mark.xdist_group("java")


class TestEcho(WrapperContract):
    operations = ("once", "batch", "session")
    samples = (
        Request("", parts=(Part.from_text("text", "grüße"),)),
        Request("", parts=(Part("a", bytes(range(256))), Part.from_text("b", ""), Part("c", bytes(1 << 20)))),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def built(cls, echo_jar: Path) -> None:
        cls.wrapper = str(echo_jar)  # type: ignore[misc]


class TestAsked(WrapperContract):
    operations = ("batch", "session")
    samples = (Request("", parts=(Part.from_text("text", "hello", Stage.ONCE),)),)
    deterministic = False  # it says how many it was answered beside

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def built(cls, archives: Path) -> None:
        cls.wrapper = str(archives / "asked.jar")  # type: ignore[misc]


class TestTogether(WrapperContract):
    operations = ("batch", "session")
    samples = (Request("", parts=(Part.from_text("text", "hello"),)),)

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def built(cls, archives: Path) -> None:
        cls.wrapper = str(archives / "together.jar")  # type: ignore[misc]
