"""A development CSMS on loopback, one per test."""

from collections.abc import AsyncIterator

import pytest

from dev_csms import DevCsms


@pytest.fixture
async def csms() -> AsyncIterator[DevCsms]:
    async with DevCsms() as running:
        yield running
