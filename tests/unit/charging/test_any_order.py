"""Whatever comes, in whatever order: what must hold, holds (`invariants.py` checks every step)."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chargepoint.charging.commands import (
    CancelReservation,
    ChangeAvailability,
    EndByEv,
    EnterPin,
    Reserve,
    ResetKind,
    ResetStation,
    StartRemotely,
    StartWithContract,
    StopRemotely,
    UnlockConnector,
)
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.events import ClockSynchronised, TimePassed, TransactionAnswered
from chargepoint.charging.transaction_span import TxPoint
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.reservations import Reservation
from chargepoint.model.status import Availability, SessionState
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import TransactionPhase
from chargepoint.settings import catalogue
from chargepoint.settings.setting import Setting
from unit.charging.driver import ACCEPTED, ALICE, BLOCKED, BOB, MALLORY, ONE, TWO, Driver

evses = st.sampled_from([ONE, TWO])
points = st.sampled_from([{point} for point in TxPoint]) | st.sets(st.sampled_from(TxPoint), min_size=1)
cards = st.sampled_from([ALICE, BOB, MALLORY])
verdicts = st.sampled_from([ACCEPTED, BLOCKED])
FAULTS = [Fault.PE_LOST, Fault.RESIDUAL_CURRENT, Fault.EMERGENCY_STOP, Fault.CHATTER_LOCKOUT, Fault.CONTACTOR_WELDED]
SWITCHES = (
    catalogue.FREE_VEND_ACTIVE,
    catalogue.LOCAL_PRE_AUTHORIZE,
    catalogue.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID,
    catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT,
    catalogue.STOP_TRANSACTION_ON_INVALID_ID,
    catalogue.UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT,
    catalogue.RESUME_TRANSACTIONS_ON_BOOT,
    catalogue.AUTHORIZE_REMOTE_TX_REQUESTS,
)


class AnyOrder(RuleBasedStateMachine):
    @initialize(
        required=st.booleans(),
        online=st.booleans(),
        trusted=st.booleans(),
        tethered=st.booleans(),
        honest=st.booleans(),
        starts=points,
        stops=points,
    )
    def begin(
        self,
        required: bool,
        online: bool,
        trusted: bool,
        tethered: bool,
        honest: bool,
        starts: set[TxPoint],
        stops: set[TxPoint],
    ) -> None:
        configurations = [
            EvseConfiguration(evse, meter_required=required, connector_type="cType2" if tethered else "sType2")
            for evse in (ONE, TWO)
        ]
        self.story = Driver(configurations, is_online=online, utc_trusted=trusted)
        self.set_points(starts, stops)
        self.meters_are_honest = honest
        self.reserved = 0

    @rule(evse=evses, ready=st.booleans())
    def plug(self, evse: EvseId, ready: bool) -> None:
        self.story.plug_in(evse, ready=ready)

    @rule(evse=evses)
    def unplug(self, evse: EvseId) -> None:
        self.story.unplug(evse)

    @rule(card=cards)
    def swipe(self, card: IdToken) -> None:
        self.story.swipe(card)

    @rule(evse=evses, card=cards)
    def charge(self, evse: EvseId, card: IdToken) -> None:
        """Often enough for the books of the energy to have something in them."""
        self.story.charge(card, evse)

    @precondition(lambda self: self.story.questions)
    @rule(verdict=st.none() | verdicts)
    def judge(self, verdict: TokenVerdict | None) -> None:
        self.story.judge(verdict)

    @precondition(lambda self: self.story.started())
    @rule(verdict=verdicts)
    def answer(self, verdict: TokenVerdict) -> None:
        self.story.answer_start(verdict)

    @rule(evse=evses, faults=st.sets(st.sampled_from(FAULTS), max_size=2))
    def fail(self, evse: EvseId, faults: set[Fault]) -> None:
        self.story.fault(*faults, evse_id=evse)

    @rule(evse=evses, pilot=st.sampled_from([None, None, PilotState.E, PilotState.F, PilotState.FAULT]))
    def disturb(self, evse: EvseId, pilot: PilotState | None) -> None:
        self.story.outlets[evse].pilot = pilot
        self.story.look()

    @precondition(lambda self: not self.meters_are_honest)
    @rule(evse=evses, speaks=st.booleans(), told=st.booleans())
    def meter(self, evse: EvseId, speaks: bool, told: bool) -> None:
        self.story.outlets[evse].meter_speaks = speaks
        if told and not speaks:
            self.story.silence_meter(evse)

    @precondition(lambda self: not self.meters_are_honest)
    @rule(evse=evses, register_wh=st.sampled_from([0.0, 500.0, 5000.0]))
    def set_register(self, evse: EvseId, register_wh: float) -> None:
        self.story.outlets[evse].register_wh = register_wh

    @precondition(lambda self: not self.meters_are_honest)
    @rule(evse=evses, sticks=st.booleans(), lock_sticks=st.booleans())
    def stick(self, evse: EvseId, sticks: bool, lock_sticks: bool) -> None:
        self.story.outlets[evse].contactor_sticks = sticks
        self.story.outlets[evse].lock_sticks = lock_sticks

    @rule(up=st.booleans())
    def link(self, up: bool) -> None:
        if up:
            self.story.link_is_up = True
            self.story.look()
        else:
            self.story.lose_link()

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 12.0, 40.0, 130.0]))
    def wait(self, seconds: float) -> None:
        self.story.advance(seconds)

    @rule(days=st.sampled_from([-14, 0, 14]))
    def step_clock(self, days: int) -> None:
        self.story.utc_offset = timedelta(days=days)

    @rule()
    def synchronise(self) -> None:
        if not self.story.utc_trusted:
            self.story.utc_trusted = True
            self.story.tell(ClockSynchronised())

    @rule(switch=st.sampled_from(SWITCHES), value=st.booleans())
    def set_switch(self, switch: Setting[bool], value: bool) -> None:
        self.story.change(switch, value)

    @rule(pin=st.sampled_from(["1234", ALICE.value]), evse=evses)
    def enter_pin(self, pin: str, evse: EvseId) -> None:
        self.story.order(EnterPin(pin, evse))

    @rule(card=cards, evse=evses, verdict=st.none() | verdicts)
    def show_contract(self, card: IdToken, evse: EvseId, verdict: TokenVerdict | None) -> None:
        self.story.order(StartWithContract(card, evse, verdict))

    @rule(evse=evses)
    def end_by_ev(self, evse: EvseId) -> None:
        self.story.order(EndByEv(evse))

    @rule(allowance_wh=st.sampled_from([0, 50]), sample_seconds=st.sampled_from([0, 10, 300]))
    def set_numbers(self, allowance_wh: int, sample_seconds: int) -> None:
        self.story.change(catalogue.MAX_ENERGY_ON_INVALID_ID, allowance_wh)
        self.story.change(catalogue.METER_VALUE_SAMPLE_INTERVAL, sample_seconds)
        self.story.change(catalogue.CLOCK_ALIGNED_DATA_INTERVAL, sample_seconds)

    @rule(starts=points, stops=points)
    def set_points(self, starts: set[TxPoint], stops: set[TxPoint]) -> None:
        self.story.change(catalogue.TX_START_POINT, tuple(sorted(starts)))
        self.story.change(catalogue.TX_STOP_POINT, tuple(sorted(stops)))

    @precondition(lambda self: self.story.started())
    @rule(verdict=verdicts, card=cards)
    def answer_late(self, verdict: TokenVerdict, card: IdToken) -> None:
        last = self.story.started()[-1].transaction_id
        self.story.tell(TransactionAnswered(last, verdict, is_start=False, token=card))

    @rule(evse=st.none() | evses, limit_amps=st.sampled_from([None, 0.0, 16.0]))
    def start_remotely(self, evse: EvseId | None, limit_amps: float | None) -> None:
        self.story.order(StartRemotely(BOB, evse, limit_amps=limit_amps))

    @precondition(lambda self: self.story.started())
    @rule()
    def stop_remotely(self) -> None:
        self.story.order(StopRemotely(self.story.started()[-1].transaction_id))

    @rule(evse=st.none() | evses, availability=st.sampled_from(Availability))
    def change_availability(self, evse: EvseId | None, availability: Availability) -> None:
        self.story.order(ChangeAvailability(availability, evse))

    @rule(evse=evses, stops=st.booleans())
    def unlock(self, evse: EvseId, stops: bool) -> None:
        self.story.order(UnlockConnector(evse, stops_transaction=stops))

    @rule(evse=st.none() | evses, card=cards, group=st.none() | cards, seconds=st.sampled_from([1.0, 60.0, 9000.0]))
    def reserve(self, evse: EvseId | None, card: IdToken, group: IdToken | None, seconds: float) -> None:
        self.reserved += 1
        until = self.story.moment.utc + timedelta(seconds=seconds)
        self.story.order(Reserve(Reservation(self.reserved, card, until, evse, group)))

    @rule()
    def cancel_reservation(self) -> None:
        self.story.order(CancelReservation(self.reserved))

    @rule(kind=st.sampled_from(ResetKind))
    def reset(self, kind: ResetKind) -> None:
        self.story.order(ResetStation(kind))

    @precondition(lambda self: self.story.restarts)
    @rule()
    def obey_restart(self) -> None:
        self.story.restarts.clear()
        self.story.restart(down_seconds=1.0)
        self.story.boot_up()

    @rule(down_seconds=st.sampled_from([0.0, 5.0, 900.0]), safety_too=st.booleans(), boots=st.booleans())
    def cut(self, down_seconds: float, safety_too: bool, boots: bool) -> None:
        self.story.restart(down_seconds=down_seconds, safety_too=safety_too)
        if boots:
            self.story.link_is_up = True
            self.story.boot_up()

    @invariant()
    def waking_makes_progress(self) -> None:
        if not hasattr(self, "story"):
            return
        for _ in range(50):
            due = self.story.station.next_deadline()
            if due is None or due > self.story.now:
                return
            self.story.tell(TimePassed())
        raise AssertionError("next_deadline stays in the past")

    @invariant()
    def nobody_waits_where_another_has_reserved_and_no_reservation_is_used_twice(self) -> None:
        if not hasattr(self, "story"):
            return
        story = self.story
        assert story.station.snapshot(story.moment).reservations == story.reservations
        used = [report.reservation_id for report in story.started() if report.reservation_id is not None]
        assert len(set(used)) == len(used)
        assert not {one.reservation_id for one in story.reservations} & set(used)
        for one in story.reservations:
            waiting = None if one.evse_id is None else story.see(one.evse_id).waiting_token
            assert waiting is None or one.is_for(waiting, None)

    @invariant()
    def what_is_open_is_in_the_journal(self) -> None:
        if not hasattr(self, "story"):
            return
        open_ids = [key for key, phases in self.story.ledger.phases.items() if TransactionPhase.ENDED not in phases]
        running = [self.story.see(evse).transaction for evse in (ONE, TWO)]
        records = [record for record in running if record is not None]
        assert sorted(open_ids) == sorted(record.transaction_id for record in records if record.is_told)
        unfinished = [key for key, record in self.story.journal.items() if not record.is_ended]
        assert sorted(unfinished) == sorted(record.transaction_id for record in records)

    def teardown(self) -> None:
        """Nothing waits for ever: once everybody leaves, every transaction ends."""
        if not hasattr(self, "story"):
            return
        story = self.story
        story.change(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT, True)
        story.link_is_up = True
        for outlet in story.outlets.values():
            outlet.pilot, outlet.is_plugged_in = None, True
            story.look()
            outlet.is_plugged_in = False
        story.look()
        story.advance(40)
        assert all(story.state(evse) in (SessionState.IDLE, SessionState.AUTHORIZED) for evse in (ONE, TWO))
        assert len(story.started()) == len(story.ended())
        if self.meters_are_honest:
            flowed_wh = sum(outlet.flowed_wh for outlet in story.outlets.values())
            assert abs(story.ledger.billed_wh() - flowed_wh) < 0.001, "every watt-hour is in one bill"


AnyOrder.TestCase.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyOrder = AnyOrder.TestCase
