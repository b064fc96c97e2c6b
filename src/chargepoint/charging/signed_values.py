"""Puts what a meter has signed beside the number that it is about."""

from dataclasses import replace

from chargepoint.charging.meter_sampling import thinned
from chargepoint.model.metering import (
    SIGNED_SAMPLES_KEPT,
    Measurand,
    MeterValue,
    ReadingContext,
    SampledValue,
    SignedMeterData,
)
from chargepoint.model.moment import Stamp


def signed_register(context: ReadingContext, signed: SignedMeterData, energy_wh: float, stamp: Stamp) -> MeterValue:
    """The import register alone, with its signature."""
    value = SampledValue(Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, energy_wh, signed=signed)
    return MeterValue(stamp, context, (value,))


def with_signature(samples: tuple[MeterValue, ...], register: MeterValue) -> tuple[MeterValue, ...]:
    """The samples with the signature of a `signed_register` beside the register of the same context; where they have
    none, that register comes first or last."""
    context, signed = register.context, register.values[0].signed
    if any(sample.context is context and sample.energy_wh() is not None for sample in samples):
        return tuple(signed_sample(sample, signed) if sample.context is context else sample for sample in samples)
    return (register, *samples) if context is ReadingContext.TRANSACTION_BEGIN else (*samples, register)


def signed_sample(sample: MeterValue, signed: SignedMeterData | None) -> MeterValue:
    """The sample with a signature beside its register, if it has one."""

    def is_register(value: SampledValue) -> bool:
        return value.measurand is Measurand.ENERGY_ACTIVE_IMPORT_REGISTER and value.phase is None

    values = (replace(value, signed=signed) if is_register(value) else value for value in sample.values)
    return replace(sample, values=tuple(values))


def is_signed(sample: MeterValue) -> bool:
    """It carries a data set of the meter."""
    return any(value.signed is not None for value in sample.values)


def signed_samples_thinned(samples: tuple[MeterValue, ...]) -> tuple[MeterValue, ...]:
    """At most SIGNED_SAMPLES_KEPT of them signed; the rest of the signed ones goes, as in `thinned`."""
    signed = tuple(sample for sample in samples if is_signed(sample))
    left = thinned(signed, SIGNED_SAMPLES_KEPT)
    return samples if left == signed else tuple(each for each in samples if not is_signed(each) or each in left)
