"""What the CSMS hears of an EVSE's status (1.6 section 4.9), and when."""

from dataclasses import replace
from itertools import product

import pytest

from chargepoint.charging.availability import (
    ADVISORY_FAULTS,
    STATE_OF_SUPPLY,
    STATUS_OF_SESSION,
    STATUS_WHILE_CHARGING,
    STOPPING_FAULTS,
    WHY_NOT_CHARGING,
    Supply,
    is_settling,
    status_of,
    supply_of,
    why_not_charging,
)
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.events import CsmsAccepted, CsmsLost, StationFaultCleared, StationFaultRaised
from chargepoint.charging.session_table import SESSION_TRANSITIONS, session_diagram
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import EvseObservation, WhyOpen
from chargepoint.model.reports import StatusReport
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.transactions import ChargingState
from chargepoint.settings import catalogue
from unit.charging.driver import ALICE, ONE, TWO, Driver
from unit.charging.world import Outlet

STATION = EvseId(0)


def test_the_tables_are_total() -> None:
    assert set(STATUS_WHILE_CHARGING) == set(ChargingState)
    assert set(STATUS_OF_SESSION) == set(SessionState) - {SessionState.TRANSACTION, SessionState.RECOVERING}
    assert set(STATE_OF_SUPPLY) == set(Supply) - {Supply.IN_BETWEEN}
    assert set(WHY_NOT_CHARGING) == set(WhyOpen)
    assert not STOPPING_FAULTS.keys() & ADVISORY_FAULTS


@pytest.mark.parametrize(
    ("session", "state", "is_faulted", "availability"),
    list(product(SessionState, ChargingState, (True, False), Availability)),
)
def test_every_combination_has_one_status(
    session: SessionState, state: ChargingState, is_faulted: bool, availability: Availability
) -> None:
    faults = frozenset({Fault.PE_LOST}) if is_faulted else frozenset[Fault]()
    status = status_of(session, state, faults, availability)
    if session is SessionState.RECOVERING:
        assert status is None
    elif is_faulted:
        assert status is EvseStatus.FAULTED
    elif availability is Availability.INOPERATIVE and session in (SessionState.IDLE, SessionState.FINISHED):
        assert status is EvseStatus.UNAVAILABLE
    else:
        assert status is not None


@pytest.mark.parametrize("session", list(SessionState))
def test_every_state_of_a_session_can_be_entered_and_left(session: SessionState) -> None:
    sources = [row["source"] if isinstance(row["source"], list) else [row["source"]] for row in SESSION_TRANSITIONS]
    assert any(session in source for source in sources)
    assert session is SessionState.IDLE or any(row["dest"] is session for row in SESSION_TRANSITIONS)
    assert session.value in session_diagram()


def test_a_status_that_does_not_last_is_not_told() -> None:
    story = Driver(settings={catalogue.MINIMUM_STATUS_DURATION: 10})
    story.advance(15)
    story.plug_in()
    story.advance(5)
    story.unplug()
    story.advance(20)
    assert story.statuses() == [EvseStatus.AVAILABLE]


def test_a_status_that_lasts_is_told_after_the_duration() -> None:
    story = Driver(settings={catalogue.MINIMUM_STATUS_DURATION: 10})
    story.advance(15)
    story.plug_in()
    story.advance(9)
    assert story.statuses()[-1] is EvseStatus.AVAILABLE
    story.advance(2)
    assert story.statuses()[-1] is EvseStatus.PREPARING


def test_a_fault_is_told_at_once() -> None:
    story = Driver(settings={catalogue.MINIMUM_STATUS_DURATION: 10})
    story.advance(15)
    story.fault(Fault.PE_LOST)
    assert story.statuses()[-1] is EvseStatus.FAULTED
    report = [r for r in story.reports if isinstance(r, StatusReport)][-1]
    assert report.fault is Fault.PE_LOST


