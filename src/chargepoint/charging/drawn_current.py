"""The current that a meter's reading shows, also of a meter that has no registers for it. Pure."""

from collections.abc import Iterator
from itertools import zip_longest
from statistics import fmean
from typing import TypeGuard

from chargepoint.charging.supply_voltage import DEAD_PHASE_VOLTS, SupplyLimits
from chargepoint_hal.contract import MeterReading


def drawn_amps(reading: MeterReading, phases: int, supply: SupplyLimits) -> list[float]:
    """Of each phase that anything is known of: its current, else its power by its volts. Where only the power of all is
    known, one value: what each of the EVSE's phases bears if they bear the same, the least that one of them bears."""
    known = list(_of_phases(reading, supply))
    if known or reading.power_watts is None:
        return known
    volts = [each for each in reading.voltages_volts if _is_live(each)]
    return [abs(reading.power_watts) / (phases * (fmean(volts) if volts else _usual_volts(supply)))]


def _of_phases(reading: MeterReading, supply: SupplyLimits) -> Iterator[float]:
    for amps, watts, volts in zip_longest(reading.currents_amps, reading.powers_watts, reading.voltages_volts):
        if amps is not None:
            yield abs(amps)
        elif watts is not None:
            yield abs(watts) / (volts if _is_live(volts) else _usual_volts(supply))


def _is_live(volts: float | None) -> TypeGuard[float]:
    return volts is not None and volts >= DEAD_PHASE_VOLTS


def _usual_volts(supply: SupplyLimits) -> float:
    """The middle of what the installer allows: no setting that a message can change may make a current look smaller."""
    return fmean((supply.under_volts, supply.over_volts))
