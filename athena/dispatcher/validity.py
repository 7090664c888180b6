"""Whether the guards still vouch for whoever has something open: each principal is asked about once a round."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from athena.interfaces import Guard
from athena.models import Principal

__all__ = ["Validity"]

log = logging.getLogger("athena.sessions")


class Validity:
    """One round of questions."""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards
        self._told: dict[Principal, bool] = {}

    async def of(self, principal: Principal) -> bool:
        """Whether it is valid still."""
        if principal not in self._told:
            self._told[principal] = await self._asked(principal)
        return self._told[principal]

    async def _asked(self, principal: Principal) -> bool:
        if principal.expires is not None and time.time() >= principal.expires:
            return False
        try:
            return all([await guard.valid(principal) for guard in self._guards])
        except Exception:
            # A guard that cannot answer now has vouched before; the others are to be asked about all the same.
            log.exception("a guard could not say whether %s is still valid", principal.id)
            return True
