"""Open transactions that no EVSE of this configuration can go on with."""

from chargepoint.charging.context import CoreContext
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.same_register import best_energy_wh
from chargepoint.model.moment import Moment
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction


def end_orphan(context: CoreContext, record: Transaction, moment: Moment) -> None:
    """Its EVSE is not configured any more, or has another open one: nobody will ever end it but us, now."""
    orphan = OpenTransaction(context, record)
    if record.stop_reason is None:
        orphan.decide_stop(StopReason.POWER_LOSS, Cause.ABNORMAL_CONDITION, None, moment)
    energy_wh = best_energy_wh(record, None)
    orphan.end(energy_wh, None, ChargingState.IDLE, record.last_sample_at or record.started_at)
