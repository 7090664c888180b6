"""A middleware that notes every end keeps the contract of middleware, installed as any distribution would be."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from athena.testing import MiddlewareContract
from athena.testing.journal import Journal

MODULE = """
from athena import hookimpl
from athena.middleware import each
from athena.section import option, section
from athena.testing.journal import Journal


class Ends:
    @section
    class Section:
        journal: str = option("", help="File to note into.")

    def __init__(self, section):
        self.journal = Journal(section.journal)

    def ended(self, hook):
        return lambda error: self.journal.note("end", f"{hook} {type(error).__name__ if error else 'ok'}")

    @hookimpl(wrapper=True)
    def athena_once_exec(self, request):
        try:
            answer = yield
        except BaseException as error:
            self.ended("athena_once_exec")(error)
            raise
        return each(answer, ended=self.ended("athena_once_exec"))

    @hookimpl(wrapper=True)
    def athena_batch_exec(self, requests):
        try:
            answer = yield
        except BaseException as error:
            self.ended("athena_batch_exec")(error)
            raise
        return each(answer, ended=self.ended("athena_batch_exec"))

    @hookimpl(wrapper=True)
    def athena_session_create(self, context):
        session = yield
        self.ended("athena_session_create")(None)
        return session

    @hookimpl(wrapper=True)
    def athena_session_write(self, session, request):
        yield
        self.ended("athena_session_write")(None)

    @hookimpl(wrapper=True)
    def athena_session_destroy(self, session):
        yield
        self.ended("athena_session_destroy")(None)
"""


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A distribution with one middleware, on the path of this process and of its children."""
    folder = tmp_path_factory.mktemp("site")
    folder.joinpath("ends_of_calls.py").write_text(MODULE)
    info = folder / "ends_of_calls-1.0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: ends-of-calls\nVersion: 1.0\n")
    info.joinpath("entry_points.txt").write_text("[athena.middleware]\nends = ends_of_calls:Ends\n")
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(folder))
    patch.setenv("PYTHONPATH", str(folder))
    yield
    patch.undo()
    sys.modules.pop("ends_of_calls", None)


class Noting(MiddlewareContract):
    middleware = "ends"

    @classmethod
    def table(cls, folder: Path) -> Mapping[str, object]:
        return {"journal": str(folder / "ends")}

    def seen(self, folder: Path) -> Sequence[str] | None:
        return [str(entry["tag"]) for entry in Journal(folder / "ends").find("end")]


class TestThread(Noting):
    executor = "thread"


class TestProcess(Noting):
    executor = "process"
