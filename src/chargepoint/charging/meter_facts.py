"""Where a meter's facts go: into what its EVSE's session knows, and into the open transaction."""

from typing import assert_never

from chargepoint.charging.events import (
    MeterRead,
    MeterRebased,
    MeterRecovered,
    MeterSigned,
    MeterUnavailable,
    SupplyMeasured,
)
from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.moment import Moment

MeterFact = MeterRead | SupplyMeasured | MeterUnavailable | MeterRecovered | MeterRebased | MeterSigned


def take_in(session: EvseSession, event: MeterFact, moment: Moment) -> None:
    """What follows from it is concluded afterwards, as with every fact."""
    match event:
        case MeterRead(_, reading):
            session.meter.read(reading)
            session.view.watch.measure(reading)
            session.run.see_register(reading, moment)
        case SupplyMeasured(_, reading):
            session.view.watch.measure(reading)
        case MeterUnavailable(_, fault, _):
            session.meter.unavailable(fault, moment.monotonic)
        case MeterRecovered():
            session.meter.recovered()
        case MeterRebased():
            session.run.register_was_rebased()
        case MeterSigned():
            session.run.signatures.take(event, session.run.open, moment)
        case _:
            assert_never(event)
