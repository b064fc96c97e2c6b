"""Carries out the supply machine's orders on one EVSE's parts, openings first, and keeps what it owes.

An order that the hardware refuses is a fault and is tried again with every tick; a refused closing is not, because
its fault makes the machine order the opening.
"""

import logging

from chargepoint.iec61851.supply_words import (
    CloseContactor,
    LockPlug,
    OpenContactor,
    Order,
    SignalFault,
    SignalPwm,
    SignalSteady,
    UnlockPlug,
)
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint_hal.contract import EvseHardware
from chargepoint_hal.faults import HardwareError

logger = logging.getLogger(__name__)


class Outputs:
    """What one EVSE is told to do."""

    def __init__(self, evse_id: EvseId, hardware: EvseHardware) -> None:
        self._evse_id = evse_id
        self._hardware = hardware
        self._owed: list[Order] = []
        self.signal = PilotSignal.STEADY
        self.duty_percent: float | None = None
        self.lock_wanted: bool | None = None
        self.faults: frozenset[Fault] = frozenset()

    def perform(self, orders: tuple[Order, ...]) -> None:
        """Do these and what is still owed; `faults` says what was refused."""
        if not orders and not self._owed:
            return
        wanted = [*(order for order in self._owed if not _is_overtaken(order, orders)), *orders]
        wanted.sort(key=lambda order: not isinstance(order, OpenContactor))
        self._owed = []
        refused: set[Fault] = set()
        for order in wanted:
            try:
                self._carry_out(order)
            except HardwareError as error:
                if error.fault not in self.faults:
                    logger.warning("EVSE %s refuses %s: %s", self._evse_id, order, error)
                refused.add(error.fault)
                self._owed.append(order)
        self.faults = frozenset(refused)

    def _carry_out(self, order: Order) -> None:
        pilot, contactor, lock = self._hardware.control_pilot, self._hardware.contactor, self._hardware.connector_lock
        match order:
            case OpenContactor():
                contactor.open()
            case CloseContactor(phases):
                contactor.close(phases)
            case SignalSteady():
                self.signal, self.duty_percent = PilotSignal.STEADY, None
                pilot.signal_steady()
            case SignalPwm(duty_percent):
                self.signal, self.duty_percent = PilotSignal.PWM, duty_percent
                pilot.signal_pwm(duty_percent)
            case SignalFault():
                self.signal, self.duty_percent = PilotSignal.FAULT, None
                pilot.signal_fault()
            case LockPlug() | UnlockPlug():
                self.lock_wanted = isinstance(order, LockPlug)
                if lock is not None:
                    lock.lock() if self.lock_wanted else lock.unlock()


CONTACTOR_ORDERS = (OpenContactor, CloseContactor)
PILOT_ORDERS = (SignalSteady, SignalPwm, SignalFault)
LOCK_ORDERS = (LockPlug, UnlockPlug)


def _is_overtaken(owed: Order, orders: tuple[Order, ...]) -> bool:
    """A newer order for the same part replaces the owed one; a closing is never repeated."""
    if isinstance(owed, CloseContactor):
        return True
    parts = (CONTACTOR_ORDERS, PILOT_ORDERS, LOCK_ORDERS)
    kinds = next(kinds for kinds in parts if isinstance(owed, kinds))
    return any(isinstance(order, kinds) for order in orders)
