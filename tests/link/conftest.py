"""A peer whose other end is the test's, and a worker's end whose kernel is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from .far import Far
from .near import Near


@pytest_asyncio.fixture
async def far() -> AsyncIterator[Far]:
    """Both ends of a stream, in one loop."""
    end = Far()
    yield end
    end.close()


@pytest.fixture
def near() -> Iterator[Near]:
    """A worker's end in a thread."""
    end = Near()
    yield end
    end.close()
