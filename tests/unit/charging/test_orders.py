"""Orders of the CSMS that are not starts and stops: availability, unlocking, resets, reports, the cache."""

from collections.abc import Callable

import pytest

from chargepoint.charging.commands import (
    AcknowledgeFaults,
    ChangeAvailability,
    ClearAuthorizationCache,
    Command,
    ReportKind,
    SendReport,
    StartRemotely,
    StopRemotely,
    UnlockConnector,
    VerdictStatus,
)
from chargepoint.charging.context import EvseConfiguration
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.metering import ReadingContext
from chargepoint.model.reports import (
    BootReport,
    FirmwareReport,
    HeartbeatReport,
    LogUploadReport,
    MeterReport,
    Report,
    StatusReport,
    TransactionReport,
)
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.transactions import Cause, StopReason
from chargepoint.settings import catalogue
from unit.charging.driver import ACCEPTED, ALICE, BOB, MALLORY, ONE, TWO, Driver

OFF = Availability.INOPERATIVE
ON = Availability.OPERATIVE
NOWHERE = EvseId(9)
STATION = EvseId(0)


def two_evses() -> Driver:
    return Driver([EvseConfiguration(ONE), EvseConfiguration(TWO)])


@pytest.mark.parametrize(
    "command",
    [
        StartRemotely(ALICE, NOWHERE),
        StopRemotely(TransactionId("none")),
        ChangeAvailability(OFF, NOWHERE),
        UnlockConnector(NOWHERE, stops_transaction=True),
        SendReport(ReportKind.STATUS_NOTIFICATION, NOWHERE),
        AcknowledgeFaults(NOWHERE),
    ],
)
def test_what_is_not_there_is_named_unknown(command: Command) -> None:
    verdict = Driver().order(command)
    assert verdict.status is VerdictStatus.UNKNOWN_TARGET
    assert verdict.reason


def test_an_idle_evse_becomes_unavailable_at_once_and_stays_so_over_a_restart() -> None:
    story = two_evses()
    assert story.order(ChangeAvailability(OFF, ONE)).status is VerdictStatus.ACCEPTED
    assert story.statuses(ONE)[-1] is EvseStatus.UNAVAILABLE
    story.restart()
    story.boot_up()
    assert story.statuses(ONE)[-1] is EvseStatus.UNAVAILABLE
    assert story.statuses(TWO)[-1] is EvseStatus.AVAILABLE
    story.swipe(ALICE, (ONE,))
    assert story.state() is SessionState.IDLE
    story.order(ChangeAvailability(ON, ONE))
    assert story.statuses(ONE)[-1] is EvseStatus.AVAILABLE


def test_a_busy_evse_is_scheduled() -> None:
    story = Driver()
    story.charge()
    assert story.order(ChangeAvailability(OFF, ONE)).status is VerdictStatus.SCHEDULED
    assert story.is_charging()
    story.swipe(ALICE)
    story.advance(3)
    assert story.statuses()[-1] is EvseStatus.UNAVAILABLE
    story.swipe(BOB)
    assert len(story.started()) == 1


def test_the_whole_station_and_the_evses_are_remembered_apart() -> None:
    story = two_evses()
    story.order(ChangeAvailability(OFF, ONE))
    story.order(ChangeAvailability(OFF))
    assert story.statuses(STATION)[-1] is EvseStatus.UNAVAILABLE
    assert story.statuses(TWO)[-1] is EvseStatus.UNAVAILABLE
    story.order(ChangeAvailability(ON))
    assert story.statuses(STATION)[-1] is EvseStatus.AVAILABLE
    assert story.statuses(TWO)[-1] is EvseStatus.AVAILABLE
    assert story.statuses(ONE)[-1] is EvseStatus.UNAVAILABLE


def test_becoming_unavailable_takes_an_unused_authorisation_away() -> None:
    story = Driver()
    story.swipe(ALICE)
    story.order(ChangeAvailability(OFF, ONE))
    story.order(ChangeAvailability(ON, ONE))
    story.plug_in()
    assert not story.started()


def test_an_unlock_without_a_transaction() -> None:
    story = Driver()
    verdict = story.order(UnlockConnector(ONE, stops_transaction=True))
    assert verdict.unlock_pending
    assert [unlock.is_unlocked for unlock in story.unlocks] == [True]


def test_an_unlock_during_a_transaction_ends_it_and_does_not_lock_again() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].meter_speaks = False
    story.advance(0.5)
    story.order(UnlockConnector(ONE, stops_transaction=True))
    story.look()
    assert [unlock.is_unlocked for unlock in story.unlocks] == [True]
    assert story.state() is SessionState.STOPPING
    directive = story.outlets[ONE].directive
    assert directive is not None
    assert not directive.lock_wanted
    story.advance(8)
    assert story.ended()[0].stop_reason is StopReason.UNLOCK_COMMAND


