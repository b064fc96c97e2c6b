"""2.0.1's TxStartPoint and TxStopPoint: what the CSMS books, in every combination; what is live never depends on it."""

import pytest

from chargepoint.charging.commands import ResetKind, ResetStation, StartRemotely, StopRemotely, VerdictStatus
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.events import TransactionAnswered
from chargepoint.charging.transaction_span import TxPoint, span_of
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.metering import ReadingContext
from chargepoint.model.reports import TransactionReport
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import Cause, ChargingState, StopReason
from chargepoint.settings import catalogue
from chargepoint.settings.setting import AnySetting, SettingValue
from unit.charging.driver import ACCEPTED, ALICE, BLOCKED, BOB, MALLORY, ONE, TWO, Driver

PLUG, CARD, ENERGY = TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED, TxPoint.ENERGY_TRANSFER
POWER_PATH = TxPoint.POWER_PATH_CLOSED
SOME_ENDS: list[set[TxPoint]] = [{PLUG}, {CARD}, {PLUG, CARD}, {POWER_PATH}, {ENERGY}]
"""Each of them alone, and the standard; others are unions of these."""
SOME_STARTS = [*({point} for point in TxPoint), {PLUG, CARD}, {CARD, POWER_PATH, ENERGY}, set(TxPoint)]
every_start = pytest.mark.parametrize("starts", SOME_STARTS, ids=lambda points: "+".join(sorted(points)))
in_both_orders = pytest.mark.parametrize("card_first", [False, True], ids=["plug first", "card first"])


def story_with(
    starts: set[TxPoint],
    ends: set[TxPoint],
    more: dict[AnySetting, SettingValue] | None = None,
    **options: object,
) -> Driver:
    points: dict[AnySetting, SettingValue] = {
        catalogue.TX_START_POINT: tuple(sorted(starts)),
        catalogue.TX_STOP_POINT: tuple(sorted(ends)),
    }
    return Driver(settings=points | (more or {}), **options)  # type: ignore[arg-type]  # options of the driver


def begin(story: Driver, card_first: bool) -> None:
    if card_first:
        story.swipe(ALICE)
        story.advance(2)
        story.plug_in()
    else:
        story.plug_in()
        story.advance(2)
        story.swipe(ALICE)
    story.look()
    story.advance(8)
    assert story.is_charging()


def reports(story: Driver) -> list[TransactionReport]:
    return [report for report in story.reports if isinstance(report, TransactionReport)]


def assert_one_bill(story: Driver) -> None:
    """One start, one end, all that flowed is in it, and nothing is left open or live."""
    assert len(story.started()) == 1
    assert len(story.ended()) == 1
    (start,), (end,) = story.started(), story.ended()
    start_wh = start.energy_wh if start.energy_wh is not None else begin_told_later(story)
    assert start_wh is not None
    assert end.energy_wh is not None
    assert end.energy_wh - start_wh == pytest.approx(story.outlets[ONE].register_wh - 1000.0)
    assert story.see().transaction is None
    assert not story.is_charging()
    assert not [record for record in story.journal.values() if not record.is_ended]


def begin_told_later(story: Driver) -> float | None:
    values = [value for report in story.updated() for value in report.meter_values]
    found = [value.energy_wh() for value in values if value.context is ReadingContext.TRANSACTION_BEGIN]
    return found[0] if found else None


@every_start
@in_both_orders
def test_every_combination_is_one_bill_of_what_flowed(starts: set[TxPoint], card_first: bool) -> None:
    for ends in SOME_ENDS:
        story = story_with(starts, ends)
        begin(story, card_first)
        story.swipe(ALICE)
        story.look()
        assert not story.is_charging(), "no energy without an authorisation, whatever ends the transaction"
        story.advance(4)
        assert not story.is_charging()
        assert bool(story.ended()) == (ends != {PLUG})
        story.unplug()
        story.advance(4)
        assert_one_bill(story)
        (end,) = story.ended()
        assert end.stop_reason is StopReason.LOCAL
        assert story.state() is SessionState.IDLE


