"""Over-current and voltage, sample by sample, on explicit times."""

from dataclasses import replace

import pytest

from chargepoint.charging.meter_view import METER_OUTAGE_SECONDS
from chargepoint.charging.over_current import OverCurrentWatch
from chargepoint.charging.supply_voltage import SupplyLimits, VoltageWatch
from chargepoint.iec61851.duty_cycle import duty_for
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, LockState
from chargepoint_hal.contract import MeterReading

FRESH_SECONDS = 3.0
LIMITS = SupplyLimits(195.5, 264.5, back_seconds=10.0, back_random_seconds=20.0)


def signalling(amps: float | None, at: float) -> EvseObservation:
    return EvseObservation(
        evse_id=EvseId(1),
        at_monotonic=at,
        pilot_state=PilotState.C,
        pilot_signal=PilotSignal.STEADY if amps is None else PilotSignal.PWM,
        duty_percent=None if amps is None else duty_for(amps),
        contactor=ContactorState.CLOSED,
        contactor_commanded=True,
        lock=LockState.ABSENT,
        faults=frozenset(),
        why_open=(),
    )


def drawing(at: float, *amps: float | None, energy_wh: float | None = None) -> MeterReading:
    return MeterReading(at, energy_import_wh=1000.0 + at if energy_wh is None else energy_wh, currents_amps=amps)


class Watched:
    """A watch and its clock: `draw` is one reading a second."""

    def __init__(self, offered_amps: float | None = 16.0, phases: int = 3) -> None:
        self.phases = phases
        self.watch = OverCurrentWatch().seen(signalling(offered_amps, 0.0))
        self.now = 10.0

    def offer(self, amps: float | None) -> None:
        self.watch = self.watch.seen(signalling(amps, self.now))

    def draw(self, seconds: float, *amps: float | None, every: float = 1.0, energy_wh: float | None = None) -> bool:
        end = self.now + seconds
        while self.now < end:
            self.now += every
            self._measure(drawing(self.now, *amps, energy_wh=energy_wh))
        return self.watch.is_tripped

    def show(self, seconds: float, reading: MeterReading) -> bool:
        """The same values each second, the energy register moves."""
        end = self.now + seconds
        while self.now < end:
            self.now += 1.0
            self._measure(replace(reading, at_monotonic=self.now, energy_import_wh=1000.0 + self.now))
        return self.watch.is_tripped

    def _measure(self, reading: MeterReading) -> None:
        self.watch = self.watch.measured(reading, self.phases, LIMITS, FRESH_SECONDS)


@pytest.mark.parametrize(("amps", "trips"), [(16.0, False), (18.1, False), (18.2, True), (40.0, True), (-19.0, True)])
def test_the_threshold_is_a_tenth_above_the_offer_and_its_noise(amps: float, trips: bool) -> None:
    assert Watched(16.0).draw(20, amps, 0.0, 0.0) is trips


def test_one_phase_is_enough_and_an_unknown_one_says_nothing() -> None:
    assert Watched().draw(20, 16.0, None, 19.0)
    assert not Watched().draw(20, 16.0, None, None)
    assert not Watched().draw(20)


def test_six_seconds_are_a_peak_and_seven_a_trip() -> None:
    watched = Watched()
    assert not watched.draw(7, 25.0)  # the first reading begins the seven seconds
    assert watched.draw(1, 25.0)


def test_a_pause_in_between_begins_anew() -> None:
    watched = Watched()
    for _ in range(5):
        assert not watched.draw(6, 25.0)
        watched.draw(1, 16.0)


def test_a_lower_offer_is_judged_after_the_ev_has_had_its_time() -> None:
    watched = Watched(32.0)
    watched.draw(20, 32.0)
    watched.offer(10.0)
    assert not watched.draw(11, 32.0)
    assert watched.draw(2, 32.0)


@pytest.mark.parametrize("every_seconds", [1, 5, 6, 10])
def test_an_offer_that_moves_all_the_time_holds_no_trip_off(every_seconds: int) -> None:
    watched = Watched(16.0)
    seconds = 0
    while not watched.draw(every_seconds, 20.0) and seconds < 60:
        seconds += every_seconds
        watched.offer(15.0 if watched.watch.offered_amps == 16.0 else 16.0)
    assert seconds <= 10, "seven seconds above both of the offers"


