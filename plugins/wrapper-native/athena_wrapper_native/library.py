"""One shared library: opened, its symbols counted, its error codes put into words, its callback."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from athena import Executed, Fault, ServiceError
from athena.errors import PluginBroken, PluginRefused

from .abi import FFI, NULL, SYMBOLS, Pointer
from .controls import Controls
from .nodes import Lent, parts_of, words
from .options import OWN, Options
from .tags import Outcome, Tags

__all__ = ["Library"]

log = logging.getLogger("athena.wrapper.native")

_OPENED: list[Library] = []
"""Every library of this process: one that was opened may call back as long as the process lives."""


class Library:
    """A wrapper library in this process.

    Attributes:
        lib: Its functions.
        missing: Those of the ABI it has not.
        tags: Its calls and sessions.
        callback: What it is given to answer with.
        once, sessions: ``"sync"``, ``"async"``, or "" where it has none.
    """

    def __init__(self, path: str, options: Options) -> None:
        """Raises:
        PluginBroken: It cannot be opened.
        PluginRefused: It has neither single calls nor sessions.
        """
        self.name = Path(path).name
        self.options = options
        self.lib = _opened(path)
        self.missing = tuple(name for name in SYMBOLS if not self._exports(name))
        self.tags = Tags()
        self.callback: Pointer = FFI.callback("wrapperCallback", self._called, error=-1)
        self._controls = Controls(self.tags)
        _OPENED.append(self)
        self.once = self._way("wrapperExec", "wrapperExecAsync")
        sessions = {"wrapperCreate", "wrapperWrite", "wrapperDestroy"}.isdisjoint(self.missing)
        self.sessions = self._way("wrapperRead", "wrapperCreate") if sessions else ""
        if not self.once and not self.sessions:
            text = _uncallable(self.name, self.missing)
            raise PluginRefused(text, plugin="hosts.so")
        if self.missing:
            lacks = "; ".join(f"{name}: {SYMBOLS[name]}" for name in self.missing)
            log.info("%s lacks %d of %d functions: %s", self.name, len(self.missing), len(SYMBOLS), lacks)

    def has(self, *names: str) -> bool:
        """Whether it exports these functions."""
        return not any(name in self.missing for name in names)

    def lent(self) -> Lent:
        """Memory for one call."""
        return Lent(dummies=self.options.dummies)

    def version(self) -> str:
        """What it says its version is."""
        return words(self.lib.wrapperVersion()) if self.has("wrapperVersion") else ""

    def init(self, config: Mapping[str, str]) -> None:
        """Set its controls, and initialise it.

        Raises:
            PluginBroken: It said no, in its own words.
        """
        if self.has("wrapperSetCtrl"):
            for kind, function in self._controls.functions.items():
                if code := self.lib.wrapperSetCtrl(kind, FFI.cast("void *", function)):
                    log.info("%s: wrapperSetCtrl(%d) returned %d; it tells nothing of that kind", self.name, kind, code)
        if self.has("wrapperInit"):
            lent = self.lent()
            if code := self.lib.wrapperInit(lent.params(config)):
                raise PluginBroken(f"{self.name}: wrapperInit returned {code}: {self._text(code)}", plugin="hosts.so")

    def fini(self) -> None:
        """Tell it that it is over. It stays open: threads of its own may still be in it."""
        if self.has("wrapperFini") and (code := self.lib.wrapperFini()):
            log.warning("%s: wrapperFini returned %d: %s", self.name, code, self._text(code))

    def failed(self, function: str, code: int) -> ServiceError:
        """An error code, as its caller gets it: the code, and the library's words for it."""
        fault = Fault.BAD_REQUEST if code in self.options.bad_request else Fault.USER_ERROR
        text = self._text(code) or f"{function} failed with code {code}"
        return ServiceError(fault, text, executed=Executed.YES, code=code)

    def _way(self, sync: str, asynchronous: str) -> str:
        """By return or by callback, as the options and the symbols allow."""
        asked = self.options.asynchronous
        if asked is None:
            asked = not self.has(sync)
        return ("async" if asked else "sync") if self.has(asynchronous if asked else sync) else ""

    def _exports(self, name: str) -> bool:
        try:
            return bool(getattr(self.lib, name) != NULL)
        except AttributeError:
            return False

    def _text(self, code: int) -> str:
        return words(self.lib.wrapperError(code)) if self.has("wrapperError") else ""

    def _called(self, pointer: Pointer, head: Pointer, code: int) -> int:
        """wrapperCallback, from any thread of the library's."""
        try:
            tag = self.tags.find(pointer)
            if tag is None or tag.deliver is None:
                return -1
            return 0 if tag.deliver(code or _copied(head)) else -1
        except Exception:
            log.exception("%s: a callback failed", self.name)
            return -1


def _uncallable(name: str, missing: Sequence[str]) -> str:
    if len(missing) == len(SYMBOLS):
        hint = 'in C++ they are declared extern "C", and where symbols are hidden, WrapperAPI shows them'
        return f"{name} exports none of the {len(SYMBOLS)} functions of wrapper.h; {hint}"
    return (
        f"{name} is no wrapper that can be called: it has none of wrapperExec, wrapperExecAsync, or wrapperCreate with "
        f"wrapperWrite and wrapperDestroy, that {OWN}.asynchronous allows; missing: {', '.join(missing)}"
    )


def _copied(head: Pointer) -> Outcome:
    try:
        return parts_of(head, "the callback", terminated=True)
    except ServiceError as error:
        return error  # its caller's to be told, not only the log's


def _opened(path: str) -> Pointer:
    try:
        return FFI.dlopen(path, FFI.RTLD_NOW | FFI.RTLD_LOCAL)
    except OSError as error:
        text = (
            f"{Path(path).name} cannot be opened: {error}; libraries it needs are looked for along LD_LIBRARY_PATH, "
            "which [services.x.process] environment sets"
        )
        raise PluginBroken(text, plugin="hosts.so") from error
