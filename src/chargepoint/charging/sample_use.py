"""What a sample of a transaction is for, and what of it goes where."""

from dataclasses import dataclass
from typing import NamedTuple

from chargepoint.model.metering import ReadingContext
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue


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
