"""What the gate lets pass, told as a meter's days, good and bad."""

from dataclasses import replace

import pytest

from chargepoint_hal.contract import MeterReading
from chargepoint_hal.faults import Fault
from chargepoint_hal.meters.plausibility import GatePolicy, Judgement, MeterGate

IMPLAUSIBLE = frozenset({Fault.METER_IMPLAUSIBLE})
NONE: frozenset[Fault] = frozenset()


def reading(at: float, energy_wh: float | None, **values: object) -> MeterReading:
    good = MeterReading(
        at_monotonic=at,
        energy_import_wh=energy_wh,
        power_watts=7360.0,
        currents_amps=(16.0, 16.0, 0.0),
        voltages_volts=(230.0, 231.0, 229.0),
        frequency_hertz=50.0,
        serial_number="A1",
    )
    return replace(good, **values)  # type: ignore[arg-type]  # field names of the reading


def energy_of(judgement: Judgement) -> float | None:
    return judgement.reading.energy_import_wh if judgement.reading else None


def test_an_hour_of_charging_passes_unchanged_and_without_a_fault() -> None:
    gate = MeterGate()
    for second in range(3600):
        given = reading(float(second), 1_000_000.0 + second * 2.04)
        judged = gate.judge(given)
        assert judged == Judgement(given)
    assert gate.state.last_energy_wh == pytest.approx(1_000_000.0 + 3599 * 2.04)


def test_a_single_drop_out_of_the_register_is_held_and_never_passed_on() -> None:
    gate = MeterGate()
    gate.judge(reading(0, 50_000.0))
    dropped = gate.judge(reading(1, 0.0))
    assert energy_of(dropped) is None
    assert dropped.faults == IMPLAUSIBLE
    assert "fell by 50000 Wh" in dropped.why
    assert dropped.reading is not None
    assert dropped.reading.power_watts == 7360.0, "what is not in doubt goes on"
    assert gate.judge(reading(2, 50_004.0)) == Judgement(reading(2, 50_004.0))


def test_a_jump_that_the_supply_could_not_deliver_is_held() -> None:
    gate = MeterGate()
    gate.judge(reading(0, 50_000.0))
    assert energy_of(gate.judge(reading(1, 51_000.0))) is None
    assert energy_of(gate.judge(reading(2, 50_002.0))) == 50_002.0


def test_a_rise_over_a_long_silence_is_no_jump() -> None:
    gate = MeterGate()
    gate.judge(reading(0, 50_000.0))
    assert gate.judge(reading(600, 51_800.0)).faults == NONE


def test_a_meter_that_starts_anew_is_accepted_after_agreeing_readings_and_the_bill_goes_on() -> None:
    gate = MeterGate(GatePolicy(consistent_readings=3))
    gate.judge(reading(0, 50_000.0))
    judged = [gate.judge(reading(second, (second - 1) * 2.0)) for second in range(1, 6)]
    assert [energy_of(judgement) for judgement in judged] == [None, None, 50_004.0, 50_006.0, 50_008.0]
    assert [judgement.faults for judgement in judged] == [IMPLAUSIBLE] * 3 + [NONE] * 2
    assert "new base with 50000 Wh offset" in judged[2].why
    assert gate.state.offset_wh == 50_000.0


def test_readings_that_contradict_each_other_never_become_a_base() -> None:
    gate = MeterGate(GatePolicy(consistent_readings=3))
    gate.judge(reading(0, 50_000.0))
    for second in range(1, 50):
        judged = gate.judge(reading(second, 0.0 if second % 2 else 9e6))
        assert energy_of(judged) is None
        assert judged.faults == IMPLAUSIBLE


def test_the_same_reading_twice_confirms_nothing() -> None:
    gate = MeterGate(GatePolicy(consistent_readings=3))
    gate.judge(reading(0, 50_000.0))
    judged = [gate.judge(reading(1, 0.0), now=1.0) for _ in range(10)]
    assert {energy_of(judgement) for judgement in judged} == {None}


def test_another_serial_number_is_another_meter_even_if_its_register_would_fit() -> None:
    gate = MeterGate(GatePolicy(consistent_readings=2))
    gate.judge(reading(0, 50_000.0))
    first = gate.judge(reading(1, 50_001.0, serial_number="B2"))
    assert energy_of(first) is None
    assert "serial number changed from A1 to B2" in first.why
    second = gate.judge(reading(2, 50_003.0, serial_number="B2"))
    assert energy_of(second) == 50_002.0
    assert gate.judge(reading(3, 50_005.0, serial_number="B2")) == Judgement(
        reading(3, 50_004.0, serial_number="B2"),
    )


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        ({"voltages_volts": (230.0, 1e36, 229.0)}, "voltages_volts", (230.0, None, 229.0)),
        ({"voltages_volts": (23.0, 230.0, 301.0)}, "voltages_volts", (None, 230.0, None)),
        ({"currents_amps": (16.0, -120.0, 0.0)}, "currents_amps", (16.0, None, 0.0)),
        ({"frequency_hertz": 500.0}, "frequency_hertz", None),
        ({"power_watts": 4e9}, "power_watts", None),
        ({"energy_import_wh": -1.0}, "energy_import_wh", None),
        ({"energy_import_wh": float("nan")}, "energy_import_wh", None),
    ],
)
def test_a_value_that_can_not_be_is_unknown_and_flagged(
    values: dict[str, object], field: str, expected: object
) -> None:
    judged = MeterGate().judge(replace(reading(0, 1000.0), **values))  # type: ignore[arg-type]  # field names
    assert judged.faults == IMPLAUSIBLE
    assert getattr(judged.reading, field) == expected
    assert judged.why


