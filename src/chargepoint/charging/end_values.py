"""The meter values that the report of the end carries. Pure."""

from chargepoint.charging.context import CoreContext
from chargepoint.charging.meter_sampling import meter_value
from chargepoint.charging.signed_values import signed_register, with_signature
from chargepoint.model.metering import MeterValue, ReadingContext, SignedMeterData
from chargepoint.model.moment import Stamp
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading


def end_values(
    context: CoreContext, kept: tuple[MeterValue, ...], reading: MeterReading | None, stamp: Stamp
) -> tuple[MeterValue, ...]:
    """What was kept meanwhile, and the reading of the end where there is one."""
    settings = context.settings
    wanted = settings.get(catalogue.STOP_TXN_SAMPLED_DATA)
    if not wanted and not settings.get(catalogue.STOP_TXN_ALIGNED_DATA):
        kept = ()  # 1.6 errata 3.14.5: also what was kept before both were emptied
    last = None if reading is None else meter_value(reading, wanted, ReadingContext.TRANSACTION_END, stamp)
    return kept if last is None else (*kept, last)


def signed_end(
    values: tuple[MeterValue, ...], signed: SignedMeterData | None, energy_wh: float | None, stamp: Stamp
) -> tuple[MeterValue, ...]:
    """With what the meter has signed, beside the register of the end."""
    if signed is None or energy_wh is None:
        return values
    return with_signature(values, signed_register(ReadingContext.TRANSACTION_END, signed, energy_wh, stamp))
