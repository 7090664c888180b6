"""What guards and quotas are asked before a call is let in."""

from __future__ import annotations

from collections.abc import Sequence

from athena.errors import Fault, ServiceError
from athena.interfaces import Guard, Quota
from athena.models import ANONYMOUS, Attempt, Principal, Request

__all__ = ["acquire", "authenticate"]


async def authenticate(guards: Sequence[Guard], attempt: Attempt) -> Principal:
    """The first guard that knows the caller says who it is; without guards, anybody is anonymous.

    Raises:
        ServiceError: UNAUTHENTICATED, when guards are installed and none knows the caller.
    """
    if not guards:
        return ANONYMOUS
    for guard in guards:
        principal = await guard.check(attempt)
        if principal is not None:
            return principal
    raise ServiceError(Fault.UNAUTHENTICATED, "no guard knows these credentials; send those of a configured guard")


async def acquire(quotas: Sequence[Quota], request: Request, acquired: list[Quota]) -> None:
    """Take from every quota, and note each in ``acquired``: what was taken before one refuses is to be given back.

    Raises:
        ServiceError: QUOTA.
    """
    for quota in quotas:
        await quota.acquire(request.principal, request.service)
        acquired.append(quota)
