"""Which of several register maps a live meter has: the one whose reading makes the most sense. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chargepoint_hal.contract import MeterReading
from chargepoint_hal.meters.register_map import RegisterMap

VOLTS, HERTZ = (100.0, 300.0), (45.0, 65.0)
MOST_AMPS, MOST_WATTS, MOST_WH = 1000.0, 1e6, 1e10
NAMES_ITSELF = 20
"""A model's number is worth more than any measured value."""
DEAD_PHASE = 4


@dataclass(frozen=True, slots=True)
class Match:
    """A map and what the meter reads as by it."""

    register_map: RegisterMap
    reading: MeterReading
    score: int


def match(register_map: RegisterMap, reading: MeterReading) -> Match | None:
    """None where a value can not be true: it is another model."""
    values = list(_judged(reading))
    if not all(values) or reading.energy_import_wh is None:
        return None
    names_itself = not register_map.probe.accepts_zero and register_map.probe.register.type.value != "f32"
    dead = sum(1 for volts in reading.voltages_volts if not volts)
    has_serial = 1 if reading.serial_number else 0
    score = len(values) + has_serial + NAMES_ITSELF * names_itself - DEAD_PHASE * dead
    return Match(register_map, reading, score)


def best_first(matches: Iterable[Match]) -> list[Match]:
    """Those that are as good as the best; a map that is named like a whole family comes before its kin."""
    ranked = sorted(matches, key=lambda found: (-found.score, found.register_map.name))
    return [found for found in ranked if found.score == ranked[0].score]


def _judged(reading: MeterReading) -> Iterator[bool]:
    """Whether each value can be true; a phase or a grid that is off is 0."""
    for volts in reading.voltages_volts:
        if volts:
            yield VOLTS[0] <= volts <= VOLTS[1]
    if reading.frequency_hertz:
        yield HERTZ[0] <= reading.frequency_hertz <= HERTZ[1]
    for amps in reading.currents_amps:
        if amps is not None:
            yield abs(amps) <= MOST_AMPS
    for watts in (*reading.powers_watts, reading.power_watts):
        if watts is not None:
            yield abs(watts) <= MOST_WATTS
    for energy_wh in (reading.energy_import_wh, reading.energy_export_wh):
        if energy_wh is not None:
            yield 0 <= energy_wh <= MOST_WH
    if reading.power_factor is not None:
        yield abs(reading.power_factor) <= 1.001
