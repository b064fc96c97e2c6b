"""Opening and closing the local interface."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from chargepoint.panel.address import URL_FILE
from chargepoint.panel.server import Panel
from unit.panel.fakes import World


def names_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


async def test_the_url_is_written_where_others_look_for_it_and_taken_away_at_the_end(tmp_path: Path) -> None:
    panel = Panel(World().sources(), "127.0.0.1", 0, tmp_path)
    url = await panel.start()
    assert (tmp_path / URL_FILE).read_text() == f"{url}\n"
    assert names_in(tmp_path) == [URL_FILE]
    await panel.stop()
    assert not (tmp_path / URL_FILE).exists()


async def test_a_port_in_use_says_so_and_leaves_the_others_url_alone(tmp_path: Path) -> None:
    first = Panel(World().sources(), "127.0.0.1", 0, tmp_path)
    url = await first.start()
    port = int(url.rsplit(":", 1)[1])
    second = Panel(World().sources(), "127.0.0.1", port, tmp_path)
    with pytest.raises(OSError, match=rf"port {port}.*set another host or port in the \[panel\] table"):
        await second.start()
    assert (tmp_path / URL_FILE).read_text() == f"{url}\n"
    await first.stop()


async def test_it_can_be_started_again(tmp_path: Path) -> None:
    panel = Panel(World().sources(), "127.0.0.1", 0, tmp_path)
    await panel.start()
    await panel.stop()
    url = await panel.start()
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/status") as response:
        assert response.status == 200
    await panel.stop()


async def test_a_run_dir_that_can_not_be_written_does_not_close_the_interface(tmp_path: Path) -> None:
    panel = Panel(World().sources(), "127.0.0.1", 0, tmp_path / "missing")
    url = await panel.start()
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/status") as response:
        assert response.status == 200
    await panel.stop()


async def test_run_serves_until_it_is_cancelled(tmp_path: Path) -> None:
    panel = Panel(World().sources(), "127.0.0.1", 0, tmp_path)
    serving = asyncio.create_task(panel.run())
    while not (tmp_path / URL_FILE).exists():  # noqa: ASYNC110 - the file is the sign that others wait for
        await asyncio.sleep(0)
    url = (tmp_path / URL_FILE).read_text().strip()
    async with aiohttp.ClientSession() as http, http.get(f"{url}/metrics") as response:
        assert response.status == 200
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert not (tmp_path / URL_FILE).exists()


async def test_all_addresses_are_reached_by_loopback(tmp_path: Path) -> None:
    panel = Panel(World().sources(), "0.0.0.0", 0, tmp_path)
    url = await panel.start()
    assert url.startswith("http://127.0.0.1:")
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/status") as response:
        assert response.status == 200
    await panel.stop()
