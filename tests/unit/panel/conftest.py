"""A panel over behaving sources on a free loopback port, and a client of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from chargepoint.panel.server import Panel
from unit.panel.fakes import World


@dataclass(slots=True)
class Visitor:
    """Somebody with an HTTP client."""

    http: aiohttp.ClientSession
    url: str
    world: World
    panel: Panel


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def visitor(world: World, tmp_path: Path) -> AsyncIterator[Visitor]:
    panel = Panel(world.sources(), "127.0.0.1", 0, tmp_path)
    url = await panel.start()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
        yield Visitor(http, url, world, panel)
    await panel.stop()
