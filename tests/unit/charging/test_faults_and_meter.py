"""What hardware that fails does to a session."""

import pytest

from chargepoint.charging.availability import ADVISORY_FAULTS, STOPPING_FAULTS
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.effects import Notice
from chargepoint.charging.events import MeterRead, MeterRecovered, SafetyLinkClosed, TimePassed
from chargepoint.model.faults import Fault
from chargepoint.model.status import EvseStatus, SessionState
from chargepoint.model.transactions import ChargingState, StopReason
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading
from unit.charging.driver import ALICE, ONE, Driver

EVSE_FAULTS = sorted(set(Fault) - ADVISORY_FAULTS - {Fault.SAFETY_LINK_LOST, Fault.METER_SILENT, Fault.METER_FROZEN})
OPTIONAL_METER = (EvseConfiguration(ONE, meter_required=False),)


@pytest.mark.parametrize("fault", EVSE_FAULTS)
def test_a_fault_stops_or_suspends_as_the_table_says(fault: Fault) -> None:
    story = Driver()
    story.charge()
    story.fault(fault)
    assert not story.is_charging()
    story.advance(5)
    assert story.statuses()[-1] is EvseStatus.FAULTED
    if fault in STOPPING_FAULTS:
        (end,) = story.ended()
        assert end.stop_reason is STOPPING_FAULTS[fault]
        return
    assert story.state() is SessionState.TRANSACTION
    assert story.see().charging_state is ChargingState.SUSPENDED_EVSE
    story.fault()
    story.look()
    assert story.is_charging()
    assert story.statuses()[-1] is EvseStatus.CHARGING


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.RESIDUAL_CURRENT, StopReason.GROUND_FAULT),
        (Fault.EMERGENCY_STOP, StopReason.EMERGENCY_STOP),
        (Fault.OVER_CURRENT, StopReason.OVERCURRENT_FAULT),
    ],
)
def test_what_a_trip_is_called(fault: Fault, reason: StopReason) -> None:
    assert STOPPING_FAULTS[fault] is reason


@pytest.mark.parametrize("fault", EVSE_FAULTS)
def test_a_faulted_outlet_accepts_nobody(fault: Fault) -> None:
    story = Driver()
    story.plug_in()
    story.fault(fault)
    story.swipe(ALICE)
    assert story.notices[-1] is Notice.NO_FREE_EVSE
    assert not story.started()


def test_a_fault_between_card_and_start_takes_the_authorisation_back() -> None:
    story = Driver()
    story.swipe(ALICE)
    story.outlets[ONE].faults = frozenset({Fault.PE_LOST})
    story.plug_in()
    assert story.state() is SessionState.STARTING
    story.advance(6)
    assert story.state() is SessionState.PLUGGED
    assert story.notices[-1] is Notice.REFUSED


def test_a_welded_contactor_does_not_hold_the_bill() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].contactor_sticks = True
    story.swipe(ALICE)
    story.look()
    story.advance(14)
    assert not story.ended()
    story.advance(8)
    assert len(story.ended()) == 1


def test_the_stop_reading_is_taken_after_the_contactor_is_open() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].contactor_sticks = True
    story.swipe(ALICE)
    story.look()
    story.advance(4)
    assert not story.ended()
    story.outlets[ONE].contactor_sticks = False
    story.look()
    story.advance(2)
    assert story.ended()[0].energy_wh == story.outlets[ONE].register_wh


def test_a_stop_waits_five_seconds_for_a_silent_meter() -> None:
    story = Driver()
    story.charge()
    known_wh = story.outlets[ONE].register_wh
    story.silence_meter()
    story.advance(1)
    story.swipe(ALICE)
    story.look()
    story.advance(4)
    assert not story.ended()
    story.advance(2)
    assert story.ended()[0].energy_wh == known_wh


def test_a_stop_waits_for_two_cycles_of_a_slow_meter() -> None:
    story = Driver()
    story.charge()
    outlet = story.outlets[ONE]
    story.tell(MeterRead(ONE, MeterReading(story.now, energy_import_wh=outlet.register_wh, read_seconds=4.0)))
    outlet.meter_speaks = False
    story.advance(1)
    story.swipe(ALICE)
    story.look()
    story.advance(7)
    assert not story.ended()
    outlet.meter_speaks = True
    story.advance(1)
    assert story.ended()[0].energy_wh == outlet.register_wh