@every_start
@in_both_orders
def test_in_every_combination_a_pulled_plug_is_dead_and_billed(starts: set[TxPoint], card_first: bool) -> None:
    for ends in SOME_ENDS:
        for pulling_stops in (True, False):
            story = story_with(starts, ends, {catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: pulling_stops})
            begin(story, card_first)
            story.unplug()
            story.advance(4)
            assert not story.is_charging()
            stays = ends == {CARD} and not pulling_stops
            assert bool(story.ended()) != stays
            if stays:
                assert story.updated()[-1].charging_state is ChargingState.IDLE
                story.swipe(ALICE)
                story.advance(4)
            assert_one_bill(story)


@every_start
@in_both_orders
def test_in_every_combination_a_restart_loses_and_doubles_nothing(starts: set[TxPoint], card_first: bool) -> None:
    for ends in SOME_ENDS:
        story = story_with(starts, ends)
        begin(story, card_first)
        story.restart(down_seconds=5)
        story.boot_up()
        story.advance(7)
        assert story.is_charging()
        story.swipe(ALICE)
        story.look()
        story.advance(3)
        story.restart(down_seconds=5)
        story.boot_up()
        story.advance(7)
        assert not story.is_charging(), "a restart does not authorise anybody"
        story.unplug()
        story.advance(4)
        if PLUG in starts and ends != {PLUG}:
            assert len(story.ended()) == 2, "the EV was there after the restart: a transaction without energy"
            assert story.ended()[1].energy_wh == story.started()[1].energy_wh
        else:
            assert_one_bill(story)


@every_start
def test_whoever_never_charges_leaves_nothing_open(starts: set[TxPoint]) -> None:
    for ends in SOME_ENDS:
        story = story_with(starts, ends, {catalogue.CONNECTION_TIME_OUT: 30})
        story.plug_in()
        story.advance(20)
        story.unplug()
        story.advance(10)
        assert len(story.started()) == len(story.ended()) == (1 if PLUG in starts else 0)
        story.swipe(ALICE)
        story.advance(60)
        begun = (1 if PLUG in starts else 0) + (1 if CARD in starts else 0)
        assert len(story.started()) == len(story.ended()) == begun
        assert story.state() is SessionState.IDLE
        if CARD in starts:
            assert (story.ended()[-1].cause, story.ended()[-1].stop_reason) == (
                Cause.EV_CONNECT_TIMEOUT,
                StopReason.TIMEOUT,
            )


def test_an_ev_alone_begins_a_transaction_and_the_card_is_told_in_it() -> None:
    story = story_with({PLUG}, {PLUG})
    story.plug_in()
    (start,) = story.started()
    assert (start.cause, start.id_token, start.charging_state) == (
        Cause.CABLE_PLUGGED_IN,
        None,
        ChargingState.EV_CONNECTED,
    )
    assert not story.is_charging()
    story.advance(30)
    story.swipe(ALICE)
    story.look()
    authorised = next(report for report in story.updated() if report.cause is Cause.AUTHORIZED)
    assert authorised.id_token == ALICE
    assert story.is_charging()
    story.advance(10)
    story.swipe(ALICE)
    story.look()
    story.advance(5)
    causes = [report.cause for report in reports(story) if report.cause is not Cause.METER_VALUE_PERIODIC]
    assert causes == [
        Cause.CABLE_PLUGGED_IN,
        Cause.AUTHORIZED,
        Cause.CHARGING_STATE_CHANGED,
        Cause.STOP_AUTHORIZED,
        Cause.CHARGING_STATE_CHANGED,
    ]
    assert story.updated()[-1].charging_state is ChargingState.EV_CONNECTED


def test_where_the_transaction_outlasts_its_authorisation_only_its_own_people_go_on() -> None:
    story = story_with({PLUG}, {PLUG})
    begin(story, card_first=False)
    story.swipe(ALICE)
    story.advance(10)
    story.swipe(BOB)
    story.advance(10)
    assert not story.is_charging(), "it is Alice's bill"
    story.swipe(ALICE)
    story.look()
    story.advance(10)
    assert story.is_charging()
    story.unplug()
    story.advance(10)
    assert_one_bill(story)
    assert story.ended()[0].stop_reason is StopReason.EV_DISCONNECTED


