"""Which numbers of a reading go into a report. Unknown values are left out; they are never 0."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from math import floor

from chargepoint.model.metering import STOP_SAMPLES_KEPT, Measurand, MeterValue, Phase, ReadingContext, SampledValue
from chargepoint.model.moment import Moment, Stamp
from chargepoint_hal.contract import MeterReading

GRID_SLACK_SECONDS = 0.25
DAY_SECONDS = 86400

PHASES = (Phase.L1, Phase.L2, Phase.L3)
PHASES_TO_NEUTRAL = (Phase.L1_N, Phase.L2_N, Phase.L3_N)


def _single(measurand: Measurand, value: float | None) -> list[SampledValue]:
    return [] if value is None else [SampledValue(measurand, value)]


def _per_phase(measurand: Measurand, values: tuple[float | None, ...], phases: tuple[Phase, ...]) -> list[SampledValue]:
    return [
        SampledValue(measurand, value, phase) for value, phase in zip(values, phases, strict=False) if value is not None
    ]


def _power(reading: MeterReading) -> list[SampledValue]:
    return _single(Measurand.POWER_ACTIVE_IMPORT, reading.power_watts)


SELECT: dict[Measurand, Callable[[MeterReading], list[SampledValue]]] = {
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER: lambda r: _single(
        Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, r.energy_import_wh
    ),
    Measurand.ENERGY_ACTIVE_EXPORT_REGISTER: lambda r: _single(
        Measurand.ENERGY_ACTIVE_EXPORT_REGISTER, r.energy_export_wh
    ),
    Measurand.POWER_ACTIVE_IMPORT: _power,
    Measurand.POWER_FACTOR: lambda r: _single(Measurand.POWER_FACTOR, r.power_factor),
    Measurand.CURRENT_IMPORT: lambda r: _per_phase(Measurand.CURRENT_IMPORT, r.currents_amps, PHASES),
    Measurand.VOLTAGE: lambda r: _per_phase(Measurand.VOLTAGE, r.voltages_volts, PHASES_TO_NEUTRAL),
    Measurand.FREQUENCY: lambda r: _single(Measurand.FREQUENCY, r.frequency_hertz),
    Measurand.TEMPERATURE: lambda r: _single(Measurand.TEMPERATURE, r.temperature_celsius),
}


PER_PHASE: dict[Measurand, Callable[[MeterReading], tuple[float | None, ...]]] = {
    Measurand.POWER_ACTIVE_IMPORT: lambda r: r.powers_watts,
    Measurand.CURRENT_IMPORT: lambda r: r.currents_amps,
    Measurand.VOLTAGE: lambda r: r.voltages_volts,
}
CONDUCTOR = {phase: index for phases in (PHASES, PHASES_TO_NEUTRAL) for index, phase in enumerate(phases)}


def asked_phase(name: str) -> tuple[Measurand, Phase | None]:
    """What a list of measurands names: `Voltage`, or `Voltage.L1` where only that phase is wanted (1.6 9.1.17)."""
    measurand, _, phase = name.rpartition(".")
    return (Measurand(measurand), Phase(phase)) if phase in CONDUCTOR else (Measurand(name), None)


def _asked(reading: MeterReading, name: str, offered_amps: float | None) -> list[SampledValue]:
    measurand, phase = asked_phase(name)
    if phase is not None:
        found = PER_PHASE[measurand](reading)[CONDUCTOR[phase] :][:1]
        return _per_phase(measurand, found, (phase,))
    if measurand is Measurand.CURRENT_OFFERED:
        return _single(measurand, offered_amps)
    return SELECT[measurand](reading) if measurand in SELECT else []


def meter_value(
    reading: MeterReading,
    measurands: Iterable[str],
    context: ReadingContext,
    stamp: Stamp,
    offered_amps: float | None = None,
) -> MeterValue | None:
    """The asked measurands that the reading has, each once; None when it has none of them."""
    values: list[SampledValue] = []
    for name in measurands:
        values += [value for value in _asked(reading, name, offered_amps) if value not in values]
    return MeterValue(stamp, context, tuple(values)) if values else None


def thinned(samples: tuple[MeterValue, ...], most: int = STOP_SAMPLES_KEPT) -> tuple[MeterValue, ...]:
    """At most so many. When full, half goes, where they stand closest: what is left is spread over the whole time, and
    the first and the last stay (1.6 errata 3.91)."""
    if len(samples) <= most:
        return samples
    kept = list(samples)
    while len(kept) > most // 2:
        between = range(1, len(kept) - 1)
        del kept[min(between, key=lambda place: kept[place + 1].stamp.utc - kept[place - 1].stamp.utc)]
    return tuple(kept)


def next_aligned(moment: Moment, interval_seconds: int) -> float:
    """The monotonic time of the next multiple of the interval since midnight UTC (1.6 ClockAlignedDataInterval).

    A mark within GRID_SLACK_SECONDS is the one that has just been sampled: timers and clocks round.
    """
    midnight = datetime(moment.utc.year, moment.utc.month, moment.utc.day, tzinfo=UTC)
    since_midnight = (moment.utc - midnight).total_seconds()
    ahead = (floor((since_midnight + GRID_SLACK_SECONDS) / interval_seconds) + 1) * interval_seconds
    if ahead > DAY_SECONDS:  # the grid begins anew at midnight
        ahead = DAY_SECONDS if since_midnight + GRID_SLACK_SECONDS < DAY_SECONDS else DAY_SECONDS + interval_seconds
    return moment.monotonic + ahead - since_midnight