def test_a_supply_that_is_off_is_plausible() -> None:
    off = reading(0, 1000.0, voltages_volts=(0.0, 0.0, 0.0), frequency_hertz=0.0, power_watts=0.0)
    assert MeterGate().judge(off) == Judgement(off)


def test_a_register_that_rests_while_power_flows_is_frozen_until_it_moves() -> None:
    gate = MeterGate()
    faults = [gate.judge(reading(float(second), 1000.0)).faults for second in range(300)]
    first = next(second for second, found in enumerate(faults) if found)
    assert faults[first] == {Fault.METER_FROZEN}
    assert 120 <= first <= 125, "7.36 kW make 250 Wh in 122 s"
    assert gate.judge(reading(300.0, 1010.0)).faults == NONE


def test_a_coarse_register_at_a_low_power_is_not_frozen() -> None:
    gate = MeterGate()
    for second in range(3600):
        counted = second * 1380.0 / 3600
        judged = gate.judge(reading(float(second), 1000.0 + counted // 100 * 100, power_watts=1380.0))
        assert judged.faults == NONE


def test_without_power_nothing_is_frozen_however_long_it_rests() -> None:
    gate = MeterGate()
    for hour in range(48):
        assert gate.judge(reading(hour * 3600.0, 1000.0, power_watts=0.0)).faults == NONE


def test_a_meter_that_measures_only_currents_is_watched_by_them() -> None:
    gate = MeterGate()
    faults = [gate.judge(reading(float(s), 1000.0, power_watts=None)).faults for s in range(200)]
    assert faults[-1] == {Fault.METER_FROZEN}


def test_one_failed_cycle_is_not_silence_but_more_than_two_are() -> None:
    gate = MeterGate()
    gate.judge(reading(0, 1000.0))
    assert gate.judge(None, now=1.0) == Judgement(None, NONE, "one cycle without an answer")
    assert gate.judge(None, now=2.0).faults == NONE
    silent = gate.judge(None, now=3.0)
    assert silent.reading is None
    assert silent.faults == {Fault.METER_SILENT}


def test_a_meter_that_never_answered_becomes_silent_too() -> None:
    gate = MeterGate()
    assert gate.judge(None, now=100.0).faults == NONE
    assert gate.judge(None, now=103.0).faults == {Fault.METER_SILENT}


def test_an_old_reading_is_not_passed_on_as_a_new_one() -> None:
    gate = MeterGate()
    assert gate.judge(reading(0, 1000.0), now=0.5).reading is not None
    stale = gate.judge(reading(0, 1000.0), now=5.0)
    assert stale.reading is None
    assert stale.faults == {Fault.METER_SILENT}
    gate.judge(reading(6, 1001.0))
    assert gate.judge(reading(5, 1000.5), now=6.0).reading is None


def test_a_reading_keeps_its_own_time() -> None:
    judged = MeterGate().judge(reading(0.25, 1000.0), now=1.0)
    assert judged.reading is not None
    assert judged.reading.at_monotonic == 0.25


def test_a_meter_without_an_energy_value_is_judged_by_the_rest() -> None:
    judged = MeterGate().judge(reading(0, None))
    assert judged == Judgement(reading(0, None))


def slow(at: float, read_seconds: float = 2.7) -> MeterReading:
    return reading(at, 1000.0 + at, read_seconds=read_seconds)


def test_a_slow_meter_is_judged_by_its_own_cycle_and_its_readings_keep_their_age() -> None:
    gate = MeterGate()
    for cycle in range(20):
        asked_at = 2.7 * cycle
        given = slow(asked_at + 0.45)
        judged = gate.judge(given, now=asked_at + 2.7)
        assert judged == Judgement(given)
        assert judged.reading is not None
        assert judged.reading.at_monotonic == asked_at + 0.45


def test_a_slow_meter_may_lose_one_cycle_and_is_silent_after_two() -> None:
    gate = MeterGate()
    gate.judge(slow(0.45), now=2.7)
    assert gate.judge(None, now=2.7 + 1.0) == Judgement(None, NONE, "one cycle without an answer")
    assert gate.judge(None, now=0.45 + 5.5).faults == {Fault.METER_SILENT}


def test_a_meter_that_was_slow_once_is_not_given_that_time_again() -> None:
    gate = MeterGate()
    gate.judge(slow(0.45), now=2.7)
    gate.judge(slow(3.0, read_seconds=0.1), now=3.1)
    assert gate.judge(None, now=5.1).faults == {Fault.METER_SILENT}


@pytest.mark.parametrize(("read_seconds", "faults"), [(0.3, {Fault.METER_SILENT}), (60.0, {Fault.METER_SILENT})])
def test_neither_a_reading_that_was_kept_nor_one_that_was_held_up_is_a_slow_one(
    read_seconds: float, faults: set[Fault]
) -> None:
    assert MeterGate().judge(slow(0.0, read_seconds), now=max(read_seconds, 5.0)).faults == faults