def test_what_flowed_before_the_start_is_told_is_in_the_bill() -> None:
    """TxStartPoint EnergyTransfer: counted from the closing of the power path."""
    story = story_with({ENERGY}, {CARD})
    story.plug_in(ready=False)
    story.swipe(ALICE)
    story.advance(20)
    assert not story.started(), "no energy yet"
    story.outlets[ONE].register_wh += 3.0  # unseen, as between a contactor and its feedback
    story.ev_ready(True)
    (start,) = story.started()
    assert (start.cause, start.charging_state, start.id_token) == (
        Cause.CHARGING_STATE_CHANGED,
        ChargingState.CHARGING,
        ALICE,
    )
    assert start.energy_wh == 1000.0
    story.advance(20)
    story.swipe(ALICE)
    story.look()
    story.advance(5)
    assert_one_bill(story)


def test_who_is_authorised_and_never_draws_is_no_transaction() -> None:
    story = story_with({ENERGY}, {CARD})
    story.plug_in(ready=False)
    story.swipe(ALICE)
    story.advance(20)
    story.swipe(ALICE)
    story.look()
    story.advance(10)
    assert reports(story) == []
    assert story.see().transaction is None
    assert not [record for record in story.journal.values() if not record.is_ended]


def test_a_crash_before_the_late_start_was_told_bills_what_flowed() -> None:
    story = story_with({ENERGY}, {CARD})
    story.plug_in(ready=False)
    story.swipe(ALICE)
    story.advance(20)
    story.outlets[ONE].register_wh += 40.0
    story.restart(down_seconds=1200, safety_too=True)
    story.outlets[ONE].is_plugged_in = False
    story.boot_up()
    story.advance(20)
    assert_one_bill(story)


def test_energy_that_stops_ends_it_where_that_is_its_end() -> None:
    story = story_with({PLUG}, {ENERGY})
    begin(story, card_first=False)
    story.ev_ready(False)
    story.advance(10)
    (end,) = story.ended()
    assert (end.cause, end.stop_reason) == (Cause.CHARGING_STATE_CHANGED, StopReason.STOPPED_BY_EV)
    story.ev_ready(True)
    story.advance(20)
    assert not story.is_charging(), "the authorisation has ended with the transaction"


def test_authorised_first_the_evse_is_told_when_the_ev_has_come() -> None:
    two = (EvseConfiguration(ONE), EvseConfiguration(TWO))
    story = story_with({CARD}, {CARD}, evses=two)
    story.swipe(ALICE)
    (start,) = story.started()
    assert (start.is_place_known, start.energy_wh, start.meter_values) == (False, None, ())
    assert start.charging_state is ChargingState.IDLE
    story.plug_in(TWO)
    story.look()
    story.advance(20)
    assert story.is_charging(TWO)
    plugged, _ = story.updated()[:2]
    assert (plugged.cause, plugged.evse_id) == (Cause.CABLE_PLUGGED_IN, TWO)
    assert plugged.energy_wh == 1000.0
    assert {value.context for value in plugged.meter_values} == {ReadingContext.TRANSACTION_BEGIN}
    story.swipe(ALICE)
    story.look()
    story.advance(10)
    (end,) = story.ended()
    assert end.evse_id == TWO
    assert end.energy_wh == story.outlets[TWO].register_wh
    assert story.state(ONE) is SessionState.IDLE


def test_the_same_card_again_before_the_plug_ends_what_it_began() -> None:
    story = story_with({CARD}, {PLUG, CARD})
    story.swipe(ALICE)
    story.advance(10)
    story.swipe(ALICE)
    story.advance(10)
    (end,) = story.ended()
    assert (end.cause, end.stop_reason) == (Cause.STOP_AUTHORIZED, StopReason.LOCAL)
    assert story.state() is SessionState.IDLE


