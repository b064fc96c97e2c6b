"""What a transaction is when it begins, and what an authorisation changes in it. Pure."""

from dataclasses import dataclass, replace

from chargepoint.charging.authorization import Grant
from chargepoint.charging.context import CoreContext
from chargepoint.charging.meter_sampling import meter_value
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import MeterValue, ReadingContext
from chargepoint.model.moment import Stamp
from chargepoint.model.power import EvseObservation
from chargepoint.model.transactions import Cause, ChargingState, Transaction
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is known of a transaction when it begins."""

    evse_id: EvseId
    cause: Cause
    grant: Grant | None = None
    """None: an EV has come, and nobody is authorised yet."""
    reading: MeterReading | None = None
    """Valid; None where the start can do without."""
    seen: EvseObservation | None = None
    is_plugged_in: bool = True
    is_place_known: bool = True
    """False: the EV may still come to another EVSE than this one."""
    closes_power_path: bool = True
    """EV and authorisation are there: energy may flow from now on."""
    is_told: bool = True
    """False: the start is told once energy flows."""


def authorized(record: Transaction, grant: Grant, stamp: Stamp) -> Transaction:
    """With who may charge now; what was said of an authorisation before is over."""
    return replace(
        record,
        id_token=grant.token,
        group_token=grant.group,
        remote_start_id=grant.remote_start_id,
        reservation_id=grant.reservation_id,
        remote_limit_amps=grant.limit_amps,
        token_was_confirmed=grant.is_confirmed,
        authorized_at=stamp,
        revoked_by=None,
        is_deauthorized=False,
        deauthorized_energy_wh=None,
    )


def begin_value(
    context: CoreContext, reading: MeterReading | None, stamp: Stamp, setting: catalogue.MeasurandsSetting
) -> MeterValue | None:
    if reading is None:
        return None
    return meter_value(reading, context.settings.get(setting), ReadingContext.TRANSACTION_BEGIN, stamp)


def told_begin(
    context: CoreContext, record: Transaction, reading: MeterReading | None, stamp: Stamp
) -> tuple[MeterValue, ...]:
    """The register of the begin, beside whatever else the reading says; nothing without one."""
    at_begin = None if reading is None else replace(reading, energy_import_wh=record.start_energy_wh)
    value = begin_value(context, at_begin, stamp, catalogue.TX_STARTED_MEASURANDS)
    return () if value is None else (value,)


def with_register(context: CoreContext, record: Transaction, reading: MeterReading | None, stamp: Stamp) -> Transaction:
    """A begin that has no register yet gets the present one: nothing has flowed."""
    if record.may_have_energy or record.start_energy_wh is not None or reading is None:
        return record
    kept = begin_value(context, reading, stamp, catalogue.STOP_TXN_SAMPLED_DATA)
    energy_wh = reading.energy_import_wh
    samples = record.stop_samples if kept is None else (*record.stop_samples, kept)
    return replace(record, start_energy_wh=energy_wh, last_energy_wh=energy_wh, stop_samples=samples)


def new_record(context: CoreContext, beginning: Beginning, stamp: Stamp) -> Transaction:
    """Nothing is told of it yet; its register is the present one, where the EVSE is known."""
    reading = beginning.reading if beginning.is_place_known else None
    energy_wh = None if reading is None else reading.energy_import_wh
    kept = begin_value(context, reading, stamp, catalogue.STOP_TXN_SAMPLED_DATA)
    record = Transaction(
        transaction_id=context.make_transaction_id(),
        evse_id=beginning.evse_id,
        id_token=None,
        started_at=stamp,
        start_energy_wh=energy_wh,
        charging_state=ChargingState.EV_CONNECTED if beginning.is_plugged_in else ChargingState.IDLE,
        last_energy_wh=energy_wh,
        last_sample_at=stamp,
        stop_samples=() if kept is None else (kept,),
        plug=None if beginning.seen is None else beginning.seen.plug,
        may_have_energy=beginning.closes_power_path,
        is_begin_told=beginning.closes_power_path or reading is not None,
    )
    return record if beginning.grant is None else authorized(record, beginning.grant, stamp)
