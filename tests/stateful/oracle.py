"""What a session must do, in plain Python: nothing of Athena is imported, so that no mistake is made twice."""

from __future__ import annotations

OK, CLOSED, GAP, GONE, FAILED = "OK", "SESSION_CLOSED", "OUT_OF_ORDER", "NOT_FOUND", "USER_ERROR"
HUNG_UP = ("CANCELLED", "UNAVAILABLE")
END = "END"
NOTHING = "nothing yet"


class Oracle:
    """One session as its client has to see it.

    Attributes:
        tag: The session's own name; every reply carries it.
        attached: Whether its scope is a stream: then a refused write ends it.
        due: Replies that are still to be read, in order.
        last: The terminal event that comes behind them: ``END``, ``USER_ERROR``, or None while there is none.
        cut: Faults of refused writes, which may end an attached session before its replies are through.
        told: Whether the terminal event was read.
        closed: Whether somebody closed it.
        lost: Whether its client hung up altogether: it may be told of that in more words than one.
        ran: The writes that were accepted and are to be run, in order.
    """

    def __init__(self, tag: str, *, attached: bool) -> None:
        self.tag = tag
        self.attached = attached
        self.due: list[str] = []
        self.last: str | None = None
        self.cut: set[str] = set()
        self.told = False
        self.closed = False
        self.lost = False
        self.ran: list[str] = []
        self.half_closed = False
        self.first: int | None = None
        self.next: int | None = None
        self._streams: set[str] = set()
        self._may_be_half_closed = False

    @property
    def over(self) -> bool:
        """Whether there is nothing more to be had of it."""
        return self.told or self.closed

    @property
    def ending(self) -> bool:
        """Whether it ends by itself or was refused something: what is written now may cross its end."""
        return self.last is not None or bool(self.cut)

    # --- writes -------------------------------------------------------------------------------------------------------

    def allowed(self, seq: int | None) -> set[str]:
        """What may come of a write now."""
        if self.lost:
            return {CLOSED, *HUNG_UP}
        if self.over:
            return {CLOSED} if self.attached else {GONE}
        if self.attached and self.ending:
            return {OK, CLOSED, *self.cut}
        known = seq is not None and self.first is not None and self.first <= seq < (self.next or 0)
        if self.half_closed:
            # The last write may be sent again, by who did not hear that it was taken.
            verdict = OK if known else CLOSED
        elif self.last is not None:
            return {OK, CLOSED}  # its wrapper has ended it, and nobody has read that yet
        else:
            verdict = OK if known or seq is None or self.next in (None, seq) else GAP
        # From a stream a refusal may come later, out of read.
        return {verdict, OK} if self.attached else {verdict}

    def wrote(self, key: str, text: str, seq: int | None, *, last: bool) -> None:
        """A write was sent; it was accepted or refused as ``allowed`` says."""
        if self.over or (self.attached and self.cut):
            return
        known = seq is not None and self.first is not None and self.first <= seq < (self.next or 0)
        if self.half_closed:
            if not known and self.attached:
                self.cut.add(CLOSED)
            return
        if self.last is not None:
            self._cross(key, last=last)
            return
        if known:
            return
        if seq is not None and self.next not in (None, seq):
            if self.attached:
                self.cut.add(GAP)
            return
        if seq is not None:
            self.first = seq if self.first is None else self.first
            self.next = seq + 1
        if key:  # else it is the mark that ends the input and says nothing
            self.ran.append(text)
            self._say(text)
        self._stream(key, last=last)

    def _cross(self, key: str, *, last: bool) -> None:
        """A write behind the one with which its wrapper ends it: the input may end before the wrapper gets there.

        Then whatever is written next is refused as it is behind any other input's end.
        """
        if self.attached and self._may_be_half_closed:
            self.cut.add(CLOSED)
        self._may_be_half_closed = self._ends(key, last=last) or self._may_be_half_closed

    def _say(self, text: str) -> None:
        """What the wrapper answers to one write."""
        number = len(self.ran)
        what = text.partition(":")[0]
        if what == "say":
            self.due.append(f"{self.tag}/{number}/{text}")
        elif what == "burst":
            self.due += [f"{self.tag}/{number}.{each}/{text}" for each in range(int(text.split(":")[1]))]
        elif what == "boom":
            self.last = FAILED
        elif what == "finish":
            self.due.append(f"{self.tag}/finished")
            self.last = END

    def _stream(self, key: str, *, last: bool) -> None:
        if self._ends(key, last=last):
            self.half_closed = True
            if self.last is None:
                self.due.append(f"{self.tag}/writes={len(self.ran)}")
                self.last = END

    def _ends(self, key: str, *, last: bool) -> bool:
        """Whether the input ends with this write."""
        if not last:
            self._streams.add(key)
            return False
        self._streams.discard(key)
        return key == "" or not self._streams

    # --- reads --------------------------------------------------------------------------------------------------------

    @property
    def speaks(self) -> bool:
        """Whether a read that waits must come back with something."""
        return self.over or bool(self.due) or self.ending

    def read(self, got: str, *, ended: bool, waited: bool) -> str:
        """A read came back; says what is wrong with that, or "".

        Args:
            got: The reply's text, ``NOTHING``, or the name of a fault.
            ended: Whether the reply's stage was END.
            waited: Whether the read had time enough.
        """
        if self.lost:
            right = got in (CLOSED, *HUNG_UP, *self.due)
            return "" if right else f"{self.tag}: its channel has stopped, and a read came back with {got}"
        if self.over:
            right = got == (CLOSED if self.attached else GONE)
            return "" if right else f"{self.tag} is over, and a read came back with {got}"
        if got == NOTHING:
            wrong = waited and self.speaks
            return f"{self.tag}: {self.wanted()} is due, and a long read came back empty" if wrong else ""
        if self.due and got == self.due[0]:
            self.due.pop(0)
            if ended != (self.last == END and not self.due):
                return f"{self.tag}: {got} came with end={ended}; still due: {self.due}, then {self.last}"
            self.told = ended
            return ""
        if got in self.cut or (not self.due and got == self.last):
            self.told = True
            return ""
        return f"{self.tag}: got {got}, expected {self.wanted()}"

    def wanted(self) -> str:
        """The next thing a reader must get."""
        return repr(self.due[:1] or self.last or sorted(self.cut) or "nothing")

    # --- the end ------------------------------------------------------------------------------------------------------

    def complaint(self, events: list[tuple[str, str]]) -> str:
        """What is wrong with what its wrapper did, (hook, text) in order; "" when all is well."""
        hooks = [hook for hook, _ in events if hook in ("create", "destroy")]
        if hooks != ["create", "destroy"]:
            return f"{self.tag}: created and destroyed like this: {hooks}"
        if [text for hook, text in events if hook == "late"]:
            return f"{self.tag}: emitted after its end"
        ran = [text for hook, text in events if hook == "write"]
        # Closing drops what still waited; an end that the client has seen drops nothing.
        whole = self.told and not self.cut
        if ran != (self.ran if whole else self.ran[: len(ran)]):
            return f"{self.tag}: ran {ran}, accepted {self.ran}"
        return ""