def test_a_refusal_in_a_transaction_that_lasts_until_the_ev_leaves() -> None:
    """E05.FR.09."""
    story = story_with({PLUG}, {PLUG})
    begin(story, card_first=False)
    transaction_id = story.started()[0].transaction_id
    story.tell(TransactionAnswered(transaction_id, BLOCKED, is_start=False, token=ALICE))
    story.look()
    assert not story.is_charging()
    story.advance(10)
    assert [report.cause for report in story.updated()[-2:]] == [Cause.DEAUTHORIZED, Cause.CHARGING_STATE_CHANGED]
    assert story.updated()[-1].charging_state is ChargingState.EV_CONNECTED
    assert not story.ended()
    story.unplug()
    story.advance(10)
    assert story.ended()[0].stop_reason is StopReason.DE_AUTHORIZED


def test_a_refusal_before_the_plug_ends_what_the_card_began() -> None:
    story = story_with({CARD}, {CARD})
    story.swipe(ALICE)
    story.tell(TransactionAnswered(story.started()[0].transaction_id, BLOCKED, is_start=True, token=ALICE))
    story.advance(10)
    assert story.ended()[0].stop_reason is StopReason.DE_AUTHORIZED
    story.plug_in()
    story.advance(10)
    assert not story.is_charging()


def test_a_remote_start_for_an_ev_that_waits_names_its_transaction() -> None:
    """F01.FR.13."""
    story = story_with({PLUG}, {PLUG})
    story.plug_in()
    verdict = story.order(StartRemotely(ALICE, ONE, remote_start_id=5))
    assert verdict.transaction_id == story.started()[0].transaction_id
    story.look()
    told = next(report for report in story.updated() if report.cause is Cause.REMOTE_START)
    assert (told.remote_start_id, told.id_token) == (5, ALICE)
    assert story.is_charging()
    assert story.order(StartRemotely(BOB, ONE)).status is VerdictStatus.REJECTED


def test_a_remote_stop_leaves_a_transaction_open_until_the_ev_leaves() -> None:
    """F03.FR.02."""
    story = story_with({PLUG}, {PLUG})
    begin(story, card_first=False)
    transaction_id = TransactionId(str(story.started()[0].transaction_id))
    assert story.order(StopRemotely(transaction_id)).status is VerdictStatus.ACCEPTED
    story.advance(10)
    assert not story.is_charging()
    assert not story.ended()
    story.unplug()
    story.advance(10)
    assert story.ended()[0].stop_reason is StopReason.REMOTE


def test_under_1_6_the_points_say_nothing() -> None:
    story = story_with({PLUG}, {PLUG}, {catalogue.RULES_OF_1_6: True})
    story.plug_in()
    story.advance(10)
    assert reports(story) == []
    story.swipe(ALICE)
    story.look()
    story.advance(10)
    story.swipe(ALICE)
    story.look()
    story.advance(10)
    assert_one_bill(story)
    assert span_of(story.settings).starts_at == {POWER_PATH}


def test_an_accepted_answer_is_remembered_after_the_end_too() -> None:
    """C10.FR.05."""
    story = Driver()
    story.charge()
    transaction_id = story.started()[0].transaction_id
    story.swipe(ALICE)
    story.advance(10)
    story.tell(TransactionAnswered(transaction_id, ACCEPTED, is_start=False, token=MALLORY))
    assert story.tokens.cache[MALLORY.key] == ACCEPTED


def test_a_card_again_while_nothing_is_heard_of_the_empty_plug_ends_what_it_began() -> None:
    story = story_with({CARD}, {PLUG})
    story.swipe(ALICE)
    story.advance(2)
    story.lose_link()
    story.advance(10)
    story.swipe(ALICE)
    story.advance(30)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.LOCAL
    assert story.state() is SessionState.IDLE


def test_a_pulled_plug_does_not_wait_without_anybody_authorised() -> None:
    """The settings change while it waits, and nothing is heard of the plug when the card ends the authorisation."""
    story = story_with({PLUG}, {CARD}, {catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: False})
    begin(story, card_first=False)
    story.unplug()
    story.advance(2)
    story.change(catalogue.TX_STOP_POINT, ("EVConnected",))
    story.lose_link()
    story.advance(10)
    story.swipe(ALICE)
    story.advance(30)
    assert_one_bill(story)


