"""Many sessions on one WebSocket (``?stream_mode=multiplex``): ``header.cid`` says whose frame it is, both ways."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Container

import msgspec
from aiohttp import WSMsgType, web

from athena.errors import Fault, ServiceError
from athena.models import Principal, Reply, Stage
from athena_proto.ase import Style, encode_error, encode_reply
from athena_proto.strict import decode, malformed, utf8

from .front import Front
from .strands import Strand
from .wires import Wire, next_frame, part, quietly

__all__ = ["Multiplex"]

WAITING = 16
"""Frames of one session that may wait; then the whole socket waits, and the client feels it."""
REMEMBERED = 4096
"""Sessions that have ended and whose names are still known."""
LONGEST = 256
"""Characters of a cid."""


class _Head(msgspec.Struct):
    cid: str | int | None = None


class _Frame(msgspec.Struct):
    header: _Head | None = None


_FRAME = msgspec.json.Decoder(_Frame)


class _Thread:
    """One session of the socket: its strand, and the frames that wait for it."""

    __slots__ = ("strand", "waiting", "worker")

    def __init__(self, strand: Strand) -> None:
        self.strand = strand
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self.worker: asyncio.Task[None] | None = None

    async def work(self, front: Front, way: Multiplex) -> None:
        """Writes what waits, one frame after the other."""
        strand = self.strand
        try:
            while True:
                await strand.take(await self.waiting.get())
        except ConnectionError:
            return
        except Exception as error:
            fault = front.fault(error)
            await strand.stop_pump()
            await way.failed(strand, fault)


class Multiplex:
    """One WebSocket and its sessions, which come and go; the socket ends with its client."""

    def __init__(self, front: Front, wire: Wire, service: str, principal: Principal, request: web.BaseRequest) -> None:
        self._front = front
        self._wire = wire
        self._service = service
        self._principal = principal
        self._request = request
        self._threads: dict[str | int, _Thread] = {}
        self._ended: deque[str | int] = deque(maxlen=REMEMBERED)

    async def run(self) -> None:
        """Until the client leaves, or sends what is no frame of any session."""
        reason = Fault.CANCELLED
        first: float | None = self._front.section.body_timeout
        try:
            while (body := await next_frame(self._wire, first)) is not None:
                first = None
                await self._take(body)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            fault = self._front.fault(error)
            reason = fault.fault
            await part(self._wire, fault)
        finally:
            await asyncio.shield(self._front.keep(self._leave(reason)))

    async def notice(self) -> None:
        """Tell the client that the server is draining; a socket without sessions is closed at once."""
        await quietly(self.send(encode_reply(Reply((), Stage.CONTINUE, {"event": "draining"}), "", 0)))
        await self._rest()

    async def send(self, body: bytes) -> None:
        """One frame."""
        await self._wire.send_frame(body, WSMsgType.TEXT)

    async def done(self, strand: Strand) -> None:
        """One session has ended well."""
        self._bury(strand, None)

    async def failed(self, strand: Strand, error: ServiceError) -> None:
        """One session has ended in a fault; the others go on."""
        cid = _cid(strand)
        await quietly(self.send(encode_error(error, strand.sid, cid=cid)))
        self._bury(strand, error.fault)

    async def _take(self, body: bytes) -> None:
        cid = _whose(body)
        thread = self._threads.get(cid)
        if thread is None:
            most = self._front.section.max_sessions_per_socket
            refusal = _refusal(cid, self._ended, len(self._threads), most)
            if refusal is not None:
                await self.send(encode_error(refusal, cid=cid))
                return
            thread = self._begin(cid)
        await thread.waiting.put(body)

    def _begin(self, cid: str | int) -> _Thread:
        front, request = self._front, self._request
        strand = Strand(front, self, self._service, self._principal, front.deadline(request), request.headers)
        strand.style = Style(cid=cid)
        thread = self._threads[cid] = _Thread(strand)
        thread.worker = front.keep(thread.work(front, self))
        return thread

    def _bury(self, strand: Strand, reason: Fault | None) -> None:
        """Forget a session; whoever waits to write to it is let go."""
        cid = _cid(strand)
        thread = self._threads.pop(cid, None)
        if thread is None:
            return
        self._ended.append(cid)
        self._front.keep(self._end(thread, reason))

    async def _end(self, thread: _Thread, reason: Fault | None) -> None:
        worker, thread.worker = thread.worker, None
        if worker is not None:
            worker.cancel()
            await asyncio.wait({worker})
        await thread.strand.finish(reason)
        left = 0
        while not thread.waiting.empty():  # also makes room for the frame that waits outside
            thread.waiting.get_nowait()
            left += 1
            await asyncio.sleep(0)
        if left and not self._wire.closed:
            error = ServiceError(Fault.SESSION_CLOSED, f"the session had ended; {left} frames came behind its end")
            await quietly(self.send(encode_error(error, thread.strand.sid, cid=_cid(thread.strand))))
        await self._rest()

    async def _rest(self) -> None:
        """A draining server's socket without sessions has nothing to wait for."""
        if self._front.draining and not self._threads:
            await quietly(self._wire.close(code=1001, message=b"draining"))

    async def _leave(self, reason: Fault) -> None:
        threads, self._threads = self._threads, {}
        if threads:
            await asyncio.wait([asyncio.ensure_future(self._end(thread, reason)) for thread in threads.values()])


def _refusal(cid: str | int, ended: Container[str | int], held: int, most: int) -> ServiceError | None:
    """Why no session can begin under this name."""
    if cid in ended:
        return ServiceError(Fault.SESSION_CLOSED, f"header.cid: session {cid!r} has ended; a new one has a new cid")
    if held >= most:
        text = f"this socket has {most} sessions; end one of them, or open another socket"
        return ServiceError(Fault.OVERLOADED, text, retry_after=1.0)
    return None


def _cid(strand: Strand) -> str | int:
    assert strand.style is not None  # set where the session begins
    return strand.style.cid


def _whose(body: bytes) -> str | int:
    """The session a frame is of.

    Raises:
        ServiceError: BAD_REQUEST, for what is no document or names none.
    """
    if not body.isascii():
        utf8(body, "body")
    head = decode(_FRAME, body).header
    cid = head.cid if head is not None else None
    if cid is None or cid == "":
        raise malformed("header.cid", "missing; with stream_mode=multiplex every frame names its session")
    if isinstance(cid, str) and len(cid) > LONGEST:
        raise malformed("header.cid", f"{len(cid)} characters; at most {LONGEST} are taken")
    if isinstance(cid, int) and not -(2**63) <= cid < 2**63:
        raise malformed("header.cid", "an integer beyond 64 bits; send it as a string")
    return cid
