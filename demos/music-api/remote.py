"""Calls of a remote HTTP API, as a wrapper makes them: within the caller's time, given up when the caller has gone, and
tried again where that does no harm.

One event loop, in a thread of its own, waits for all calls over one pool of connections; a wrapper's threads ask it and
look now and then whether anybody still waits. Nothing here knows of music.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from attrs import frozen

from athena import Cancelled, Fault, ServiceError

POLL = 0.05  # seconds between two looks at whether anybody still waits
LONGEST = 2.0  # seconds of one back-off
MOST = 1 << 20  # bytes of an answer
REFUSED, NONSENSE, UNCERTAIN = 4001, 4002, 4003
"""Our own codes of USER_ERROR: the API does not take what the operator has set up; it answers what nobody expects; it
may or may not have done what must not be done twice."""


@frozen
class Policy:
    """How the API is called.

    Attributes:
        url: Where it is; paths are put behind it.
        headers: Sent with every request, such as credentials.
        connect: Seconds for a connection.
        attempt: Seconds for one attempt, at most; the caller's remaining time, where that is less.
        attempts: How often a request is sent, at most.
        backoff: Seconds before the second attempt, doubled for each further one, and shaken.
        repeatable: Whether it does no harm to ask twice. If it does, only what the API has not begun is sent again:
            where there was no connection, and after 429 and 503.
    """

    url: str
    headers: Mapping[str, str]
    connect: float = 1.0
    attempt: float = 5.0
    attempts: int = 4
    backoff: float = 0.1
    repeatable: bool = True


@frozen
class Call:
    """One request to the API; each attempt of it is the same.

    Attributes:
        path: Behind the URL.
        query: Its parameters.
        body: What is posted.
        kind: Its media type.
        key: The Idempotency-Key.
        until: ``time.monotonic()`` by which the answer is wanted.
    """

    path: str
    query: Mapping[str, str]
    body: bytes
    kind: str
    key: str
    until: float


class Failed(Exception):
    """An attempt that did not end well.

    Attributes:
        error: What the caller is told if it was the last one.
        again: Whether another one makes sense, and does no harm.
    """

    def __init__(self, error: ServiceError, again: bool) -> None:
        super().__init__(error.message)
        self.error = error
        self.again = again


class Remote:
    """The API; ``call`` may be called from any thread."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="remote-api", daemon=True)
        self._thread.start()
        self._session = self._now(self._opened())

    def call(self, call: Call, gone: Callable[[], bool]) -> tuple[Any, int]:  # Any: JSON
        """What the API answers, and how many attempts it took.

        Raises:
            ServiceError: BAD_REQUEST or TOO_LARGE, what was sent is not to the API's liking; DEADLINE; UNAVAILABLE,
                which tells the caller that it may ask again; USER_ERROR with REFUSED, NONSENSE or UNCERTAIN.
            Cancelled: Nobody waits any more; the connection is closed, so that the API may learn of it.
        """
        future = asyncio.run_coroutine_threadsafe(self._attempts(call), self._loop)
        while not concurrent.futures.wait((future,), POLL).done:
            if gone():
                future.cancel()
                raise Cancelled("nobody waits for the API's answer any more")
        return future.result()

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._now(self._session.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _now(self, coroutine: Any) -> Any:  # Any: of whatever it returns
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _opened(self) -> aiohttp.ClientSession:
        # No proxy or password of the environment, no cookies: what is sent is what the policy says.
        return aiohttp.ClientSession(headers=self._policy.headers, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    async def _attempts(self, call: Call) -> tuple[Any, int]:
        number = 0
        while True:
            number += 1
            try:
                return await self._attempt(call), number
            except Failed as failed:
                wait = self._wait(failed, number)
                # A wait that takes all of the time that is left helps nobody: the caller is told at once.
                if wait is None or time.monotonic() + wait >= call.until:
                    raise failed.error from failed.__cause__
            await asyncio.sleep(wait)

    def _wait(self, failed: Failed, number: int) -> float | None:
        """Seconds before the next attempt; None where there is none."""
        if not failed.again or number >= self._policy.attempts:
            return None
        # Shaken, so that callers who failed together do not come back together.
        backoff: float = min(LONGEST, self._policy.backoff * 2 ** (number - 1)) * random.uniform(0.5, 1)
        return max(backoff, failed.error.retry_after or 0.0)

    async def _attempt(self, call: Call) -> Any:
        """One attempt, within what is left of the caller's time."""
        left = call.until - time.monotonic()
        if left <= 0:
            raise Failed(ServiceError(Fault.DEADLINE, "no time was left for the API"), False)
        limits = aiohttp.ClientTimeout(total=min(left, self._policy.attempt), sock_connect=self._policy.connect)
        headers = {"Content-Type": call.kind, "Idempotency-Key": call.key, "X-Request-Timeout-Ms": f"{left * 1000:.0f}"}
        posted = self._session.post(
            self._policy.url + call.path,
            params=call.query,
            data=call.body,
            headers=headers,
            timeout=limits,
            allow_redirects=False,  # whoever it points at was not told our key by the operator
        )
        try:
            async with posted as response:
                data = await response.content.read(MOST + 1)
                while len(data) <= MOST and (more := await response.content.read(MOST + 1 - len(data))):
                    data += more
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise self._lost(error, call) from error
        if response.status != 200:
            raise self._refused(response.status, response.headers.get("Retry-After", ""))
        return parsed(data)

    def _lost(self, error: Exception, call: Call) -> Failed:
        """No answer, or half of one."""
        if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
            return Failed(ServiceError(Fault.UNAVAILABLE, "the API cannot be reached"), True)
        if time.monotonic() >= call.until:
            return Failed(ServiceError(Fault.DEADLINE, "the API did not answer in time"), False)
        return self._begun("the API broke off" if isinstance(error, aiohttp.ClientError) else "the API is too slow")

    def _begun(self, text: str) -> Failed:
        """The API may have done what was asked: where that does no harm twice, it is asked again."""
        if self._policy.repeatable:
            return Failed(ServiceError(Fault.UNAVAILABLE, text), True)
        return Failed(ServiceError(Fault.USER_ERROR, f"{text}, and may have done it", code=UNCERTAIN), False)

    def _refused(self, status: int, after: str) -> Failed:
        """An answer that is none."""
        if status in (400, 415, 422):
            text = f"the API cannot make anything of what was sent ({status})"
            return Failed(ServiceError(Fault.BAD_REQUEST, text), False)
        if status == 413:
            return Failed(ServiceError(Fault.TOO_LARGE, "that is more than the API takes"), False)
        if status in (429, 503):  # said before anything is done
            text = f"the API is busy ({status})"
            return Failed(ServiceError(Fault.UNAVAILABLE, text, retry_after=seconds(after)), True)
        if status >= 500:
            return self._begun(f"the API failed ({status})")
        # 401, 403, 404, a redirection: the caller can do nothing about them, the operator can.
        return Failed(ServiceError(Fault.USER_ERROR, f"the API refuses this service ({status})", code=REFUSED), False)


def parsed(data: bytes) -> Any:
    """The answer's JSON.

    Raises:
        Failed: It is none, or too much.
    """
    text = f"more than {MOST} bytes"
    if len(data) <= MOST:
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            text = "no JSON"
    raise Failed(ServiceError(Fault.USER_ERROR, f"the API answers {text}", code=NONSENSE), False)


def seconds(after: str) -> float | None:
    """What Retry-After says, in seconds; None for nonsense, and for a date, which would need both clocks right."""
    return float(after) if after.isascii() and after.isdigit() and len(after) < 7 else None
