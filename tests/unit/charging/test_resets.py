"""Resets: of the station and of a single EVSE, at once and when nothing runs any more."""

from datetime import timedelta

import pytest

from chargepoint.charging.commands import (
    CancelReservation,
    ChangeAvailability,
    HoldForInstall,
    InstallHold,
    Reserve,
    ResetKind,
    ResetStation,
    StartRemotely,
    VerdictStatus,
)
from chargepoint.charging.context import EvseConfiguration
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reservations import Reservation
from chargepoint.model.status import Availability, EvseStatus
from chargepoint.model.transactions import Cause, StopReason
from unit.charging.driver import ALICE, BOB, ONE, TWO, Driver


def two_evses() -> Driver:
    return Driver([EvseConfiguration(ONE), EvseConfiguration(TWO)])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ResetKind.SOFT, StopReason.SOFT_RESET),
        (ResetKind.HARD, StopReason.IMMEDIATE_RESET),
        (ResetKind.IMMEDIATE, StopReason.IMMEDIATE_RESET),
    ],
)
def test_a_reset_ends_every_transaction_and_then_restarts(kind: ResetKind, reason: StopReason) -> None:
    story = two_evses()
    story.charge(ALICE, ONE)
    story.charge(BOB, TWO)
    assert story.order(ResetStation(kind)).status is VerdictStatus.ACCEPTED
    story.advance(3)
    assert {(end.stop_reason, end.cause) for end in story.ended()} == {(reason, Cause.RESET_COMMAND)}
    assert [restart.kind for restart in story.restarts] == [kind]


def test_a_reset_on_idle_waits_and_lets_nothing_new_start() -> None:
    story = two_evses()
    story.charge(ALICE, ONE)
    assert story.order(ResetStation(ResetKind.ON_IDLE)).status is VerdictStatus.SCHEDULED
    story.plug_in(TWO)
    story.swipe(BOB, (TWO,))
    assert story.order(StartRemotely(BOB, TWO)).status is VerdictStatus.REJECTED
    story.advance(60)
    assert len(story.started()) == 1
    assert not story.restarts
    story.swipe(ALICE, (ONE,))
    story.advance(3)
    assert [restart.kind for restart in story.restarts] == [ResetKind.SCHEDULED]


@pytest.mark.parametrize("kind", list(ResetKind))
def test_an_idle_station_restarts_at_once(kind: ResetKind) -> None:
    story = Driver()
    assert story.order(ResetStation(kind)).status is VerdictStatus.ACCEPTED
    assert len(story.restarts) == 1


@pytest.mark.requirement("B11.FR.08")
@pytest.mark.parametrize("kind", [ResetKind.IMMEDIATE, ResetKind.ON_IDLE])
def test_an_idle_evse_is_out_of_reach_while_it_is_reset_and_the_station_goes_on(kind: ResetKind) -> None:
    story = two_evses()
    story.charge(ALICE, ONE)
    assert story.order(ResetStation(kind, TWO)).status is VerdictStatus.ACCEPTED
    assert story.see(TWO).status is EvseStatus.UNAVAILABLE
    story.plug_in(TWO)
    story.swipe(BOB, (TWO,))
    story.advance(3)
    assert len(story.started()) == 1
    story.advance(3)
    assert story.see(TWO).status is EvseStatus.PREPARING
    story.swipe(BOB, (TWO,))
    story.advance(5)
    assert len(story.started()) == 2
    assert story.see(ONE).transaction is not None
    assert not story.restarts


@pytest.mark.requirement("B12.FR.01", "B12.FR.07")
def test_a_reset_of_a_busy_evse_on_idle_waits_for_its_own_transaction_alone() -> None:
    story = two_evses()
    story.charge(ALICE, ONE)
    story.charge(BOB, TWO)
    assert story.order(ResetStation(ResetKind.ON_IDLE, ONE)).status is VerdictStatus.SCHEDULED
    story.advance(30)
    assert story.see(ONE).transaction is not None
    story.swipe(ALICE, (ONE,))
    story.advance(3)
    assert story.see(ONE).status is EvseStatus.UNAVAILABLE
    assert story.see(TWO).transaction is not None
    story.advance(6)
    assert story.see(ONE).status is not EvseStatus.UNAVAILABLE


def reserve(story: Driver, evse_id: EvseId | None, minutes: int = 10, is_used_by_card: bool = True) -> None:
    expires_at = story.moment.utc + timedelta(minutes=minutes)
    reservation = Reservation(7, ALICE, expires_at, evse_id, is_used_by_card=is_used_by_card)
    assert story.order(Reserve(reservation)).status is VerdictStatus.ACCEPTED


@pytest.mark.requirement("B11.FR.07")
@pytest.mark.parametrize("evse_id", [ONE, None])
def test_a_reset_on_idle_waits_until_a_reservation_has_expired(evse_id: EvseId | None) -> None:
    story = two_evses()
    reserve(story, evse_id)
    assert story.order(ResetStation(ResetKind.ON_IDLE)).status is VerdictStatus.SCHEDULED
    story.advance(590)
    assert not story.restarts
    story.advance(11)
    assert [restart.kind for restart in story.restarts] == [ResetKind.SCHEDULED]


@pytest.mark.requirement("B11.FR.07")
def test_a_reset_on_idle_is_carried_out_when_the_reservation_is_cancelled() -> None:
    story = two_evses()
    reserve(story, ONE)
    assert story.order(ResetStation(ResetKind.ON_IDLE)).status is VerdictStatus.SCHEDULED
    assert story.order(CancelReservation(7)).status is VerdictStatus.ACCEPTED
    assert [restart.kind for restart in story.restarts] == [ResetKind.SCHEDULED]


