"""Is it the same register that counted until now, and what of it may be billed. Pure."""

from chargepoint.charging.same_ev import LONGEST_OUTAGE_SECONDS
from chargepoint.model.transactions import Transaction
from chargepoint_hal.contract import MeterReading

CHECKPOINT_AND_STOP_SECONDS = 70.0
"""Where no clock tells how long it lasted: without being stored, power flows for a checkpoint's minute and the EV's
seconds to stop, and for the lease."""
HIGH_SUPPLY_VOLTS = 253.0
"""230 V + 10 % (EN 50160)."""
OVERDRAWN_SHARE = 1.1
"""More than this over the rating is an over-current, which does not last."""
REGISTER_SLACK_WH = 200.0
"""Two steps of the coarsest register (100 Wh)."""


def most_wh_over(rating_amps: float, phases: int, outage_seconds: float | None, lease_seconds: float) -> float:
    """What an outlet can have delivered unrecorded; an outage of more than ten minutes delivers no more than that."""
    seconds = CHECKPOINT_AND_STOP_SECONDS + lease_seconds
    if outage_seconds is not None:
        seconds = min(outage_seconds, LONGEST_OUTAGE_SECONDS)
    watts = rating_amps * phases * HIGH_SUPPLY_VOLTS * OVERDRAWN_SHARE
    return watts * seconds / 3600.0 + REGISTER_SLACK_WH


def is_same_register(transaction: Transaction, reading: MeterReading | None, most_wh: float) -> bool:
    """It can be the one that counted until now: it did not fall, and rose by no more than could flow."""
    if reading is None or reading.energy_import_wh is None or transaction.last_energy_wh is None:
        return True
    return 0.0 <= reading.energy_import_wh - transaction.last_energy_wh <= most_wh


def best_energy_wh(transaction: Transaction, reading: MeterReading | None) -> float | None:
    """The register now if it can be the same meter's, else the last one stored; never less than that."""
    stored = transaction.last_energy_wh if transaction.last_energy_wh is not None else transaction.start_energy_wh
    if reading is None or reading.energy_import_wh is None:
        return stored
    if stored is None or reading.energy_import_wh >= stored:
        return reading.energy_import_wh
    return stored
