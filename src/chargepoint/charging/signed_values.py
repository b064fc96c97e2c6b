"""Puts what a meter has signed beside the number that it is about."""

from dataclasses import replace

from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SampledValue, SignedMeterData
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
        return tuple(_signed(sample, signed) if sample.context is context else sample for sample in samples)
    return (register, *samples) if context is ReadingContext.TRANSACTION_BEGIN else (*samples, register)


def _signed(sample: MeterValue, signed: SignedMeterData | None) -> MeterValue:
    def is_register(value: SampledValue) -> bool:
        return value.measurand is Measurand.ENERGY_ACTIVE_IMPORT_REGISTER and value.phase is None

    values = (replace(value, signed=signed) if is_register(value) else value for value in sample.values)
    return replace(sample, values=tuple(values))