def test_a_new_link_hears_the_present_status_of_everything_once() -> None:
    story = Driver()
    story.plug_in()
    before = len(story.reports)
    story.tell(CsmsLost("gone"))
    story.tell(CsmsAccepted())
    told = [(r.evse_id, r.status) for r in story.reports[before:] if isinstance(r, StatusReport)]
    assert sorted(told) == [(STATION, EvseStatus.AVAILABLE), (ONE, EvseStatus.PREPARING)]
    story.advance(60)
    assert len(story.reports) == before + 2


def test_a_fault_of_the_station_is_a_warning_of_the_station() -> None:
    story = Driver()
    story.tell(StationFaultRaised(Fault.READER_SILENT, "the port is gone"))
    report = [r for r in story.reports if isinstance(r, StatusReport)][-1]
    assert (report.evse_id, report.status, report.fault) == (STATION, EvseStatus.AVAILABLE, Fault.READER_SILENT)
    story.charge()
    assert story.statuses()[-1] is EvseStatus.CHARGING
    story.tell(StationFaultCleared(Fault.READER_SILENT))
    report = [r for r in story.reports if isinstance(r, StatusReport)][-1]
    assert (report.evse_id, report.fault) == (STATION, None)


def test_a_lockout_is_a_pause_and_no_fault() -> None:
    story = Driver()
    story.charge()
    story.fault(Fault.CHATTER_LOCKOUT)
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EVSE
    assert story.see().power_allowed


def test_the_reason_is_a_sentence() -> None:
    story = Driver()
    assert story.see().why_not_charging == "no EV is plugged in"
    story.plug_in()
    assert story.see().why_not_charging == "nobody is authorised"
    story.swipe(ALICE)
    story.look()
    assert story.see().why_not_charging is None
    story.fault(Fault.PE_LOST)
    assert story.see().why_not_charging == "fault: pe_lost"
    assert why_not_charging(SessionState.IDLE, None, frozenset())
    seen = story.see().observation
    assert why_not_charging(SessionState.STARTING, seen, frozenset())
    assert why_not_charging(SessionState.RECOVERING, seen, frozenset())


def test_every_deadline_has_a_name_of_its_own() -> None:
    assert len({deadline.value for deadline in Deadline}) == len(Deadline)


RESTS = (WhyOpen.MINIMUM_OFF_TIME, WhyOpen.LOCK_NOT_CLOSED)


@pytest.mark.parametrize("why", RESTS)
def test_a_contactor_that_rests_keeps_the_energy_from_an_ev_that_asks_or_is_not_asked(why: WhyOpen) -> None:
    asking = open_because(why)
    waiting = open_because(why, WhyOpen.EV_NOT_READY)
    assert supply_of(asking, power_allowed=True, ev_had_paused=True) is Supply.HELD_BY_STATION
    assert supply_of(waiting, power_allowed=True) is Supply.HELD_BY_STATION
    assert supply_of(waiting, power_allowed=True, ev_had_paused=True) is Supply.HELD_BY_EV
    assert is_settling(waiting, power_allowed=True), "a start does not tell what passes within seconds"


def open_because(*why: WhyOpen) -> EvseObservation:
    outlet = Outlet(ONE, is_plugged_in=True)
    return replace(outlet.observe(0.0), why_open=why)


@pytest.mark.requirement("B04.FR.01", "B04.FR.02")
@pytest.mark.parametrize(("offline_seconds", "told"), [(61, [TWO, ONE]), (59, [ONE])])
def test_after_a_reconnect_all_is_told_only_beyond_the_threshold(offline_seconds: float, told: list[EvseId]) -> None:
    story = Driver([EvseConfiguration(ONE), EvseConfiguration(TWO)], {catalogue.OFFLINE_THRESHOLD: 60})
    story.reports.clear()
    story.tell(CsmsLost("cut"))
    story.plug_in(ONE)
    story.advance(offline_seconds)
    story.tell(CsmsAccepted(statuses_are_known=True))
    named = {report.evse_id for report in story.reports if isinstance(report, StatusReport)} - {STATION}
    assert named == set(told)
