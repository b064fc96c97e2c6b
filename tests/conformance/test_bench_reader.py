"""The bench's reader keeps the contract over its real socket, served from a loop in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from chargepoint_hal.bench.reader_server import ReaderServer
from chargepoint_hal.bench.settings import BenchSettings
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.conformance_devices import Present, Silence, TokenReaderConformance
from chargepoint_hal.readers.bench import SILENT_SECONDS, BenchReader


class ServedReader:
    """A reader server in a thread, and a client whose clock the test may turn."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.world = World(BenchSettings(), Wires.in_memory(1))
        self.server = ReaderServer(self.world)
        self.turned_seconds = 0.0
        self._thread = threading.Thread(target=self.loop.run_forever)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start(), self.loop).result()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def clock(self) -> float:
        return self.loop.time() + self.turned_seconds

    def present(self, value: str, kind: str) -> None:
        self.loop.call_soon_threadsafe(self.world.present_token, value, kind, [1])

    def silence(self) -> None:
        self.loop.call_soon_threadsafe(self.world.set_fault, 1, "reader_silent", True)
        self.turned_seconds += 2 * SILENT_SECONDS


@pytest.fixture
def served() -> Iterator[ServedReader]:
    served = ServedReader()
    served.start()
    yield served
    served.stop()


class TestBenchReader(TokenReaderConformance):
    @pytest.fixture
    def reader(self, served: ServedReader) -> Iterator[BenchReader]:
        reader = BenchReader(lambda: ("127.0.0.1", served.server.port), (1,), clock=served.clock)
        yield reader
        reader.close()

    @pytest.fixture
    def present(self, served: ServedReader) -> Present:
        return served.present

    @pytest.fixture
    def silence(self, served: ServedReader) -> Silence:
        return served.silence
