"""Opens the meters, readers and ISO 15118 stack that station.toml names, by their entry points."""

import asyncio
from collections.abc import Mapping
from functools import partial

from chargepoint.app.edges import FittedReader
from chargepoint.charging.contract_port import Iso15118Stack
from chargepoint.daemon.meter_poller import FittedMeter
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.identifiers import EvseId
from chargepoint.settings.station_config import StationConfig
from chargepoint_hal.contract import EnergyMeter, TokenReader
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.registry import ENERGY_METERS, ISO15118_STACKS, TOKEN_READERS, UnknownDriverError, find_driver

BENCH_PATIENCE_SECONDS = 15.0
LOOK_SECONDS = 0.05


async def open_meters(config: StationConfig) -> tuple[FittedMeter, ...]:
    """ConfigurationError names the meter that can not be opened; a silent one can."""
    fitted = []
    for row in config.meter:
        meter = await _opened(ENERGY_METERS, row.driver, dict(row.options), f"meter {row.name}")
        if not isinstance(meter, EnergyMeter):
            raise ConfigurationError(f"meter {row.name}: driver {row.driver!r} gives no energy meter")
        fitted.append(FittedMeter(row.name, meter, EvseId(row.evse), row.poll_seconds))
    return tuple(fitted)


async def open_readers(config: StationConfig) -> tuple[FittedReader, ...]:
    """ConfigurationError names the reader that can not be opened; a silent one can."""
    fitted = []
    for row in config.reader:
        evse_ids = tuple(EvseId(number) for number in config.evses_of(row))
        options: dict[str, object] = dict(row.options)
        if row.driver == "bench":
            options.setdefault("evses", list(evse_ids))
        reader = await _opened(TOKEN_READERS, row.driver, options, f"reader {row.name}")
        if not isinstance(reader, TokenReader):
            raise ConfigurationError(f"reader {row.name}: driver {row.driver!r} gives no token reader")
        fitted.append(FittedReader(reader, evse_ids, partial(_open_again, row.driver, options)))
    return tuple(fitted)


def _open_again(driver: str, options: Mapping[str, object]) -> TokenReader:
    """One that was opened before; whatever its driver raises."""
    reader = find_driver(TOKEN_READERS, driver)(options)
    assert isinstance(reader, TokenReader)
    return reader


async def open_stack(config: StationConfig) -> Iso15118Stack | None:
    """None where none is named; ConfigurationError for one that can not be opened."""
    driver = config.iso15118.driver
    if driver is None:
        return None
    stack = await _opened(ISO15118_STACKS, driver, dict(config.iso15118.options), "iso15118")
    if not isinstance(stack, Iso15118Stack):
        raise ConfigurationError(f"iso15118: driver {driver!r} gives no ISO 15118 stack")
    return stack


async def _opened(group: str, driver: str, options: Mapping[str, object], what: str) -> object:
    """A bench that was just started needs a moment to write down where its meter and reader are."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (BENCH_PATIENCE_SECONDS if "bench_directory" in options else 0.0)
    while True:
        try:
            return find_driver(group, driver)(options)
        except (UnknownDriverError, ImportError, ValueError, OSError, HardwareError) as error:
            if loop.time() >= deadline:
                raise ConfigurationError(f"{what}: driver {driver!r} can not be opened: {error}") from error
            await asyncio.sleep(LOOK_SECONDS)
