"""What middleware needs beside ``@hookimpl(wrapper=True)``: the items and the end of an answer yet to come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import overload

from .errors import Cancelled, ServiceError
from .models import Reply

__all__ = ["each"]

Item = Callable[[Reply], Reply]
Ended = Callable[["BaseException | None"], None]
Batch = list[Reply | ServiceError]


@overload
def each(answer: Reply, *, item: Item | None = None, ended: Ended | None = None) -> Reply: ...
@overload
def each(answer: Batch, *, item: Item | None = None, ended: Ended | None = None) -> Batch: ...
@overload
def each(answer: Iterator[Reply], *, item: Item | None = None, ended: Ended | None = None) -> Iterator[Reply]: ...


def each(
    answer: Reply | Batch | Iterator[Reply], *, item: Item | None = None, ended: Ended | None = None
) -> Reply | Batch | Iterator[Reply]:
    """See every reply of an answer, and its end, whichever form the wrapper gave it.

    A pluggy wrapper ends before an iterator yields its first item, so middleware returns the iterator it wants
    consumed::

        class Timing:
            @hookimpl(wrapper=True)
            def athena_once_exec(self, request):
                try:
                    answer = yield
                except BaseException as error:
                    self.note(error)
                    raise
                return each(answer, ended=self.note)

    Args:
        answer: What the hook returned: a reply, an iterator of replies, or a batch's list.
        item: Called with each reply; what it returns goes on in its place.
        ended: Called once, at the end: with None when all went well, with Cancelled when nobody wanted the rest, else
            with what the iterator raised.

    Returns:
        What the middleware returns.
    """
    if isinstance(answer, Iterator):
        return _items(answer, item, ended)
    result: Reply | Batch = answer
    if item is not None:
        if isinstance(answer, list):
            result = [item(each) if isinstance(each, Reply) else each for each in answer]
        elif isinstance(answer, Reply):
            result = item(answer)
    if ended is not None:
        ended(None)
    return result


def _items(answer: Iterator[Reply], item: Item | None, ended: Ended | None) -> Iterator[Reply]:
    failure: BaseException | None = None
    try:
        for reply in answer:
            yield reply if item is None else item(reply)
    except GeneratorExit:
        failure = Cancelled("nobody wanted the rest")
        raise
    except BaseException as error:
        failure = error
        raise
    finally:
        # The wrapper's own finally comes first: what it holds is free when the end is told.
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        if ended is not None:
            ended(failure)
