"""Counting on from the CSMS's numbers, and the reasons for a meter value: values in, values out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chargepoint.charging.cost_tally import Tally
from chargepoint.charging.cost_texts import DEFAULT_PRICE_TEXTS
from chargepoint.charging.cost_triggers import Seen, TriggerWatch
from chargepoint.model.cost import (
    ChargingPrice,
    CostState,
    DriverText,
    IdlePrice,
    MeterTriggers,
    NextPrices,
    RunningCost,
)
from chargepoint.model.moment import Moment
from chargepoint.model.status import EvseStatus
from chargepoint.settings import catalogue
from chargepoint.settings.price_formats import parse_default_price, parse_offset, parse_transition

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = Moment(1000.0, NOON, utc_trusted=True)
PRICE = ChargingPrice(Decimal("0.30"), Decimal(6), Decimal(1))
COST = RunningCost(Decimal(5), NOON - timedelta(seconds=60), 10_000.0, charging=PRICE)


def test_energy_and_time_since_the_meter_value_are_counted_and_the_flat_fee_is_not() -> None:
    tally = Tally.told(COST, None, 12_000.0, NOW)
    assert tally.amount_at(12_000.0, 1000.0) == Decimal(5) + Decimal("0.60") + Decimal("0.1")


def test_nothing_is_counted_backwards_and_unknown_energy_is_not_counted() -> None:
    tally = Tally.told(replace(COST, charging=ChargingPrice(Decimal(1))), None, None, NOW)
    assert tally.amount_at(9_000.0, 1000.0) == 5
    assert tally.amount_at(None, 1000.0) == 5
    assert Tally.told(COST, None, None, replace(NOW, utc_trusted=False)).at == 1000.0, "a time nobody can place is now"
    assert Tally.told(replace(COST, as_of=NOON + timedelta(hours=1)), None, None, NOW).at == 1000.0


def test_a_number_without_prices_stands_still() -> None:
    tally = Tally.told(RunningCost(Decimal(7)), None, 1.0, NOW)
    assert tally.amount_at(90_000.0, 99_999.0) == 7


def test_the_grace_is_counted_from_the_change_to_idle_over_later_messages() -> None:
    idle = RunningCost(Decimal(5), state=CostState.IDLE, idle=IdlePrice(Decimal(3600), 100.0))
    first = Tally.told(idle, Tally.told(COST, None, None, NOW), None, NOW)
    assert first.amount_at(None, 1100.0) == 5
    assert first.amount_at(None, 1110.0) == 15
    later = Tally.told(idle, first, None, replace(NOW, monotonic=1050.0))
    assert later.amount_at(None, 1110.0) == 15
    again = Tally.told(idle, Tally.told(COST, later, None, NOW), None, replace(NOW, monotonic=1050.0))
    assert again.amount_at(None, 1110.0) == 5, "charging in between begins a new grace"


def test_the_next_prices_count_from_their_time_with_their_flat_fee() -> None:
    tally = Tally.told(replace(COST, as_of=NOON, charging=ChargingPrice(per_hour=Decimal(3600))), None, 10_000.0, NOW)
    turned = tally.turned(NextPrices(NOON, ChargingPrice(flat_fee=Decimal(2))), 10_500.0, 1010.0)
    assert turned.amount_at(20_000.0, 9_999.0) == 5 + 10 + 2


def seen(
    consumed_wh: float | None = 0.0, power_watts: float | None = 0.0, status: EvseStatus = EvseStatus.CHARGING
) -> Seen:
    return Seen(consumed_wh, power_watts, status)


def test_a_power_that_wavers_around_the_threshold_is_told_once() -> None:
    watch = TriggerWatch(MeterTriggers(power_watts=1000.0), seen(power_watts=1200.0), NOW)
    told = [watch.has_come(seen(power_watts=watts), 1001.0) for watts in (980, 1020, 960, 940, 1020, 960, 1060, 990)]
    assert told == [False, False, False, True, False, False, True, False]


def test_the_first_power_that_is_known_is_no_crossing() -> None:
    watch = TriggerWatch(MeterTriggers(power_watts=1000.0), seen(power_watts=None), NOW)
    assert not watch.has_come(seen(power_watts=50.0), 1001.0)
    assert not watch.has_come(seen(power_watts=None), 1002.0)
    assert watch.has_come(seen(power_watts=2000.0), 1003.0)


def test_energy_and_time_come_once_and_not_where_they_are_past() -> None:
    watch = TriggerWatch(MeterTriggers(NOON + timedelta(seconds=10), 500.0), seen(100.0), NOW)
    assert watch.due_at == 1010.0
    assert not watch.has_come(seen(None), 1009.0)
    assert watch.has_come(seen(100.0), 1010.0)
    assert watch.has_come(seen(500.0), 1011.0)
    assert not watch.has_come(seen(600.0), 1012.0)
    past = TriggerWatch(MeterTriggers(NOON - timedelta(seconds=10), 500.0), seen(501.0), NOW)
    assert not past.has_come(seen(600.0), 2000.0)


def test_only_a_change_into_a_named_status_counts() -> None:
    watch = TriggerWatch(MeterTriggers(statuses=frozenset({EvseStatus.SUSPENDED_EV})), seen(), NOW)
    states = (EvseStatus.CHARGING, EvseStatus.SUSPENDED_EV, EvseStatus.SUSPENDED_EV, EvseStatus.SUSPENDED_EVSE)
    assert [watch.has_come(seen(status=state), 1001.0) for state in states] == [False, True, False, False]


def test_there_is_a_default_price_for_every_language() -> None:
    assert set(DEFAULT_PRICE_TEXTS) == set(catalogue.LANGUAGE.choices)


def test_a_text_is_taken_in_the_language_that_is_wanted() -> None:
    text = DriverText("one", (("de", "eins"), ("es", "uno")))
    assert (text.in_language("DE"), text.in_language("fr"), text.in_language(None)) == ("eins", "one", "one")


@pytest.mark.parametrize("text", ["", "05:00:00", "+25:00", "+05:60", "Z", "-5:00"])
def test_an_offset_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="offset"):
        parse_offset(text)


def test_offsets_and_transitions_are_read() -> None:
    assert parse_offset("-05:30") == -timedelta(hours=5, minutes=30)
    assert parse_offset("02:00") == timedelta(hours=2)
    assert parse_transition("2026-03-29T02:00:00+01:00") == datetime(2026, 3, 29, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="a time like"):
        parse_transition("0001-01-01T00:00:00+14:00")


@pytest.mark.parametrize(
    "text",
    ["7", "[]", "{}", '{"priceText": "x", "chargingPrice": {"kWhPrice": "a"}}', "[" * 5000, '{"priceText": NaN}']
    + [f'{{"priceText": "x", "chargingPrice": {{"kWhPrice": {number}}}}}' for number in ("1e99", "true", "[]")],
)
def test_a_default_price_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_default_price(text)