def test_a_register_that_fell_never_ends_below_what_was_counted() -> None:
    story = Driver(settings={catalogue.METER_VALUE_SAMPLE_INTERVAL: 5})
    story.charge()
    counted_wh = story.outlets[ONE].register_wh
    story.outlets[ONE].register_wh = 3.0
    story.advance(6)
    story.swipe(ALICE)
    story.look()
    story.advance(3)
    end = story.ended()[0]
    assert end.energy_wh is not None
    assert end.energy_wh >= counted_wh - 4.0
    registers = [value.energy_wh() for value in end.meter_values]
    assert registers[-1] != 3.0


def test_without_a_reading_nothing_starts_where_billing_needs_it() -> None:
    story = Driver()
    story.silence_meter()
    story.advance(5)
    story.plug_in()
    story.swipe(ALICE)
    assert story.state() is SessionState.STARTING
    story.advance(4)
    assert story.state() is SessionState.STARTING
    story.advance(2)
    assert story.state() is SessionState.PLUGGED
    assert story.notices[-1] is Notice.METER_MISSING
    assert not story.started()


def test_without_a_reading_it_starts_where_billing_is_optional_and_says_unknown() -> None:
    story = Driver(OPTIONAL_METER)
    story.silence_meter()
    story.advance(5)
    story.plug_in()
    story.swipe(ALICE)
    story.advance(6)
    (start,) = story.started()
    assert start.energy_wh is None
    assert not start.meter_values
    story.advance(60)
    assert story.is_charging()


def test_a_reading_that_comes_in_time_starts() -> None:
    story = Driver()
    story.silence_meter()
    story.advance(5)
    story.plug_in()
    story.swipe(ALICE)
    story.advance(3)
    story.outlets[ONE].meter_speaks = True
    story.advance(1)
    assert story.started()[0].energy_wh == 1000.0


def test_a_reading_without_energy_is_no_reading() -> None:
    story = Driver(first_look=False)
    story.look()
    story.plug_in()
    story.swipe(ALICE)
    story.tell(MeterRead(ONE, MeterReading(story.now, power_watts=0.0)))
    assert story.state() is SessionState.STARTING


def test_an_outage_of_thirty_seconds_pauses_and_the_return_resumes() -> None:
    story = Driver()
    story.charge()
    story.silence_meter()
    story.advance(29)
    assert story.is_charging()
    story.advance(2)
    assert not story.is_charging()
    assert story.state() is SessionState.TRANSACTION
    assert story.see().faults == {Fault.METER_SILENT}
    story.outlets[ONE].meter_speaks = True
    story.tell(MeterRecovered(ONE))
    story.advance(2)
    assert story.is_charging()


def test_a_meter_that_nobody_polls_any_more_is_silent_too() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].meter_speaks = False
    story.advance(30)
    assert story.is_charging()
    story.advance(5)
    assert not story.is_charging()
    assert story.see().faults == {Fault.METER_SILENT}


def test_short_silences_that_recur_do_not_add_up() -> None:
    story = Driver()
    story.charge()
    for _ in range(4):
        story.silence_meter()
        story.advance(20)
        story.outlets[ONE].meter_speaks = True
        story.advance(2)
        assert story.is_charging()


def test_stale_readings_are_not_sampled() -> None:
    story = Driver(OPTIONAL_METER, settings={catalogue.METER_VALUE_SAMPLE_INTERVAL: 10})
    story.charge()
    before = len(story.updated())
    story.silence_meter()
    story.advance(60)
    assert len(story.updated()) == before


def test_a_short_break_of_the_safety_link_is_no_fault() -> None:
    story = Driver()
    story.charge()
    story.lose_link()
    story.advance(4)
    assert story.see().faults == frozenset()
    story.link_is_up = True
    story.advance(2)
    assert story.see().charging_state is ChargingState.CHARGING


