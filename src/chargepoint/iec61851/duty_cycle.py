"""Amps ↔ duty of the control pilot (IEC 61851-1 table A.7), from the station's side and from the EV's."""

from math import floor, isnan

LOWEST_OFFER_AMPS = 6.0
HIGHEST_OFFER_AMPS = 80.0
LOW_RANGE_TOP_AMPS = 51.0
HIGH_RANGE_BOTTOM_AMPS = 52.5
"""Between the two ranges no duty is defined: the lower range's top is offered."""

DIGITAL_DUTY_PERCENT = 5.0
"""Digital communication wanted, no basic charging."""

LOW_RANGE_TOP_PERCENT = 85.0
AMPS_PER_PERCENT = 0.6
HIGH_RANGE_AMPS_PER_PERCENT = 2.5
HIGH_RANGE_OFFSET_PERCENT = 64.0
_FLOAT_GRACE = 1e-9


def offer_for(limit_amps: float) -> float | None:
    """The amps that the pilot can offer: at most the limit, steps of 0.1 A, 6…51 and 52.6…80; None below 6 A."""
    if isnan(limit_amps) or limit_amps < LOWEST_OFFER_AMPS:
        return None
    amps = floor(min(limit_amps, HIGHEST_OFFER_AMPS) * 10.0 + _FLOAT_GRACE) / 10.0
    if LOW_RANGE_TOP_AMPS < amps <= HIGH_RANGE_BOTTOM_AMPS:
        return LOW_RANGE_TOP_AMPS
    return amps


def duty_for(limit_amps: float) -> float | None:
    """The duty in percent that offers no more than the limit, 10…96; None (no PWM) below 6 A."""
    amps = offer_for(limit_amps)
    if amps is None:
        return None
    if amps <= LOW_RANGE_TOP_AMPS:
        return amps / AMPS_PER_PERCENT
    return amps / HIGH_RANGE_AMPS_PER_PERCENT + HIGH_RANGE_OFFSET_PERCENT


def is_digital(duty_percent: float) -> bool:
    """The EV reads this duty as a wish for digital communication."""
    return 3.0 <= duty_percent <= 7.0


def offered_amps(duty_percent: float) -> float:
    """The amps that an EV may draw by basic charging; 0.0 where the duty means none, or digital communication."""
    if not 8.0 <= duty_percent <= 97.0:
        return 0.0
    if duty_percent < 10.0:
        return LOWEST_OFFER_AMPS
    if duty_percent <= LOW_RANGE_TOP_PERCENT:
        return duty_percent * AMPS_PER_PERCENT
    return min((duty_percent - HIGH_RANGE_OFFSET_PERCENT) * HIGH_RANGE_AMPS_PER_PERCENT, HIGHEST_OFFER_AMPS)
