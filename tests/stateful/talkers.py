"""One session of the wrappers that the stateful test drives; imported by them, beside which it lies."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator

from athena import Fault, Part, Reply, Request, ServiceError, SessionContext, Stage
from athena.errors import Cancelled


class Talk:
    """Notes what its hooks are asked into a file, and says what is to be replied."""

    def __init__(self, context: SessionContext) -> None:
        self.context = context
        self.tag = context.params["tag"]
        self.waiting: list[Reply] = []
        self._writes = 0
        self._streams: set[str] = set()
        self._note("create")

    def answer(self, request: Request) -> Iterator[Reply]:
        """The replies to one write, and the end where it was the last."""
        (part,) = request.parts
        what, _, rest = part.text.partition(":")
        over = False
        if part.key or part.text:
            self._writes += 1
            self._note("write", part.text)
        if what == "say":
            yield self._reply(f"{self._writes}/{part.text}")
        elif what == "burst":
            for each in range(int(rest.split(":")[0])):
                yield self._reply(f"{self._writes}.{each}/{part.text}")
        elif what == "nap":
            time.sleep(float(rest))
        elif what == "boom":
            raise ServiceError(Fault.USER_ERROR, "as it was told", code=4711)
        elif what == "finish":
            over = True
            yield self._reply("finished", Stage.END)
        if self._last(part) and not over:
            yield self._reply(f"writes={self._writes}", Stage.END)

    def destroyed(self) -> None:
        """Its end, a moment of which its wrapper may need; what it says from now on must not be heard."""
        time.sleep(float(self.context.params.get("lingers", "0")))
        self._note("destroy")
        self._late()
        threading.Timer(0.02, self._late).start()

    def _late(self) -> None:
        try:
            self.context.outbox.emit(self._reply("late"))
        except Cancelled:
            return
        self._note("late")

    def _last(self, part: Part) -> bool:
        if part.stage not in (Stage.END, Stage.ONCE):
            self._streams.add(part.key)
            return False
        self._streams.discard(part.key)
        return part.key == "" or not self._streams

    def _reply(self, text: str, stage: Stage = Stage.CONTINUE) -> Reply:
        return Reply((Part.from_text("text", f"{self.tag}/{text}", stage),), stage)

    def _note(self, hook: str, text: str = "") -> None:
        line = json.dumps([self.tag, hook, text]).encode() + b"\n"
        # One write of one short line is atomic: threads and workers share the file.
        file = os.open(self.context.params["journal"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)
