"""A peer whose other end is the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from .far import Far


@pytest_asyncio.fixture
async def far() -> AsyncIterator[Far]:
    """Both ends of a stream, in one loop."""
    end = Far()
    yield end
    end.close()