def test_an_offer_that_sinks_step_by_step_holds_no_trip_off() -> None:
    watched = Watched(32.0)
    for step in range(1, 5):
        watched.draw(3, 40.0)
        watched.offer(32.0 - step)
    assert watched.watch.is_tripped


def test_an_ev_that_follows_each_of_many_lower_offers_in_its_time_trips_nothing() -> None:
    watched = Watched(32.0)
    drawn_amps = 32.0
    for amps in (24.0, 16.0, 10.0, 6.0):
        watched.offer(amps)
        assert not watched.draw(5, drawn_amps)
        drawn_amps = amps
        assert not watched.draw(1, drawn_amps)


def test_taking_the_offer_away_and_giving_it_back_holds_no_trip_off() -> None:
    watched = Watched(16.0)
    seconds = 0
    while not watched.draw(4, 20.0) and seconds < 60:
        seconds += 4
        watched.offer(None if seconds % 8 else 16.0)
    assert seconds <= 8


def test_a_higher_offer_is_the_measure_at_once_and_none_is_no_measure() -> None:
    watched = Watched(10.0)
    watched.draw(5, 16.0)
    watched.offer(16.0)
    assert not watched.draw(20, 16.0)
    watched.offer(None)
    assert not watched.draw(20, 16.0)


@pytest.mark.parametrize("every_seconds", [3.2, 4.0, 10.0, METER_OUTAGE_SECONDS - 1])
def test_lost_cycles_delay_the_trip_but_hold_none_off(every_seconds: float) -> None:
    watched = Watched()
    for _ in range(3):
        assert not watched.draw(1, 25.0, every=every_seconds), "each gap proves three seconds"
    assert watched.draw(1, 25.0, every=every_seconds)


def test_a_lower_reading_between_lost_cycles_begins_anew() -> None:
    watched = Watched()
    for _ in range(10):
        assert not watched.draw(6.4, 25.0, every=3.2)
        watched.draw(1, 16.0)


def test_a_high_reading_after_a_long_silence_is_a_first_one() -> None:
    watched = Watched()
    assert not watched.draw(7, 25.0)
    assert not watched.draw(1, 25.0, every=2 * METER_OUTAGE_SECONDS + 1), (
        "no reading for so long: METER_SILENT has acted"
    )
    assert watched.draw(7, 25.0)


def test_an_offer_that_moves_holds_no_trip_off_where_cycles_are_lost() -> None:
    watched = Watched(16.0)
    seconds = 0.0
    while not watched.draw(1, 20.0, every=3.2) and seconds < 60:
        seconds += 3.2
        watched.offer(15.0 if watched.watch.offered_amps == 16.0 else 16.0)
    assert seconds <= 12.8


@pytest.mark.parametrize("every_seconds", [1.0, 3.2, 10.0])
def test_readings_that_repeat_themselves_prove_nothing(every_seconds: float) -> None:
    frozen = Watched()
    assert not frozen.draw(300, 25.0, every=every_seconds, energy_wh=1234.0), "a frozen meter with fresh times"


@pytest.mark.parametrize(
    ("reading", "phases", "trips"),
    [
        (MeterReading(0.0, power_watts=11_040.0), 3, False),  # 3 x 16 A x 230 V
        (MeterReading(0.0, power_watts=12_600.0), 3, True),
        (MeterReading(0.0, power_watts=12_600.0, voltages_volts=(245.0, 250.0, None)), 3, False),
        (MeterReading(0.0, power_watts=12_600.0, voltages_volts=(0.0, 0.0, 0.0)), 3, True),
        (MeterReading(0.0, power_watts=-12_600.0), 3, True),
        (MeterReading(0.0, power_watts=3_700.0), 1, False),
        (MeterReading(0.0, power_watts=4_300.0), 1, True),
        (MeterReading(0.0, powers_watts=(4_300.0, None, 0.0)), 3, True),
        (MeterReading(0.0, powers_watts=(3_700.0, 3_700.0, 3_700.0)), 3, False),
        (MeterReading(0.0, powers_watts=(0.0, 4_300.0), voltages_volts=(230.0, 245.0)), 3, False),
        (MeterReading(0.0, currents_amps=(16.0, None), powers_watts=(9e9, 4_300.0)), 3, True),
        (MeterReading(0.0, currents_amps=(16.0,), power_watts=9e9), 3, False),
        (MeterReading(0.0), 3, False),
    ],
)
def test_where_a_meter_tells_no_current_its_power_is_judged(reading: MeterReading, phases: int, trips: bool) -> None:
    assert Watched(16.0, phases).show(20, reading) is trips


