"""A meter and a reader on a `World` in the same process, for tests on a virtual clock: no sockets, no threads."""

import asyncio
from collections.abc import Iterable

from chargepoint_hal.bench.bench_meter import PHASES, Quantities
from chargepoint_hal.bench.world import World
from chargepoint_hal.contract import EvseNumber, MeterReading, TokenSighting
from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError


def _number(quantities: Quantities, name: str) -> float | None:
    value = quantities.get(name)
    return float(value) if isinstance(value, int | float) else None


def reading_of(quantities: Quantities, at_monotonic: float) -> MeterReading:
    """A contract reading of what a bench meter shows."""
    serial_number = quantities.get("serial_number")
    return MeterReading(
        at_monotonic=at_monotonic,
        energy_import_wh=_number(quantities, "energy_import_wh"),
        energy_export_wh=_number(quantities, "energy_export_wh"),
        power_watts=_number(quantities, "power_watts"),
        currents_amps=tuple(_number(quantities, f"current_l{phase}_amps") for phase in PHASES),
        voltages_volts=tuple(_number(quantities, f"voltage_l{phase}_volts") for phase in PHASES),
        powers_watts=tuple(_number(quantities, f"power_l{phase}_watts") for phase in PHASES),
        frequency_hertz=_number(quantities, "frequency_hertz"),
        power_factor=_number(quantities, "power_factor"),
        serial_number=serial_number if isinstance(serial_number, str) else None,
    )


class InProcessMeter:
    """An EnergyMeter that looks straight at the world; readings carry the running loop's time."""

    def __init__(self, world: World, evse: EvseNumber) -> None:
        self._meter = world.evse(evse).meter
        self._evse = evse

    @property
    def name(self) -> str:
        return f"bench meter {self._evse}"

    async def read(self) -> MeterReading:
        if self._meter.is_silent:
            raise HardwareTimeoutError(Fault.METER_SILENT, f"the meter of EVSE {self._evse} does not answer")
        return reading_of(self._meter.quantities(), asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Nothing is held."""


class InProcessReader:
    """A TokenReader that looks straight at the world. It never blocks: what is not there now is None."""

    def __init__(self, world: World, evses: Iterable[EvseNumber] | None = None) -> None:
        self._world = world
        self._served = None if evses is None else frozenset(evses)
        self._after_number = world.tokens.last_number

    @property
    def name(self) -> str:
        return "bench reader"

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        sightings = self.sightings()
        return sightings[0] if sightings else None

    def sightings(self) -> list[TokenSighting]:
        """Every card in the field now, and those held since the last look; READER_SILENT while that fault is on."""
        if self._world.is_reader_silent(self._served):
            raise HardwareError(Fault.READER_SILENT, "the bench's reader sends nothing: clear its fault")
        now = self._world.now if self._world.now is not None else 0.0
        seen = self._world.tokens.seen(self._served, self._after_number, now)
        self._after_number = self._world.tokens.last_number
        return [TokenSighting(shown.uid, shown.kind) for shown in seen]

    def close(self) -> None:
        """Nothing is held."""
