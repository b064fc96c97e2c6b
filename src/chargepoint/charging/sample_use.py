"""What a sample of a transaction is for, and what of it goes where."""

from dataclasses import dataclass
from typing import NamedTuple

from chargepoint.charging.meter_sampling import meter_value
from chargepoint.model.metering import MeterValue, ReadingContext
from chargepoint.model.moment import Stamp
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView
from chargepoint_hal.contract import MeterReading


class SampleKind(NamedTuple):
    """What is told of a sample, what of it the report of the end carries, and why it is told."""

    told: catalogue.MeasurandsSetting
    kept: catalogue.MeasurandsSetting
    cause: Cause


SAMPLES = {
    ReadingContext.SAMPLE_PERIODIC: SampleKind(
        catalogue.METER_VALUES_SAMPLED_DATA,
        catalogue.STOP_TXN_SAMPLED_DATA,
        Cause.METER_VALUE_PERIODIC,
    ),
    ReadingContext.SAMPLE_CLOCK: SampleKind(
        catalogue.METER_VALUES_ALIGNED_DATA,
        catalogue.STOP_TXN_ALIGNED_DATA,
        Cause.METER_VALUE_CLOCK,
    ),
}


@dataclass(frozen=True, slots=True)
class SampleUse:
    """What a due sample is for."""

    context: ReadingContext
    """Periodic or on the clock's grid."""
    is_told: bool
    is_kept: bool
    """For the report of the end."""


def told_of(
    settings: SettingsView, use: SampleUse, reading: MeterReading, stamp: Stamp, offered_amps: float | None
) -> MeterValue | None:
    """What of a due sample is told; None for nothing."""
    measurands = settings.get(SAMPLES[use.context].told)
    return meter_value(reading, measurands, use.context, stamp, offered_amps) if use.is_told else None


def kept_of(
    settings: SettingsView, use: SampleUse, reading: MeterReading, stamp: Stamp, offered_amps: float | None
) -> MeterValue | None:
    """What of it the report of the end will carry; None for nothing."""
    measurands = settings.get(SAMPLES[use.context].kept)
    return meter_value(reading, measurands, use.context, stamp, offered_amps) if use.is_kept else None
