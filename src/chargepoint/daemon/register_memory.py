"""Carries one meter's lifetime register over a restart: what is stored when, and how old it is when it is taken up.

It judges nothing: that is the gate's matter (`chargepoint_hal.meters.plausibility`).
"""

import logging
from datetime import timedelta

from chargepoint.charging.ports import Clock, Recovered
from chargepoint.daemon.former_registers import FormerRegisters, MeterPlace
from chargepoint.daemon.ports import MeterMemoryPort
from chargepoint.model.errors import StorageError
from chargepoint.model.metering import MeterMemo
from chargepoint.model.moment import Moment, Stamp, seconds_since
from chargepoint_hal.meters.plausibility import GateState

log = logging.getLogger(__name__)

IDLE_RISE_WH = 150.0
IDLE_SECONDS = 300.0
"""Without transactions there are no commits to go with: a register that rises meanwhile is stored by itself, rarely."""


class RegisterMemory:
    """One meter's. The register goes with the commits of others; only a new base or a new meter has its own."""

    def __init__(
        self,
        place: MeterPlace,
        storage: MeterMemoryPort,
        clock: Clock,
        recovered: Recovered,
        former: FormerRegisters,
    ) -> None:
        self._meter = place.name
        self._address = place.address
        self._former = former
        self._storage = storage
        self._clock = clock
        self._boot_id = recovered.boot_id
        self._boots = recovered.boots_of_this_machine | {recovered.boot_id}
        self._stored = storage.recall(self._meter)
        self._is_new = self._stored == MeterMemo()
        self._refused_until = 0.0

    def restore(self) -> GateState:
        """The gate's state as it was; the energy's time is None where no clock can tell how long ago that was."""
        return self._state_of(self._stored)

    def take_over(self, serial_number: str | None) -> GateState | None:
        """At the first reading of a name never seen: what was kept of the same meter by serial number or address."""
        if not self._is_new:
            return None
        self._is_new = False
        memo = self._former.claim(self._address, serial_number)
        if memo is None:
            return None
        log.info("meter %s: goes on with what was kept of %s", self._meter, memo.serial_number or self._address)
        return self._state_of(memo)

    def _state_of(self, memo: MeterMemo) -> GateState:
        moment = self._clock.now()
        age = None if memo.last_at is None else seconds_since(memo.last_at, moment, self._boots)
        return GateState(
            offset_wh=memo.offset_wh,
            last_energy_wh=memo.last_energy_wh,
            serial_number=memo.serial_number,
            energy_at=None if age is None else moment.monotonic - age,
        )

    async def keep(self, state: GateState) -> None:
        """After each cycle. A disk that refuses keeps nobody from reading the meter."""
        if state.last_energy_wh is None or state.energy_at is None:
            return  # nothing was read in this run yet: what is stored stands
        moment = self._clock.now()
        memo = MeterMemo(
            state.offset_wh, state.serial_number, state.last_energy_wh, self._stamp(state.energy_at, moment)
        )
        self._stored = self._storage.recall(self._meter)
        if not self._must_store(memo) or moment.monotonic < self._refused_until:
            self._storage.note(self._meter, memo)
            return
        try:
            await self._storage.remember(self._meter, memo)
        except StorageError as error:
            self._refused_until = moment.monotonic + IDLE_SECONDS
            log.warning("meter %s: where its register stands can not be stored: %s", self._meter, error)

    def _stamp(self, energy_at: float, moment: Moment) -> Stamp:
        utc = moment.utc - timedelta(seconds=moment.monotonic - energy_at)
        return Stamp(self._boot_id, energy_at, utc, moment.utc_trusted)

    def _must_store(self, memo: MeterMemo) -> bool:
        stored = self._stored
        if (stored.offset_wh, stored.serial_number) != (memo.offset_wh, memo.serial_number):
            return True
        if stored.last_energy_wh is None or stored.last_at is None:
            return True
        if (memo.last_energy_wh or 0.0) - stored.last_energy_wh < IDLE_RISE_WH or memo.last_at is None:
            return False
        is_of_another_run = stored.last_at.boot_id != self._boot_id
        return is_of_another_run or memo.last_at.monotonic - stored.last_at.monotonic >= IDLE_SECONDS