def test_an_unlock_is_refused_where_the_dialect_protects_the_transaction() -> None:
    story = Driver()
    story.charge()
    verdict = story.order(UnlockConnector(ONE, stops_transaction=False))
    assert verdict.status is VerdictStatus.TRANSACTION_RUNNING
    assert story.is_charging()


def test_a_lock_that_does_not_move_fails_in_bounded_time() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].lock_sticks = True
    story.order(UnlockConnector(ONE, stops_transaction=True))
    story.advance(9)
    assert not story.unlocks
    story.advance(2)
    assert [unlock.is_unlocked for unlock in story.unlocks] == [False]


def test_without_a_lock_there_is_nothing_to_unlock() -> None:
    story = Driver(first_look=False)
    verdict = story.order(UnlockConnector(ONE, stops_transaction=True))
    assert verdict.status is VerdictStatus.NOT_SUPPORTED


TRIGGERED: dict[ReportKind, Callable[[Report], bool]] = {
    ReportKind.BOOT_NOTIFICATION: lambda r: isinstance(r, BootReport),
    ReportKind.HEARTBEAT: lambda r: isinstance(r, HeartbeatReport),
    ReportKind.STATUS_NOTIFICATION: lambda r: isinstance(r, StatusReport) and r.status is EvseStatus.CHARGING,
    ReportKind.METER_VALUES: lambda r: (
        isinstance(r, MeterReport) and r.meter_values[0].context is ReadingContext.TRIGGER
    ),
    ReportKind.TRANSACTION_EVENT: lambda r: isinstance(r, TransactionReport) and r.cause is Cause.TRIGGER,
    ReportKind.FIRMWARE_STATUS: lambda r: isinstance(r, FirmwareReport),
    ReportKind.LOG_STATUS: lambda r: isinstance(r, LogUploadReport),
    ReportKind.DIAGNOSTICS_STATUS: lambda r: isinstance(r, LogUploadReport),
}


@pytest.mark.parametrize("kind", list(ReportKind))
@pytest.mark.parametrize("evse_id", [None, ONE])
def test_a_triggered_report_is_sent_at_once(kind: ReportKind, evse_id: EvseId | None) -> None:
    story = Driver()
    story.charge()
    before = len(story.reports)
    assert story.order(SendReport(kind, evse_id)).status is VerdictStatus.ACCEPTED
    assert any(TRIGGERED[kind](report) for report in story.reports[before:])


def test_a_trigger_with_nothing_to_say_is_rejected() -> None:
    story = Driver()
    assert story.order(SendReport(ReportKind.TRANSACTION_EVENT)).status is VerdictStatus.REJECTED
    story.outlets[ONE].meter_speaks = False
    story.advance(10)
    assert story.order(SendReport(ReportKind.METER_VALUES)).status is VerdictStatus.REJECTED


def test_the_cache_is_cleared_where_there_is_one() -> None:
    story = Driver()
    story.tokens.cache[MALLORY.key] = ACCEPTED
    assert story.order(ClearAuthorizationCache()).status is VerdictStatus.ACCEPTED
    assert not story.tokens.cache
    story.change(catalogue.AUTHORIZATION_CACHE_ENABLED, False)
    assert story.order(ClearAuthorizationCache()).status is VerdictStatus.REJECTED


def test_a_remote_start_says_why_not() -> None:
    story = Driver()
    story.fault(Fault.PE_LOST)
    assert "pe_lost" in story.order(StartRemotely(ALICE, ONE)).reason
    story.fault()
    story.charge()
    assert "in use" in story.order(StartRemotely(BOB)).reason


def test_a_stop_that_is_under_way_is_not_begun_again() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].contactor_sticks = True
    order = StopRemotely(story.started()[0].transaction_id)
    assert story.order(order).status is VerdictStatus.ACCEPTED
    assert story.order(order).status is VerdictStatus.REJECTED


def test_acknowledged_faults_go_down_with_the_directive() -> None:
    story = Driver()
    story.fault(Fault.CONTACTOR_WELDED)
    story.order(AcknowledgeFaults(ONE))
    directive = story.outlets[ONE].directive
    assert directive is not None
    assert directive.faults_acknowledged == {Fault.CONTACTOR_WELDED}
    story.fault()
    directive = story.outlets[ONE].directive
    assert directive is not None
    assert not directive.faults_acknowledged