def test_attempts_to_reconnect_do_not_prolong_the_grace() -> None:
    story = Driver()
    story.charge()
    story.lose_link()
    for _ in range(6):
        story.tell(SafetyLinkClosed("refused"))
        story.advance(1)
    assert story.see().faults == {Fault.SAFETY_LINK_LOST}
    assert not story.see().power_allowed
    assert story.statuses()[-1] is EvseStatus.FAULTED
    story.link_is_up = True
    story.advance(2)
    assert story.is_charging()


def test_an_unsettled_pilot_is_no_unplugging() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].is_settled = False
    story.outlets[ONE].is_plugged_in = False
    story.look()
    assert story.state() is SessionState.TRANSACTION
    story.outlets[ONE].is_settled = story.outlets[ONE].is_plugged_in = True
    story.look()
    assert story.is_charging()


def test_a_safety_process_that_is_linked_but_silent_is_believed_for_five_seconds() -> None:
    story = Driver()
    story.charge()
    story.link_is_up = False  # it says nothing more, and nobody says that the link is closed
    story.advance(4)
    assert story.see().charging_state is ChargingState.CHARGING
    story.advance(2)
    assert story.see().faults == {Fault.SAFETY_LINK_LOST}
    assert story.see().charging_state is ChargingState.SUSPENDED_EVSE
    assert not story.see().power_allowed
    story.link_is_up = True
    story.advance(2)
    assert story.is_charging()
    assert story.see().faults == frozenset()


def test_a_controller_that_slept_itself_listens_before_it_judges() -> None:
    story = Driver()
    story.charge()
    story.now += 60
    story.tell(TimePassed())
    assert story.see().faults == frozenset()
    story.link_is_up = False
    story.advance(6)
    assert story.see().faults == {Fault.SAFETY_LINK_LOST}


def test_a_safety_process_that_never_said_anything_is_a_fault() -> None:
    story = Driver(first_look=False)
    story.link_is_up = False
    story.advance(6)
    assert story.see().faults == {Fault.SAFETY_LINK_LOST}


@pytest.mark.parametrize(("minutes", "goes_on"), [(5, True), (15, False)])
def test_after_an_outage_of_safety_the_length_decides_whose_ev_it_is(minutes: int, goes_on: bool) -> None:
    story = Driver()
    story.charge()
    story.lose_link()
    story.advance(minutes * 60)
    story.outlets[ONE].restart_safety(story.now)
    story.link_is_up = True
    story.advance(3)
    assert story.is_charging() is goes_on
    assert [end.stop_reason for end in story.ended()] == ([] if goes_on else [StopReason.POWER_LOSS])


def test_an_ev_that_left_while_safety_was_away_has_ended_its_transaction() -> None:
    story = Driver()
    story.charge()
    story.lose_link()
    story.advance(20)
    story.outlets[ONE].restart_safety(story.now)
    story.outlets[ONE].is_plugged_in = False
    story.link_is_up = True
    story.advance(3)
    assert [end.stop_reason for end in story.ended()] == [StopReason.EV_DISCONNECTED]
    assert story.state() is SessionState.IDLE


def test_an_exchange_between_two_words_of_safety_is_an_unplugging() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].is_plugged_in = False
    story.outlets[ONE].observe(story.now)
    story.outlets[ONE].is_plugged_in = True
    story.advance(3)
    assert [end.stop_reason for end in story.ended()] == [StopReason.EV_DISCONNECTED]
    assert story.state() is SessionState.PLUGGED
    assert not story.is_charging()


def test_a_stop_while_safety_is_silent_leaves_the_ev_where_it_was() -> None:
    story = Driver()
    story.charge()
    story.lose_link()
    story.advance(20)
    story.swipe(ALICE)
    story.advance(30)
    assert [end.stop_reason for end in story.ended()] == [StopReason.LOCAL]
    story.link_is_up = True
    story.advance(2)
    assert story.state() is SessionState.FINISHED
    story.unplug()
    assert story.state() is SessionState.IDLE


def test_what_waits_at_the_plug_after_a_long_outage_of_safety_is_a_new_ev() -> None:
    story = Driver()
    story.plug_in()
    story.lose_link()
    story.advance(15 * 60)
    story.outlets[ONE].restart_safety(story.now)
    story.link_is_up = True
    story.advance(2)
    assert story.state() is SessionState.PLUGGED
    story.swipe(ALICE)
    story.advance(3)
    assert story.is_charging()