@pytest.mark.requirement("B11.FR.07", "B12.FR.03")
@pytest.mark.parametrize("is_used_by_card", [True, False])
def test_who_has_reserved_still_charges_before_a_reset_on_idle(is_used_by_card: bool) -> None:
    story = two_evses()
    reserve(story, ONE, is_used_by_card=is_used_by_card)
    assert story.order(ResetStation(ResetKind.ON_IDLE)).status is VerdictStatus.SCHEDULED
    story.swipe(ALICE, (ONE,))
    story.advance(5)
    assert not story.restarts
    story.plug_in(ONE)
    story.advance(60)
    assert story.see(ONE).transaction is not None
    story.plug_in(TWO)
    story.swipe(BOB, (TWO,))
    story.advance(5)
    assert len(story.started()) == 1
    story.swipe(ALICE, (ONE,))
    story.advance(3)
    assert [restart.kind for restart in story.restarts] == [ResetKind.SCHEDULED]


@pytest.mark.parametrize("kind", [ResetKind.SOFT, ResetKind.HARD, ResetKind.IMMEDIATE])
def test_no_other_reset_waits_for_a_reservation(kind: ResetKind) -> None:
    story = two_evses()
    reserve(story, ONE)
    assert story.order(ResetStation(kind)).status is VerdictStatus.ACCEPTED
    assert [restart.kind for restart in story.restarts] == [kind]


@pytest.mark.requirement("B11.FR.07")
def test_a_reset_of_an_evse_on_idle_waits_for_its_own_reservation_alone() -> None:
    story = two_evses()
    reserve(story, ONE)
    assert story.order(ResetStation(ResetKind.ON_IDLE, TWO)).status is VerdictStatus.ACCEPTED
    assert story.order(ResetStation(ResetKind.ON_IDLE, ONE)).status is VerdictStatus.SCHEDULED
    story.advance(60)
    assert story.see(ONE).status is EvseStatus.RESERVED
    assert story.order(CancelReservation(7)).status is VerdictStatus.ACCEPTED
    story.advance(1)
    assert story.see(ONE).status is EvseStatus.UNAVAILABLE
    story.advance(6)
    assert story.see(ONE).status is EvseStatus.AVAILABLE


@pytest.mark.requirement("B12.FR.02", "B12.FR.08")
def test_an_immediate_reset_of_an_evse_ends_its_transaction_with_that_reason() -> None:
    story = two_evses()
    story.charge(ALICE, ONE)
    story.charge(BOB, TWO)
    assert story.order(ResetStation(ResetKind.IMMEDIATE, ONE)).status is VerdictStatus.ACCEPTED
    story.advance(3)
    (ended,) = story.ended()
    assert (ended.stop_reason, ended.cause) == (StopReason.IMMEDIATE_RESET, Cause.RESET_COMMAND)
    assert story.see(TWO).transaction is not None
    assert not story.restarts


def test_an_evse_that_is_not_there_is_not_reset() -> None:
    verdict = Driver().order(ResetStation(ResetKind.IMMEDIATE, EvseId(7)))
    assert verdict.status is VerdictStatus.UNKNOWN_TARGET


def test_a_reset_takes_unused_authorisations_away() -> None:
    story = two_evses()
    story.charge(ALICE, ONE)
    story.swipe(BOB, (TWO,))
    story.order(ResetStation(ResetKind.SOFT))
    story.plug_in(TWO)
    story.advance(5)
    assert len(story.started()) == 1


@pytest.mark.requirement("B11.FR.05")
def test_a_reserved_evse_is_reserved_again_after_its_reset() -> None:
    story = two_evses()
    expires = story.moment.utc + timedelta(hours=1)
    story.order(Reserve(Reservation(1, ALICE, expires, evse_id=ONE)))
    assert story.order(ResetStation(ResetKind.IMMEDIATE, ONE)).status is VerdictStatus.ACCEPTED
    assert story.see(ONE).status is EvseStatus.UNAVAILABLE
    story.advance(6)
    assert story.see(ONE).status is EvseStatus.RESERVED


@pytest.mark.requirement("B12.FR.06")
@pytest.mark.parametrize("kind", [ResetKind.IMMEDIATE, ResetKind.ON_IDLE])
def test_an_evse_out_of_service_is_so_after_its_reset(kind: ResetKind) -> None:
    story = two_evses()
    story.order(ChangeAvailability(Availability.INOPERATIVE, ONE))
    assert story.order(ResetStation(kind, ONE)).status is VerdictStatus.ACCEPTED
    story.advance(10)
    assert story.see(ONE).status is EvseStatus.UNAVAILABLE
    assert story.see(TWO).status is EvseStatus.AVAILABLE


@pytest.mark.requirement("B11.FR.06", "B12.FR.10")
@pytest.mark.parametrize("evse_id", [None, ONE])
def test_while_firmware_is_installed_nothing_is_reset(evse_id: EvseId | None) -> None:
    story = two_evses()
    assert story.order(HoldForInstall(InstallHold.RUNNING)).status is VerdictStatus.ACCEPTED
    assert story.order(ResetStation(ResetKind.IMMEDIATE, evse_id)).status is VerdictStatus.REJECTED
    story.advance(10)
    assert not story.restarts
