"""Amps, duty and the cable's resistor."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.iec61851.duty_cycle import duty_for, is_digital, offer_for, offered_amps
from chargepoint.iec61851.proximity_pilot import RATING_AMPS, Cable, cable_for

limits = st.floats(0.0, 120.0)
GRACE_AMPS = 1e-6


@pytest.mark.parametrize(
    ("amps", "duty"),
    [
        (6.0, 10.0),
        (10.0, 16.667),
        (13.0, 21.667),
        (16.0, 26.667),
        (20.0, 33.333),
        (32.0, 53.333),
        (48.0, 80.0),
        (51.0, 85.0),
        (52.0, 85.0),
        (52.5, 85.0),
        (63.0, 89.2),
        (80.0, 96.0),
        (500.0, 96.0),
        (16.09, 26.667),
    ],
)
def test_known_points(amps: float, duty: float) -> None:
    assert duty_for(amps) == pytest.approx(duty, abs=0.001)


@pytest.mark.parametrize("amps", [-1.0, 0.0, 5.99, math.nan, -math.inf])
def test_below_six_amps_there_is_no_duty(amps: float) -> None:
    assert duty_for(amps) is None
    assert offer_for(amps) is None


@given(limits)
def test_an_ev_never_reads_more_than_the_limit_and_loses_little(limit_amps: float) -> None:
    duty_percent = duty_for(limit_amps)
    if duty_percent is None:
        assert limit_amps < 6.0
        return
    assert 10.0 <= duty_percent <= 96.0
    read_amps = offered_amps(duty_percent)
    assert read_amps <= limit_amps + GRACE_AMPS
    assert read_amps == pytest.approx(offer_for(limit_amps) or 0.0)
    in_the_gap = 51.0 < limit_amps < 52.7
    assert read_amps >= min(limit_amps, 80.0) - (1.7 if in_the_gap else 0.1) - GRACE_AMPS


@given(limits, limits)
def test_more_amps_never_mean_less_duty(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert (duty_for(low) or 0.0) <= (duty_for(high) or 0.0)


@pytest.mark.parametrize(
    ("duty", "amps"),
    [
        (0.0, 0.0),
        (5.0, 0.0),
        (7.5, 0.0),
        (9.0, 6.0),
        (50.0, 30.0),
        (85.0, 51.0),
        (90.0, 65.0),
        (96.5, 80.0),
        (98.0, 0.0),
    ],
)
def test_an_ev_reads(duty: float, amps: float) -> None:
    assert offered_amps(duty) == pytest.approx(amps)


def test_five_percent_is_a_wish_for_digital_communication() -> None:
    assert is_digital(5.0)
    assert not is_digital(7.5)
    assert not is_digital(10.0)


@pytest.mark.parametrize(
    ("ohms", "cable", "amps"),
    [
        (0.0, Cable.SHORT, None),
        (74.9, Cable.SHORT, None),
        (100.0, Cable.AMPS_63, 63.0),
        (220.0, Cable.AMPS_32, 32.0),
        (680.0, Cable.AMPS_20, 20.0),
        (1500.0, Cable.AMPS_13, 13.0),
        (2200.0, Cable.NONE, None),
        (math.inf, Cable.NONE, None),
        (math.nan, Cable.SHORT, None),
        (-5.0, Cable.SHORT, None),
    ],
)
def test_resistors(ohms: float, cable: Cable, amps: float | None) -> None:
    assert cable_for(ohms) is cable
    assert RATING_AMPS[cable] == amps


@given(st.floats(allow_nan=True))
def test_every_resistance_is_some_cable(ohms: float) -> None:
    assert cable_for(ohms) in RATING_AMPS
    assert set(RATING_AMPS) == set(Cable)
