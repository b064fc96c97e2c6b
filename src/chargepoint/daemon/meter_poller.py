"""Polls one meter and tells the core what may be believed of it."""

import asyncio
import logging
from dataclasses import dataclass

from chargepoint.charging.events import MeterRead, MeterRebased, MeterRecovered, MeterUnavailable, SupplyMeasured
from chargepoint.daemon.ports import FactPort
from chargepoint.daemon.register_memory import RegisterMemory
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint_hal.contract import EnergyMeter, MeterReading
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.meters.plausibility import GatePolicy, MeterGate

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FittedMeter:
    """A meter as this station has it."""

    name: str
    """As station.toml calls it, wherever on a bus or network it is: what is kept of its register is kept by it."""
    meter: EnergyMeter
    evse_id: EvseId
    poll_seconds: float = 1.0


class MeterPoller:
    """One meter of one EVSE, each `poll_seconds`."""

    def __init__(self, fitted: FittedMeter, station: FactPort, memory: RegisterMemory, policy: GatePolicy) -> None:
        self._meter = fitted.meter
        self._evse_id = fitted.evse_id
        self._station = station
        self._memory = memory
        self._poll_seconds = fitted.poll_seconds
        self._gate = MeterGate(policy, memory.restore())
        self._faults: frozenset[Fault] = frozenset()

    async def run(self) -> None:
        """Poll until cancelled; a cycle that takes longer than the period delays the next, never piles up."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                await self._cycle(loop)
                due = max(due + self._poll_seconds, loop.time())
                await asyncio.sleep(due - loop.time())
        finally:
            await self._meter.close()

    async def _cycle(self, loop: asyncio.AbstractEventLoop) -> None:
        reading, problem = await self._read()
        if reading is not None and (former := self._memory.take_over(reading.serial_number)) is not None:
            self._gate = MeterGate(self._gate.policy, former)
        judgement = self._gate.judge(reading, loop.time())
        await self._memory.keep(self._gate.state)
        faults = judgement.faults
        if faults != self._faults:
            self._say_faults(faults, problem or judgement.why)
        if judgement.is_new_base:
            log.warning("meter %s of EVSE %d: %s", self._meter.name, self._evse_id, judgement.why)
            self._station.note(MeterRebased(self._evse_id, judgement.why))
        usable = judgement.reading
        if usable is not None and usable.energy_import_wh is not None and not faults:
            self._station.note(MeterRead(self._evse_id, usable))
        elif usable is not None and Fault.METER_FROZEN not in faults:
            self._station.note(SupplyMeasured(self._evse_id, usable))

    async def _read(self) -> tuple[MeterReading | None, str]:
        try:
            return await self._meter.read(), ""
        except HardwareError as error:
            return None, str(error)

    def _say_faults(self, faults: frozenset[Fault], why: str) -> None:
        self._faults = faults
        if faults:
            fault = sorted(faults)[0]
            log.warning("meter %s of EVSE %d: %s: %s", self._meter.name, self._evse_id, fault, why)
            self._station.note(MeterUnavailable(self._evse_id, fault, why))
        else:
            log.info("meter %s of EVSE %d: gives valid readings", self._meter.name, self._evse_id)
            self._station.note(MeterRecovered(self._evse_id))
