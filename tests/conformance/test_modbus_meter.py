"""The Modbus meter keeps the contract against the bench's server, with a map of every kind."""

from collections.abc import AsyncIterator

import pytest

from chargepoint_hal.bench.meter_server import MeterServer
from chargepoint_hal.bench.settings import BenchSettings, EvseSettings, MeterSettings
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.conformance_devices import EnergyMeterConformance, Silence
from chargepoint_hal.contract import EnergyMeter
from chargepoint_hal.meters.map_files import load_register_map
from chargepoint_hal.meters.modbus import open_meter

MANNERS = (
    "abb-b23",
    "carlo-gavazzi-em340",
    "dzg-dvh4013",
    "eastron-sdm120",
    "eastron-sdm630",
    "eastron-sdm72dm",
    "iskra-wm3m4",
    "sunspec-203",
)
"""One map for each way in which meters write their numbers."""


@pytest.fixture(params=MANNERS)
def world(request: pytest.FixtureRequest) -> World:
    settings = EvseSettings(
        phases=load_register_map(request.param).phases,
        meter=MeterSettings(map_name=request.param, energy_import_wh=123_400.0),
    )
    return World(BenchSettings(evses=(settings,)), Wires.in_memory(1))


class TestModbusMeter(EnergyMeterConformance):
    @pytest.fixture
    async def meter(self, world: World) -> AsyncIterator[EnergyMeter]:
        server = MeterServer(world)
        await server.start()
        options = {
            "map": world.settings.evses[0].meter.map_name,
            "host": "127.0.0.1",
            "port": server.port,
            "unit": 1,
            "timeout_seconds": 1.0,
        }
        meter: EnergyMeter = open_meter(options)
        yield meter
        await meter.close()
        await server.stop()

    @pytest.fixture
    def silence(self, world: World) -> Silence:
        return lambda: world.set_fault(1, "meter_silent", active=True)

    async def test_it_shows_the_registers_that_the_bench_set(self, meter: EnergyMeter) -> None:
        reading = await meter.read()
        assert reading.energy_import_wh == pytest.approx(123_400.0, rel=1e-6)
