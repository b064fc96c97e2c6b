"""What a live reading says about the wiring of its meter. Pure: it warns, and never corrects."""

from collections.abc import Iterator
from itertools import zip_longest

from chargepoint_hal.contract import MeterReading

ENOUGH_AMPS = 0.5
"""Below it power is too small to tell anything."""
FORWARD_LEAST, FORWARD_MOST = 0.1, 1.3
"""Power per volt and amp: from a poor power factor to what two coarse registers may be off."""
BACKWARD = -0.8
OTHER_PHASE = -0.3
"""Volts of one phase and amps of another are a third of a turn apart: half of the power, and negative."""
SUM_SLACK_WATTS, SUM_SLACK = 50.0, 0.1
DECADES = (0.001, 0.01, 0.1, 10.0, 100.0, 1000.0)
NEAR = 0.4


def doubts_about(reading: MeterReading) -> list[str]:
    """One sentence for each thing that looks wrong, and what to do about it; nothing flows: nothing to say."""
    doubts = [*_of_phases(reading), *_of_total(reading)]
    backward = [doubt for doubt in doubts if "flows backwards" in doubt]
    if backward and len(backward) == len([watts for watts in reading.powers_watts if watts]):
        doubts.append("all of the current flows backwards: turn the meter's two sides round, or set reversed = true")
    return doubts


def _of_phases(reading: MeterReading) -> Iterator[str]:
    phases = zip_longest(reading.voltages_volts, reading.currents_amps, reading.powers_watts)
    for number, (volts, amps, watts) in enumerate(phases, start=1):
        if not volts or amps is None or watts is None or abs(amps) < ENOUGH_AMPS:
            continue
        share = watts / (volts * abs(amps))
        if decade := _decade_off(abs(share)):
            yield (
                f"the power of L{number} is about {decade:g} times its volts times its amps: "
                "a scale is wrong, or a current transformer's ratio is not set in the meter"
            )
        elif share <= BACKWARD:
            yield f"the current of L{number} flows backwards: turn its transformer or its two wires round"
        elif share < OTHER_PHASE:
            yield (
                f"the power of L{number} is negative and about half of its volts times its amps: "
                "its current is that of another phase, compare the order of the phases at both terminals"
            )
        elif not FORWARD_LEAST <= abs(share) <= FORWARD_MOST:
            yield f"the power of L{number} does not fit to its volts and amps: compare it with the meter's display"


def _of_total(reading: MeterReading) -> Iterator[str]:
    powers = [watts for watts in reading.powers_watts if watts is not None]
    if reading.power_watts is None or not powers:
        return
    off = abs(reading.power_watts - sum(powers))
    if off > SUM_SLACK_WATTS + SUM_SLACK * sum(map(abs, powers)):
        yield f"the total power of {reading.power_watts:g} W is not the sum of the phases, {sum(powers):g} W"


def _decade_off(share: float) -> float | None:
    return next((decade for decade in DECADES if (1 - NEAR) * decade <= share <= (1 + NEAR) * decade), None)
