"""The four doors of the core: handle, execute, next_deadline, snapshot.

Events and orders go in with the moment they came; effects come out. Nothing here reads a clock, waits or touches
a device, so that a day of charging can be replayed in a second.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import assert_never

from chargepoint.charging import meter_facts
from chargepoint.charging.charging_priority import hear_priority
from chargepoint.charging.commands import (
    CancelReservation,
    Command,
    DisplayCommand,
    EndByEv,
    EnterPin,
    ProfileCommand,
    Reserve,
    StartWithContract,
    UpdateLocalList,
    Verdict,
)
from chargepoint.charging.context import CoreContext, EvseConfiguration
from chargepoint.charging.contract_start import ContractStart
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.display_room import DisplayRoom
from chargepoint.charging.effects import Effect
from chargepoint.charging.events import (
    ClockSynchronised,
    CsmsAccepted,
    CsmsLost,
    Event,
    EvseObserved,
    MeterRead,
    MeterRebased,
    MeterRecovered,
    MeterSigned,
    MeterUnavailable,
    SafetyLinkClosed,
    SafetyLinkOpened,
    SettingChanged,
    StationFaultCleared,
    StationFaultRaised,
    SupplyMeasured,
    TimePassed,
    TokenJudged,
    TokenNotJudged,
    TokenPresented,
    TransactionAnswered,
)
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.idle_sampling import IdleSampling
from chargepoint.charging.kept_faults import restore_faults
from chargepoint.charging.local_list import LocalAuthorizationList
from chargepoint.charging.offline_spell import OfflineSpell
from chargepoint.charging.orphans import end_orphan
from chargepoint.charging.pin_pad import PinPad
from chargepoint.charging.ports import Recovered, TokenMemory
from chargepoint.charging.profiles import ProfileDesk
from chargepoint.charging.remote_control import RemoteControl
from chargepoint.charging.reservations import ReservationDesk
from chargepoint.charging.safety_view import HAS_PLUGGED_IN, HAS_UNPLUGGED
from chargepoint.charging.sampling_plan import INTERVAL_SETTINGS
from chargepoint.charging.session_snapshot import snapshot_of
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.charging.status_reporter import StatusReporter
from chargepoint.charging.token_desk import TokenDesk
from chargepoint.model.charging_profiles import WHOLE_STATION
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.moment import Moment
from chargepoint.model.power import EvseObservation, SafetyHello
from chargepoint.settings.setting import SettingsView


class Station:
    """All EVSEs of one station. Not thread-safe: one caller, one step at a time."""

    def __init__(
        self,
        evses: Iterable[EvseConfiguration],
        settings: SettingsView,
        tokens: TokenMemory,
        recovered: Recovered,
        make_transaction_id: Callable[[], TransactionId],
        lease_seconds: float = 20.0,
        random: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self._effects: list[Effect] = []
        self._context = CoreContext(
            settings=settings,
            tokens=tokens,
            local_list=LocalAuthorizationList(settings, recovered.local_list, self._effects.append),
            boot_id=recovered.boot_id,
            make_transaction_id=make_transaction_id,
            emit=self._effects.append,
            lease_seconds=lease_seconds,
            random=random,
            boots_of_this_machine=recovered.boots_of_this_machine | {recovered.boot_id},
        )
        self._sessions = {evse.evse_id: EvseSession(evse, self._context) for evse in evses}
        self._deadlines = Deadlines()
        self._status = StatusReporter(self._context, WHOLE_STATION, self._deadlines)
        self._reservations = ReservationDesk(self._sessions, self._context, self._deadlines)
        self._desk = TokenDesk(self._sessions, self._context, self._reservations)
        self._pin_pad = PinPad(self._sessions, self._desk)
        self._contracts = ContractStart(self._sessions, self._desk, self._context)
        self._remote = RemoteControl(self._sessions, self._desk, self._context, self._status)
        self._idle_sampling = IdleSampling(self._sessions, self._context, self._deadlines)
        self._profiles = ProfileDesk(self._sessions, self._context, self._deadlines)
        self._display = DisplayRoom(self._sessions, self._context, self._deadlines, self._remote)
        self._recovered = recovered
        self._offline = OfflineSpell(settings)

    # The doors

    def start(self, moment: Moment) -> list[Effect]:
        """Before any event: take up what the disk remembers. Nothing is energised by this."""
        kept_faults = {evse_id: session.safety.kept_faults for evse_id, session in self._sessions.items()}
        restore_faults(kept_faults, self._recovered.kept_faults, self._context.emit)
        for evse_id, waiting in self._sessions.items():
            waiting.safety.expect_word(moment)
            waiting.safety.self_test.restore(self._recovered.self_tests.get(evse_id), moment)
        if self._recovered.damage or self._recovered.set_aside is not None:
            self._remote.station_faults |= {Fault.STORAGE_CORRUPT}
        self._remote.restore_availability(self._recovered.availability)
        for record in self._recovered.transactions:
            session = self._sessions.get(record.evse_id)
            if session is not None and session.transaction is None:
                session.find_open(record, moment)
            else:
                end_orphan(self._context, record, moment)
        self._reservations.restore(self._recovered.reservations, moment)
        self._profiles.restore(self._recovered.profiles, moment)
        self._display.restore(self._recovered)
        self._idle_sampling.rearm(moment)
        return self._conclude(moment)

    def handle(self, event: Event, moment: Moment) -> list[Effect]:
        """Take in a fact; what follows from it comes out, in order."""
        self._take_in(event, moment)
        return self._conclude(moment)

    def execute(self, command: Command, moment: Moment) -> tuple[Verdict, list[Effect]]:
        """Carry out an order; the verdict is what may be answered once the effects are committed."""
        if isinstance(command, DisplayCommand):
            return self._display.execute(command, moment), self._conclude(moment)
        if isinstance(command, ProfileCommand):
            return self._profiles.execute(command, moment), self._conclude(moment)
        match command:
            case UpdateLocalList():
                verdict = self._context.local_list.execute(command)
            case Reserve() | CancelReservation():
                verdict = self._reservations.execute(command, moment)
            case StartWithContract() | EndByEv():
                verdict = self._contracts.execute(command, moment)
            case EnterPin():
                verdict = self._pin_pad.execute(command, moment)
            case _:
                verdict = self._profiles.objection(command, moment) or self._remote.execute(command, moment)
        return verdict, self._conclude(moment)

    def next_deadline(self) -> float | None:
        """The monotonic time at which `TimePassed` is due; None when nothing is waited for."""
        times = [self._deadlines.next(), *(session.deadlines.next() for session in self._sessions.values())]
        return min((at for at in times if at is not None), default=None)

    def snapshot(self, moment: Moment) -> StationSnapshot:
        return StationSnapshot(
            evses={evse_id: snapshot_of(each, self._display, moment) for evse_id, each in self._sessions.items()},
            availability=self._remote.station_availability,
            is_online=self._context.is_online,
            faults=self._remote.station_faults,
            reset_pending=self._remote.pending_reset is not None,
            local_list=self._context.local_list.summary(),
            reservations=self._reservations.reservations,
            profiles=self._profiles.installed,
            display=self._display.board,
        )

    # Facts

    def _take_in(self, event: Event, moment: Moment) -> None:
        match event:
            case EvseObserved(observation):
                self._observe(observation, moment)
            case SafetyLinkOpened(hello):
                self._greet(hello)
            case SafetyLinkClosed():
                for session in self._sessions.values():
                    session.safety.expect_word(moment)
            case TokenPresented(token, evse_ids):
                self._desk.present(token, evse_ids, moment)
            case (
                MeterRead() | SupplyMeasured() | MeterUnavailable() | MeterRecovered() | MeterRebased() | MeterSigned()
            ):
                if event.evse_id in self._sessions:
                    meter_facts.take_in(self._sessions[event.evse_id], event, moment)
            case TokenJudged(request_id, verdict):
                self._desk.judged(request_id, verdict, moment)
            case TokenNotJudged(request_id):
                self._desk.not_judged(request_id, moment)
            case TransactionAnswered():
                self._hear_answer(event, moment)
            case _:
                self._take_in_station(event, moment)

    def _take_in_station(
        self,
        event: CsmsAccepted
        | CsmsLost
        | ClockSynchronised
        | SettingChanged
        | StationFaultRaised
        | StationFaultCleared
        | TimePassed,
        moment: Moment,
    ) -> None:
        match event:
            case CsmsAccepted(statuses_are_known):
                self._context.is_online = self._context.was_accepted = True
                self._profiles.offline.csms_came()
                if not statuses_are_known or self._offline.was_long(moment):
                    self._status.forget()
                    for session in self._sessions.values():
                        session.status.forget()
            case CsmsLost():
                self._context.is_online = False
                self._offline.begin(moment)
                self._profiles.offline.csms_went(moment)
            case ClockSynchronised(corrected):
                for session in self._sessions.values():
                    session.safety.self_test.correct_clock(moment)
                    session.run.correct_clock(corrected, moment)
                self._rearm_sampling(moment)
            case SettingChanged(name):
                self._follow_setting(name, moment)
            case StationFaultRaised(fault):
                self._remote.station_faults |= {fault}
            case StationFaultCleared(fault):
                self._remote.station_faults -= {fault}
            case TimePassed():
                pass
            case _:
                assert_never(event)

    def _observe(self, observation: EvseObservation, moment: Moment) -> None:
        session = self._sessions.get(observation.evse_id)
        if session is None:
            return
        session.view.watch.see(observation)
        plug_before = session.safety.plug
        change = session.observe(observation, moment)
        if change in HAS_UNPLUGGED or plug_before not in (None, session.safety.plug):
            self._desk.unplugged(session)
        if change in HAS_PLUGGED_IN:
            self._desk.plugged(session, moment)

    def _greet(self, hello: SafetyHello) -> None:
        for evse_id, session in self._sessions.items():
            session.view.configuration = replace(
                session.view.configuration,
                has_lock=hello.has_lock.get(evse_id, False),
                switches_phases=hello.switches_phases.get(evse_id, False),
            )
            session.wish.repeat()

    def _hear_answer(self, event: TransactionAnswered, moment: Moment) -> None:
        """The verdict is remembered also when its transaction is over (2.0.1 C10.FR.05)."""
        hear_priority(self._sessions.values(), event)
        self._display.hear(event, moment)
        if event.verdict is None:
            return
        found = (each for each in self._sessions.values() if each.run.is_of(event.transaction_id))
        session = next(found, None)
        record = None if session is None else session.run.record
        token = event.token or (None if record is None else record.id_token)
        if token is None:
            return
        self._desk.knowledge.remember(token, event.verdict, moment)
        if session is not None and record is not None and token.is_same_as(record.id_token):
            session.hear_verdict(event.verdict, moment)

    def _follow_setting(self, name: str, moment: Moment) -> None:
        for session in self._sessions.values():
            session.waiting.follow(self._context.settings)
        if name in INTERVAL_SETTINGS:
            self._rearm_sampling(moment)

    def _rearm_sampling(self, moment: Moment) -> None:
        self._idle_sampling.rearm(moment)
        for session in self._sessions.values():
            session.run.rearm_sampling(moment)

    # Consequences

    def _conclude(self, moment: Moment) -> list[Effect]:
        if Deadline.ALIGNED_SAMPLE in self._deadlines.take_due(moment.monotonic):
            self._idle_sampling.sample(moment)
        for session in self._sessions.values():
            session.pass_time(moment)
            session.recover(moment)
        self._remote.apply_availability()
        self._reservations.follow(moment)
        self._remote.apply_reset(moment)
        self._desk.offer_free_vend(moment)
        self._profiles.follow(moment)
        records = [session.run.record for session in self._sessions.values()]
        for session in self._sessions.values():
            session.conclude(moment)
        has_moved = any(
            session.run.record is not before for session, before in zip(self._sessions.values(), records, strict=True)
        )
        if has_moved and self._profiles.follow(moment):  # a transaction has started or ended: the limits are others
            for session in self._sessions.values():
                session.conclude(moment)
        self._profiles.tell_of_rates(moment)
        self._remote.apply_availability()
        self._reservations.follow(moment)
        for session in self._sessions.values():
            session.show_status(moment)
        self._display.follow(moment)
        if any(session.safety.is_plugged_in is not None for session in self._sessions.values()):
            self._status.show(self._remote.station_state(), self._remote.station_warning(), moment)
        if self._context.local_list.take_conflict():
            self._status.warn_of_list(self._remote.station_state(), moment)
        self._effects += self._remote.due_restart()
        effects, self._effects[:] = list(self._effects), []
        return effects
