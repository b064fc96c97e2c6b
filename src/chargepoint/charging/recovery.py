"""What becomes of a transaction that was open when the process stopped."""

import math
from dataclasses import dataclass
from enum import StrEnum

from chargepoint.charging.same_ev import SameEv, is_same_ev
from chargepoint.charging.same_register import is_same_register
from chargepoint.model.moment import Moment
from chargepoint.model.power import EvseObservation
from chargepoint.model.transactions import Transaction
from chargepoint_hal.contract import MeterReading

RECOVERY_WAIT_SECONDS = 10.0
"""How long the pilot and the meter are waited for before the decision is made without them."""
CLOCK_WAIT_SECONDS = 120.0
"""How long, since the start, an EV waits without power for a clock that tells how long the outage was: about what
the router of a house needs after the same power cut."""


class Recovery(StrEnum):
    WAIT = "wait"
    WAIT_FOR_CLOCK = "wait_for_clock"
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
    register_is_new: bool = False
    """The meter was changed or reset meanwhile; its register goes on where it stood."""
    most_wh: float = math.inf
    """What the register can have counted since it was stored; see `same_register`."""
    boots_of_this_machine: frozenset[int] = frozenset()
    """Starts of the process since the machine booted: their monotonic times can be compared with now."""


def decide(transaction: Transaction, now: Circumstances, moment: Moment) -> Recovery:
    """Wait for pilot and meter (bounded), then resume only what is surely the same EV and a running meter."""
    is_known = now.observation is not None and now.is_plugged_in is not None
    has_reading = now.reading is not None or not now.meter_required
    if now.register_is_new and transaction.stop_reason is None:
        return Recovery.END
    if not (is_known and has_reading) and not now.time_is_up:
        return Recovery.WAIT
    if transaction.stop_reason is not None:
        return Recovery.FINISH
    if not (is_known and has_reading and now.is_plugged_in and now.resume_allowed):
        return Recovery.END
    if not is_same_register(transaction, now.reading, now.most_wh):
        return Recovery.END
    plug = None if now.observation is None else now.observation.plug
    match is_same_ev(transaction.plug, plug, _outage_seconds(transaction, now, moment)):
        case SameEv.YES:
            return Recovery.RESUME
        case SameEv.CANNOT_TELL if _clock_may_tell(transaction, moment) and not now.time_is_up:
            return Recovery.WAIT_FOR_CLOCK
        case _:
            return Recovery.END


def _outage_seconds(transaction: Transaction, now: Circumstances, moment: Moment) -> float | None:
    """Since it was surely open for the last time; None where no clock has run through."""
    last = transaction.last_sample_at or transaction.started_at
    if last.boot_id in now.boots_of_this_machine:
        return moment.monotonic - last.monotonic
    return (moment.utc - last.utc).total_seconds() if moment.utc_trusted and last.trusted else None


def _clock_may_tell(transaction: Transaction, moment: Moment) -> bool:
    """Only our own time is missing: once the clock is set, the outage is known."""
    last = transaction.last_sample_at or transaction.started_at
    return last.trusted and not moment.utc_trusted
