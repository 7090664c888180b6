"""Streams in a service: their slot is theirs until they are closed."""

from __future__ import annotations

from athena.errors import Fault
from athena.testing.bounded import refused

from .gate import Gate, request, serving


async def test_a_stream_holds_its_slot_until_it_is_closed() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=0)
    stream = service.stream(request(), None)
    assert await stream.__anext__() is not None
    assert service.admission.running == 1
    await refused(service.once(request(), None), Fault.OVERLOADED)
    await stream.aclose()
    assert (service.admission.running, gate.running) == (0, 0)
