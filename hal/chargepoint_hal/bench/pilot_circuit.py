"""The control pilot as a circuit: generator, source resistor, EV resistors and diode (IEC 61851-1 annex A.2). Pure."""

import math
from dataclasses import dataclass
from functools import cache

from chargepoint_hal.contract import PilotSample, PilotSignal

GENERATOR_VOLTS = 12.0
SOURCE_OHMS = 1000.0
DIODE_VOLTS = 0.7
EV_PRESENT_OHMS = 2740.0  # R2
EV_READY_OHMS = 1300.0  # R3, in parallel while S2 is closed
EV_VENTILATION_OHMS = 270.0  # R3 of an EV that needs ventilation
STRANGE_VOLTS = -5.0  # in no window of IEC 61851-1 table A.4

CABLE_OHMS = {13: 1500.0, 20: 680.0, 32: 220.0, 63: 100.0}  # IEC 61851-1 annex B
SHORTED_PROXIMITY_OHMS = 10.0


@dataclass(frozen=True, slots=True)
class PilotLoad:
    """What hangs on the pilot; `ohms` infinite is an open end."""

    ohms: float = math.inf
    has_diode: bool = True
    is_shorted: bool = False


def ev_ohms(s2_closed: bool, ventilation: bool) -> float:
    """The EV's resistance between pilot and PE, behind its diode."""
    if not s2_closed:
        return EV_PRESENT_OHMS
    ready_ohms = EV_VENTILATION_OHMS if ventilation else EV_READY_OHMS
    return EV_PRESENT_OHMS * ready_ohms / (EV_PRESENT_OHMS + ready_ohms)


def volts_under_load(source_volts: float, load: PilotLoad) -> float:
    """Pilot volts for one level of the generator."""
    if load.is_shorted:
        return 0.0
    if math.isinf(load.ohms):
        return source_volts
    share = load.ohms / (load.ohms + SOURCE_OHMS)
    if not load.has_diode:
        return source_volts * share
    if source_volts <= DIODE_VOLTS:
        return source_volts
    return DIODE_VOLTS + (source_volts - DIODE_VOLTS) * share


@cache
def pilot_sample(signal: PilotSignal, load: PilotLoad) -> PilotSample:
    """Highest and lowest volts of one period; a steady signal has both equal."""
    high_volts = volts_under_load(GENERATOR_VOLTS, load)
    low_volts = volts_under_load(-GENERATOR_VOLTS, load)
    match signal:
        case PilotSignal.STEADY:
            return PilotSample(high_volts, high_volts)
        case PilotSignal.PWM:
            return PilotSample(high_volts, low_volts)
        case PilotSignal.FAULT:
            return PilotSample(low_volts, low_volts)


def amps_offered(signal: PilotSignal, duty_percent: float) -> float:
    """How an EV reads the pilot (IEC 61851-1 table A.8); 0 is no power or digital communication only."""
    if signal is not PilotSignal.PWM or not 8.0 <= duty_percent <= 97.0:
        return 0.0
    if duty_percent < 10.0:
        return 6.0
    if duty_percent <= 85.0:
        return duty_percent * 0.6
    return min((duty_percent - 64.0) * 2.5, 80.0)
