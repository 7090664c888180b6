"""What all probes do besides their work: fail where they are told to, and keep a journal."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Mapping

from athena.errors import Executed, Fault, ServiceError
from athena.models import Change, Description, WrapperContext
from athena.section import option, section
from athena.specs import hookimpl
from athena.testing.journal import Journal
from athena.testing.misbehave import misbehave
from athena.wrapper import Wrapper

__all__ = ["Lifecycle", "ProbeSection", "refusal"]


@section
class ProbeSection:
    """``[services.x.config]`` of a probe."""

    journal: str = option("", help="File to note executions, creates and destroys into.")
    note: str = option("", help="Any text; the reply to do=see shows it, so a reload can be seen.")
    fail_in: str = option("", help="Lifecycle hook that fails: constructor, describe, init, check, reload or fini.")
    fail_with: str = option("exception", help="How it fails; a name of athena.testing.misbehave.")


class Lifecycle(Wrapper):
    """What all probes do besides their work: fail where they are told to, and keep a journal."""

    Section = ProbeSection
    version = "1.0"

    def __init__(self, section: ProbeSection) -> None:
        self.section = section
        self.journal = Journal(section.journal)
        self.met: Counter[str] = Counter()
        self.calm = threading.Condition()
        self._fail("constructor")

    @hookimpl
    def athena_describe(self) -> Description:
        """What the class attributes say."""
        self._fail("describe")
        described: Description = Wrapper.athena_describe(self)
        return described

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        """Note that it began, and for whom."""
        self._fail("init")
        self.journal.note("init", service=context.service, pid=os.getpid(), thread=threading.current_thread().name)

    @hookimpl
    def athena_config_check(self, change: Change) -> None:
        """Refuse where the *new* section says so."""
        self._fail("check", change.new)

    @hookimpl
    def athena_config_reload(self, change: Change) -> None:
        """Take the new section."""
        self._fail("reload", change.new)
        assert isinstance(change.new, ProbeSection)
        self.section = change.new
        self.journal.note("reload", change.new.note)

    @hookimpl
    def athena_fini(self) -> None:
        """Note that it ended."""
        self._fail("fini")
        self.journal.note("fini", pid=os.getpid())

    def _fail(self, hook: str, section: object = None) -> None:
        told = section if isinstance(section, ProbeSection) else self.section
        if told.fail_in == hook:
            misbehave(told.fail_with)

    def took(self, event: str, params: Mapping[str, str], sid: str) -> None:
        """Note an event of the call or session whose parameters these are."""
        self.journal.note(event, params.get("tag", ""), sid=sid, pid=os.getpid())


def refusal(params: Mapping[str, str]) -> ServiceError:
    """The ServiceError that the parameters describe: ``fault executed code retry_after message``."""
    code, later = params.get("code"), params.get("retry_after")
    return ServiceError(
        Fault[params.get("fault", "USER_ERROR")],
        params.get("message", "refused by the probe"),
        executed=Executed(params.get("executed", "yes")),
        code=None if code is None else int(code),
        retry_after=None if later is None else float(later),
    )