@pytest.mark.parametrize("safety_too", [False, True], ids=["controller", "machine"])
def test_an_ev_that_comes_during_a_restart_is_not_what_the_card_was_for(safety_too: bool) -> None:
    """The authorisation may have run out meanwhile (ConnectionTimeOut), and who has come is not known."""
    for starts in SOME_STARTS:
        story = story_with(starts, {CARD}, {catalogue.CONNECTION_TIME_OUT: 30})
        story.swipe(ALICE)
        story.advance(2)
        story.restart(down_seconds=500, safety_too=safety_too)
        story.outlets[ONE].is_plugged_in = True
        story.boot_up()
        story.advance(20)
        assert not story.is_charging()
        assert story.state() is SessionState.PLUGGED
        assert len(story.ended()) == (CARD in starts)
        story.swipe(ALICE)
        story.look()
        story.advance(10)
        assert story.is_charging()


def test_a_pulled_plug_and_a_restart_do_not_charge_whoever_has_come_meanwhile() -> None:
    story = story_with({PLUG}, {CARD}, {catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: False})
    begin(story, card_first=False)
    story.unplug()
    story.advance(2)
    billed_wh = story.outlets[ONE].register_wh
    story.restart(down_seconds=60, safety_too=True)
    story.outlets[ONE].is_plugged_in = True
    story.boot_up()
    story.advance(20)
    assert not story.is_charging()
    assert story.ended()[0].energy_wh == billed_wh
    assert story.started()[1].id_token is None, "the EV that is there now is another transaction"


@pytest.mark.parametrize("starts", [{PLUG}, {CARD}], ids=lambda points: "+".join(sorted(points)))
def test_a_meter_that_answers_after_the_start_gives_the_begin_with_the_charging(starts: set[TxPoint]) -> None:
    story = story_with(starts, {CARD})
    story.outlets[ONE].meter_speaks = False
    story.advance(5)
    story.plug_in()
    story.swipe(ALICE)
    (start,) = story.started()
    assert (start.energy_wh, start.is_begin_told) == (None, False)
    story.advance(2)
    story.outlets[ONE].meter_speaks = True
    story.advance(10)
    assert story.is_charging()
    told = next(report for report in story.updated() if report.charging_state is ChargingState.CHARGING)
    assert (told.energy_wh, told.is_begin_told) == (1000.0, True)
    story.swipe(ALICE)
    story.look()
    story.advance(5)
    assert_one_bill(story)


def test_energy_that_nobody_saw_flow_has_a_begin_in_the_bill() -> None:
    """The power went before the closed contactor was told, and came back without the EV."""
    story = story_with({CARD}, {CARD})
    story.outlets[ONE].meter_speaks = False
    story.advance(5)
    story.plug_in(ready=False)
    story.swipe(ALICE)
    story.outlets[ONE].meter_speaks = True
    story.advance(2)
    assert all(report.energy_wh is None for report in reports(story)), "the begin is still to be told"
    story.outlets[ONE].draw(4.0)
    story.restart(down_seconds=20, safety_too=True)
    story.outlets[ONE].is_plugged_in = False
    story.boot_up()
    story.advance(20)
    assert_one_bill(story)


def test_what_only_completes_the_begin_is_no_second_one() -> None:
    story = story_with({CARD}, {PLUG})
    begin(story, card_first=True)
    story.ev_ready(False)
    story.advance(10)
    story.ev_ready(True)
    story.advance(10)
    registers = [report.energy_wh for report in reports(story) if report.energy_wh is not None]
    assert registers == [1000.0]


def test_an_ev_that_comes_while_a_reset_ends_what_a_card_began_is_a_new_one() -> None:
    story = story_with({PLUG, CARD}, {CARD})
    story.swipe(ALICE)
    story.outlets[ONE].meter_speaks = False
    story.advance(5)
    story.order(ResetStation(ResetKind.IMMEDIATE, ONE))
    assert story.state() is SessionState.STOPPING
    story.plug_in()
    story.advance(40)
    assert story.state() is SessionState.PLUGGED
    assert [(start.id_token, start.cause) for start in story.started()[1:]] == [(None, Cause.CABLE_PLUGGED_IN)]
