"""What all meters that sign share: they are read by their register map, and a command is waited for until it is
done."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chargepoint_hal.contract import MeterReading
from chargepoint_hal.driver_options import Kind, Option, OptionRules, Way
from chargepoint_hal.faults import Fault, HardwareTimeoutError
from chargepoint_hal.meters.bus import open_bus
from chargepoint_hal.meters.meter_options import RULES as MODBUS_RULES
from chargepoint_hal.meters.meter_options import modbus_line_places
from chargepoint_hal.meters.modbus import ModbusMeter, meter_settings
from chargepoint_hal.meters.unit_registers import UnitRegisters

DONE_SECONDS = 15.0
LOOK_SECONDS = 0.1
NOT_TAKEN = frozenset({"map", "bench_directory", "evse"})
RULES = OptionRules(
    {name: option for name, option in MODBUS_RULES.options.items() if name not in NOT_TAKEN}
    | {
        "charge_point_id": Option(
            "How the charge point is called in what is signed, such as its EVSE id.", Kind.TEXT, default="nothing"
        )
    },
    ways=tuple(
        Way(way.chosen_by, allows=way.allows) for way in MODBUS_RULES.ways if way.chosen_by != "bench_directory"
    ),
    places=modbus_line_places,
)


class SigningModbusMeter:
    """A base: subclasses know the meter's own commands."""

    map_name = ""

    def __init__(self, options: Mapping[str, Any]) -> None:
        settings = meter_settings({"map": self.map_name, **options})
        self.registers = UnitRegisters(open_bus(settings.line), settings.address)
        self._meter = ModbusMeter(settings, self.registers)
        self.charge_point_id = str(options.get("charge_point_id", ""))

    @property
    def name(self) -> str:
        return self._meter.name

    async def read(self) -> MeterReading:
        return await self._meter.read()

    async def close(self) -> None:
        await self._meter.close()

    async def get_ready(self) -> None:
        """Be sure whom the next command goes to."""
        await self._meter.get_in_step()

    async def wait_until(self, is_done: Callable[[], Awaitable[bool]], what: str) -> None:
        """HardwareTimeoutError(METER_SILENT) when it is not done in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DONE_SECONDS
        while not await is_done():
            if loop.time() >= deadline:
                raise HardwareTimeoutError(
                    Fault.METER_SILENT,
                    f"{self.name} did not {what} in {DONE_SECONDS:g} s: see its display for an error",
                )
            await asyncio.sleep(LOOK_SECONDS)
