"""What becomes of a transaction that was open when the process stopped."""

from dataclasses import dataclass
from enum import StrEnum

from chargepoint.model.moment import Moment
from chargepoint.model.power import ContactorState, EvseObservation
from chargepoint.model.transactions import Transaction
from chargepoint_hal.contract import MeterReading

LONGEST_OUTAGE_SECONDS = 600.0
"""Past this the EV at the plug may be another one: the transaction ends with PowerLoss."""
RECOVERY_WAIT_SECONDS = 10.0
"""How long the pilot and the meter are waited for before the decision is made without them."""


class Recovery(StrEnum):
    WAIT = "wait"
    RESUME = "resume"
    FINISH = "finish"
    """Go on with the stop that was under way."""
    END = "end"
    """End it now with PowerLoss."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known at the time of the decision."""

    observation: EvseObservation | None
    reading: MeterReading | None
    is_plugged_in: bool | None
    resume_allowed: bool
    time_is_up: bool
    meter_required: bool = True


def decide(transaction: Transaction, now: Circumstances, moment: Moment) -> Recovery:
    """Wait for pilot and meter (bounded), then resume only what is surely the same EV and a running meter."""
    is_known = now.observation is not None and now.is_plugged_in is not None
    has_reading = now.reading is not None or not now.meter_required
    if not (is_known and has_reading) and not now.time_is_up:
        return Recovery.WAIT
    if transaction.stop_reason is not None:
        return Recovery.FINISH
    if not (is_known and has_reading and now.is_plugged_in and now.resume_allowed):
        return Recovery.END
    if _register_went_back(transaction, now.reading):
        return Recovery.END
    never_opened = now.observation is not None and now.observation.contactor is ContactorState.CLOSED
    return Recovery.RESUME if never_opened or _outage_was_short(transaction, moment) else Recovery.END


def _register_went_back(transaction: Transaction, reading: MeterReading | None) -> bool:
    if reading is None or reading.energy_import_wh is None or transaction.last_energy_wh is None:
        return False
    return reading.energy_import_wh < transaction.last_energy_wh


def _outage_was_short(transaction: Transaction, moment: Moment) -> bool:
    """True as well while the clock can not tell: the plug and the lock are then the only witnesses."""
    last = transaction.last_sample_at or transaction.started_at
    if not (moment.utc_trusted and last.trusted):
        return True
    return (moment.utc - last.utc).total_seconds() <= LONGEST_OUTAGE_SECONDS


def best_energy_wh(transaction: Transaction, reading: MeterReading | None) -> float | None:
    """The register now if it can be the same meter's, else the last one stored; never less than that."""
    stored = transaction.last_energy_wh if transaction.last_energy_wh is not None else transaction.start_energy_wh
    if reading is None or reading.energy_import_wh is None:
        return stored
    if stored is None or reading.energy_import_wh >= stored:
        return reading.energy_import_wh
    return stored
