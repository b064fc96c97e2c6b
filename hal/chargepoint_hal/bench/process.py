"""The bench as a process: steps the world in real time and serves its HTTP interface, meters and reader on loopback.

It writes `wires`, then, once all listens, `bench.port` and `bench.json` into its directory, each in one step.
"""

import asyncio
import json
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from chargepoint_hal.bench.control import Control
from chargepoint_hal.bench.meter_server import MeterServer
from chargepoint_hal.bench.reader_server import ReaderServer
from chargepoint_hal.bench.settings import BenchSettings
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World

LOOPBACK = "127.0.0.1"
STEP_SECONDS = 0.005
WIRES_FILE = "wires"
PORT_FILE = "bench.port"
DESCRIPTION_FILE = "bench.json"


class BenchProcess:
    """`start` opens everything, `run` steps the world until cancelled, `stop` gives everything back."""

    def __init__(self, settings: BenchSettings, directory: Path) -> None:
        self._settings = settings
        self._directory = directory
        self._exits = AsyncExitStack()
        self.url = ""

    async def start(self) -> None:
        """All listening, the world moving and the files written; OSError names what could not be opened."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._remove_descriptions()
        wires = Wires.create(self._directory / WIRES_FILE, len(self._settings.evses))
        self._exits.callback(wires.close)
        world = World(self._settings, wires)
        self._exits.callback(world.stop)
        meters, reader = MeterServer(world), ReaderServer(world)
        await meters.start(self._settings.meter_port)
        self._exits.push_async_callback(meters.stop)
        await reader.start(self._settings.reader_port)
        self._exits.push_async_callback(reader.stop)
        port = await self._serve(Control(world))
        self.url = f"http://{LOOPBACK}:{port}"
        stepping = asyncio.create_task(keep_stepping(world), name="world")
        self._exits.push_async_callback(_cancelled, stepping)
        _write_whole(self._directory / DESCRIPTION_FILE, json.dumps(self._description(meters.port, reader.port)))
        _write_whole(self._directory / PORT_FILE, f"{port}\n")
        self._exits.callback(self._remove_descriptions)

    async def stop(self) -> None:
        """Nothing listens any more, the descriptions are gone and the wires are silent."""
        await self._exits.aclose()

    async def _serve(self, control: Control) -> int:
        runner = web.AppRunner(control.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._exits.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, LOOPBACK, self._settings.port)
        await site.start()
        port: int = runner.addresses[0][1]
        return port

    def _description(self, meter_port: int, reader_port: int) -> dict[str, object]:
        return {
            "url": self.url,
            "pid": os.getpid(),
            "wires": str((self._directory / WIRES_FILE).resolve()),
            "meter": {"host": LOOPBACK, "port": meter_port},
            "meters": {
                str(number): {"unit": number, "map": evse.meter.map_name}
                for number, evse in enumerate(self._settings.evses, start=1)
            },
            "reader": {"host": LOOPBACK, "port": reader_port},
        }

    def _remove_descriptions(self) -> None:
        for name in (PORT_FILE, DESCRIPTION_FILE):
            (self._directory / name).unlink(missing_ok=True)


async def keep_stepping(world: World) -> None:
    """Step the world each STEP_SECONDS of the loop's time; late steps are not made up, the world just moves further."""
    loop = asyncio.get_running_loop()
    next_at = loop.time()
    while True:
        world.step(loop.time())
        next_at = max(next_at + STEP_SECONDS, loop.time())
        await asyncio.sleep(next_at - loop.time())


async def run_until_signalled(settings: BenchSettings, directory: Path) -> None:
    """The whole life of the process; prints its URL and ends cleanly at SIGTERM or SIGINT."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    bench = BenchProcess(settings, directory)
    try:
        await bench.start()
        print(f"bench: {bench.url}", flush=True)  # noqa: T201 - the command's one line of output
        await ended.wait()
    finally:
        await bench.stop()


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _write_whole(path: Path, text: str) -> None:
    """A reader sees the whole file or none."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