def test_a_trip_stands_until_somebody_takes_it_over() -> None:
    watched = Watched()
    watched.draw(10, 25.0)
    assert watched.draw(10, 0.0)
    assert not watched.watch.acknowledged().is_tripped


class Mains:
    def __init__(self, share: float = 0.5, phases: int = 3) -> None:
        self.watch, self.now, self.share, self.phases = VoltageWatch(), 0.0, share, phases

    def at(self, seconds: float, *volts: float | None, every: float = 1.0) -> Fault | None:
        end = self.now + seconds
        while self.now < end:
            self.now += every
            reading = MeterReading(self.now, voltages_volts=volts)
            self.watch = self.watch.measured(reading, self.phases, LIMITS, FRESH_SECONDS, self.share)
        return self.watch.fault


@pytest.mark.parametrize(
    ("volts", "fault"),
    [
        ((230.0, 230.0, 230.0), None),
        ((196.0, 264.0, None), None),
        ((230.0, 190.0, 230.0), Fault.UNDER_VOLTAGE),
        ((230.0, 230.0, 270.0), Fault.OVER_VOLTAGE),
        ((180.0, 270.0, 230.0), Fault.OVER_VOLTAGE),
        ((0.0, 0.0, 0.0), None),
        ((), None),
    ],
)
def test_any_phase_out_of_range_is_a_fault_and_an_absent_one_is_none(
    volts: tuple[float | None, ...], fault: Fault | None
) -> None:
    assert Mains().at(20, *volts) is fault


def test_a_phase_that_is_not_connected_is_not_looked_at() -> None:
    assert Mains(phases=1).at(20, 230.0, 100.0, 100.0) is None


@pytest.mark.parametrize("every_seconds", [3.2, 10.0])
def test_lost_cycles_hide_no_voltage_that_is_out_of_range(every_seconds: float) -> None:
    mains = Mains()
    assert mains.at(1, 180.0, every=every_seconds) is None
    assert mains.at(2 * every_seconds, 180.0, every=every_seconds) is Fault.UNDER_VOLTAGE
    assert mains.at(10, 230.0, every=every_seconds) is Fault.UNDER_VOLTAGE
    assert mains.at(70, 230.0, every=every_seconds) is None


def test_a_dip_is_none_and_flicker_around_the_limit_never_comes_back() -> None:
    mains = Mains()
    assert mains.at(5, 180.0) is None
    assert mains.at(1, 230.0) is None
    assert mains.at(6, 180.0) is Fault.UNDER_VOLTAGE
    assert mains.at(120, 197.0) is Fault.UNDER_VOLTAGE, "not above the limit by the hysteresis"
    assert mains.at(60, 230.0) is None


@pytest.mark.parametrize(("share", "waited_seconds"), [(0.0, 10), (0.5, 20), (1.0, 30)])
def test_the_way_back_is_fixed_and_random(share: float, waited_seconds: int) -> None:
    mains = Mains(share)
    mains.at(10, 280.0)
    assert mains.at(waited_seconds, 230.0) is Fault.OVER_VOLTAGE
    assert mains.at(1, 230.0) is None


def test_a_relapse_begins_the_wait_anew_and_a_silent_meter_proves_nothing() -> None:
    mains = Mains()
    mains.at(10, 280.0)
    mains.at(15, 230.0)
    mains.at(1, 280.0)
    assert mains.at(15, 230.0) is Fault.OVER_VOLTAGE
    mains.now += 600.0
    assert mains.at(15, 230.0) is Fault.OVER_VOLTAGE
    assert mains.at(10, 230.0) is None


def test_one_fault_can_become_the_other() -> None:
    mains = Mains()
    mains.at(10, 280.0)
    assert mains.at(10, 180.0) is Fault.UNDER_VOLTAGE
