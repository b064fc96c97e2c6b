"""Plays a station's world on explicit moments: a safety process and meters that behave, a journal, a CSMS's ears.

Every step is checked for what must hold always (`invariants.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from chargepoint.charging.commands import Command, UpdateLocalList, Verdict, VerdictStatus
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.effects import (
    AskAuthorization,
    Checkpoint,
    Direct,
    Effect,
    Enqueue,
    ForgetVerdicts,
    Present,
    RememberAvailability,
    RememberEnded,
    RememberFaults,
    RememberLocalList,
    RememberMessages,
    RememberReservations,
    RememberSelfTest,
    RememberVerdict,
    Restart,
    Show,
    TransactionForgotten,
    UnlockFinished,
)
from chargepoint.charging.events import (
    CsmsAccepted,
    Event,
    EvseObserved,
    MeterRead,
    MeterUnavailable,
    SafetyLinkClosed,
    SafetyLinkOpened,
    SettingChanged,
    TimePassed,
    TokenJudged,
    TokenNotJudged,
    TokenPresented,
    TransactionAnswered,
)
from chargepoint.charging.ports import Recovered
from chargepoint.charging.snapshot import EvseSnapshot
from chargepoint.charging.station import Station
from chargepoint.model.cost import EndedTransaction
from chargepoint.model.display import DisplayMessage
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.local_list import ListEntry, ListUpdate, StoredList
from chargepoint.model.moment import Moment
from chargepoint.model.power import (
    EvseObservation,
    SafetyHello,
)
from chargepoint.model.reservations import Reservation
from chargepoint.model.self_test import SelfTestRecord
from chargepoint.model.status import Availability, SessionState
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.model.transactions import Transaction
from chargepoint.settings import catalogue
from chargepoint.settings.setting import AnySetting, SettingValue
from chargepoint.settings.store import SettingsStore
from chargepoint.settings.values import text_of
from chargepoint_hal.contract import MeterReading
from unit.charging.invariants import Ledger
from unit.charging.told import Told
from unit.charging.world import FakeTokens, Outlet

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
ALICE, BOB, MALLORY = IdToken("04A1A1A1"), IdToken("04B0B0B0"), IdToken("04BAD000")
FLEET = IdToken("FLEET")
ACCEPTED = TokenVerdict(AuthorizationStatus.ACCEPTED)
BLOCKED = TokenVerdict(AuthorizationStatus.BLOCKED)
ONE, TWO = EvseId(1), EvseId(2)


class Driver(Told):
    """Stories call the verbs; `advance` lets time pass."""

    def __init__(
        self,
        evses: Iterable[EvseConfiguration] = (EvseConfiguration(ONE),),
        settings: dict[AnySetting, SettingValue] | None = None,
        *,
        is_online: bool = True,
        utc_trusted: bool = True,
        first_look: bool = True,
    ) -> None:
        self.configurations = tuple(evses)
        self.settings = SettingsStore()
        self.tokens = FakeTokens(list={ALICE.key: ACCEPTED, BOB.key: ACCEPTED})
        self.now = 100.0
        self.utc_offset = timedelta(0)
        self.utc_trusted = utc_trusted
        self.outlets = {c.evse_id: Outlet(c.evse_id) for c in self.configurations}
        self.ledger = Ledger()
        super().__init__()
        self.journal: dict[TransactionId, Transaction] = {}
        self.availability: dict[EvseId, Availability] = {}
        self.reservations: tuple[Reservation, ...] = ()
        self.last_ended: dict[EvseId, EndedTransaction] = {}
        self.messages: tuple[DisplayMessage, ...] = ()
        self.on_display: DisplayMessage | None = None
        self.boot_id = 1
        self.boots_of_this_machine = frozenset({1})
        self.kept_faults: dict[EvseId, frozenset[Fault]] = {}
        self.self_tests: dict[EvseId, SelfTestRecord] = {}
        self.link_is_up = True
        self._told: dict[EvseId, EvseObservation] = {}
        self._ids = count(1)
        self.change(catalogue.LOCAL_PRE_AUTHORIZE, True, tell=False)
        for setting, value in (settings or {}).items():
            self.change(setting, value, tell=False)
        self.station = self._make_station()
        self.perform(self.station.start(self.moment))
        if is_online:
            self.tell(CsmsAccepted())
        if first_look:
            self.tell(SafetyLinkOpened(self._hello()))
            self.read_meters()
            self.look()

    # The world's verbs

    def plug_in(self, evse_id: EvseId = ONE, *, ready: bool = True) -> None:
        self.outlets[evse_id].is_plugged_in, self.outlets[evse_id].ev_is_ready = True, ready
        self.look()

    def unplug(self, evse_id: EvseId = ONE) -> None:
        self.outlets[evse_id].is_plugged_in = False
        self.look()

    def ev_ready(self, ready: bool, evse_id: EvseId = ONE) -> None:
        self.outlets[evse_id].ev_is_ready = ready
        self.look()

    def fault(self, *faults: Fault, evse_id: EvseId = ONE) -> None:
        self.outlets[evse_id].faults = frozenset(faults)
        self.look()

    def swipe(self, token: IdToken = ALICE, evse_ids: tuple[EvseId, ...] | None = None) -> None:
        self.tell(TokenPresented(token, evse_ids if evse_ids is not None else tuple(self.outlets)))

    def judge(self, verdict: TokenVerdict | None) -> None:
        """The CSMS answers the oldest question, or (None) does not."""
        question = self.questions.pop(0)
        late = TokenNotJudged(question.request_id, "no answer")
        self.tell(late if verdict is None else TokenJudged(question.request_id, verdict))

    def answer_start(self, verdict: TokenVerdict) -> None:
        """The CSMS answers the last start."""
        self.tell(TransactionAnswered(self.started()[-1].transaction_id, verdict, is_start=True))

    def change(self, setting: AnySetting, value: SettingValue, *, tell: bool = True) -> None:
        self.settings.apply(setting, text_of(value))
        if tell:
            self.tell(SettingChanged(setting.name))

    def silence_meter(self, evse_id: EvseId = ONE) -> None:
        self.outlets[evse_id].meter_speaks = False
        self.tell(MeterUnavailable(evse_id, Fault.METER_SILENT, "no answer"))

    def restart(self, *, down_seconds: float = 0.0, safety_too: bool = False) -> None:
        """The controller (or the whole machine) stops at once and comes back with what the journal holds."""
        self.boot_id += 1
        self.boots_of_this_machine = (frozenset() if safety_too else self.boots_of_this_machine) | {self.boot_id}
        if safety_too:
            for outlet in self.outlets.values():
                outlet.restart_safety(self.now)
        self.now += down_seconds
        self.station = self._make_station()
        self._told.clear()
        self.perform(self.station.start(self.moment))

    def boot_up(self) -> None:
        """After `restart`: the safety link, the first observation, the first reading, the CSMS."""
        self.tell(SafetyLinkOpened(self._hello()))
        self.look()
        self.read_meters()
        self.tell(CsmsAccepted())
        self.look()

    def lose_link(self) -> None:
        self.link_is_up = False
        self.tell(SafetyLinkClosed("gone"))

    # Time

    @property
    def moment(self) -> Moment:
        utc = NOON + timedelta(seconds=self.now) + self.utc_offset
        return Moment(self.now, utc, self.utc_trusted)

    def advance(self, seconds: float) -> None:
        """Second by second: deadlines as they come, energy, meter readings, observations."""
        end = self.now + seconds
        while self.now < end:
            tick = min(self.now + 1.0, end)
            self.run_deadlines(tick)
            for outlet in self.outlets.values():
                if outlet.is_closed:
                    self._check_live(outlet)
                    outlet.draw(2.0 * (tick - self.now))
            self.now = tick
            self.run_deadlines(tick)
            self.read_meters()
            self.look(repeat=True)

    def _check_live(self, outlet: Outlet) -> None:
        """What a contactor may close for is somebody who is authorised, in a transaction that is on the disk."""
        evse = self.see(outlet.evse_id)
        if outlet.directive is not None and outlet.directive.power_allowed:
            assert evse.session in (SessionState.TRANSACTION, SessionState.RECOVERING), f"live while {evse.session}"
            assert evse.transaction is not None
            stored = self.journal[evse.transaction.transaction_id]
            assert stored.is_authorized, "live, and nobody is authorised"
            assert stored.may_have_energy
            assert not stored.is_ended

    def run_deadlines(self, until: float) -> None:
        for _ in range(1000):
            due = self.station.next_deadline()
            if due is None or due > until:
                return
            self.now = max(self.now, due)
            self.tell(TimePassed())
            self.look()
        raise AssertionError("the core wants to be woken for ever")

    def read_meters(self) -> None:
        for outlet in self.outlets.values():
            if outlet.meter_speaks:
                reading = MeterReading(self.now, energy_import_wh=outlet.register_wh, power_watts=7200.0)
                self.tell(MeterRead(outlet.evse_id, reading))

    def look(self, *, repeat: bool = False) -> None:
        """The safety process tells what is news, until nothing is."""
        if not self.link_is_up:
            return
        for _ in range(20):
            quiet = True
            for evse_id, outlet in self.outlets.items():
                seen = outlet.observe(self.now)
                told = self._told.get(evse_id)
                if not repeat and told is not None and replace(told, at_monotonic=seen.at_monotonic) == seen:
                    continue
                quiet = quiet and repeat
                self._told[evse_id] = seen
                self.tell(EvseObserved(seen))
            repeat = False
            if quiet:
                return

    # Doors

    def tell(self, event: Event) -> list[Effect]:
        effects = self.station.handle(event, self.moment)
        self.perform(effects)
        return effects

    def order(self, command: Command) -> Verdict:
        verdict, effects = self.station.execute(command, self.moment)
        self.perform(effects)
        self.look()
        return verdict

    def perform(self, effects: list[Effect]) -> None:
        self.ledger.check(effects, self.station, self.moment)
        for effect in effects:
            match effect:
                case Direct(directive):
                    self.outlets[directive.evse_id].directive = directive
                case Enqueue(report):
                    self.reports.append(report)
                case Checkpoint(transaction):
                    self.journal[transaction.transaction_id] = transaction
                case TransactionForgotten(transaction_id):
                    del self.journal[transaction_id]
                case Show(notice):
                    self.notices.append(notice)
                case AskAuthorization():
                    self.questions.append(effect)
                case UnlockFinished():
                    self.unlocks.append(effect)
                case Restart():
                    self.restarts.append(effect)
                case RememberVerdict(token, verdict):
                    self.tokens.forget(token)
                    self.tokens.cache[token.key] = verdict
                case ForgetVerdicts():
                    self.tokens.cache.clear()
                case RememberFaults(evse_id, faults):
                    self.kept_faults[evse_id] = faults
                case RememberSelfTest(evse_id, record):
                    self.self_tests[evse_id] = record
                case RememberAvailability(evse_id, availability):
                    self.availability[evse_id] = availability
                case RememberLocalList(update):
                    self._store_list(update)
                case RememberReservations(reservations):
                    self.reservations = reservations
                case RememberEnded(ended):
                    self.last_ended[ended.evse_id] = ended
                case RememberMessages(messages):
                    self.messages = messages
                case Present(message):
                    self.on_display = message
                case _:
                    raise AssertionError(f"nobody performs {effect}")

    # What is now

    def see(self, evse_id: EvseId = ONE) -> EvseSnapshot:
        return self.station.snapshot(self.moment).evses[evse_id]

    def state(self, evse_id: EvseId = ONE) -> SessionState:
        return self.see(evse_id).session

    def is_charging(self, evse_id: EvseId = ONE) -> bool:
        return self.outlets[evse_id].is_closed

    def charge(self, token: IdToken = ALICE, evse_id: EvseId = ONE) -> None:
        """Plug in, swipe, and charge past the dead time."""
        self.plug_in(evse_id)
        self.swipe(token, (evse_id,))
        self.look()
        self.advance(10)

    def list_tokens(self, verdicts: Mapping[IdToken, TokenVerdict]) -> None:
        """The CSMS sends a new local list."""
        entries = tuple(ListEntry(token, verdict) for token, verdict in verdicts.items())
        update = ListUpdate(self.tokens.list_version + 1, True, entries)
        assert self.order(UpdateLocalList(update)).status is VerdictStatus.ACCEPTED

    def _store_list(self, update: ListUpdate) -> None:
        self.tokens.list_version = update.version
        if update.is_full:
            self.tokens.list.clear()
        else:
            for entry in update.entries:
                self.tokens.unlist(entry.token)
        self.tokens.list |= {entry.token.key: entry.verdict for entry in update.entries if entry.verdict is not None}

    def _hello(self) -> SafetyHello:
        return SafetyHello("fake", tuple(self.outlets), {i: o.has_lock for i, o in self.outlets.items()})

    def _make_station(self) -> Station:
        still_open = tuple(t for t in self.journal.values() if not t.is_ended)
        recovered = Recovered(
            self.boot_id,
            still_open,
            dict(self.availability),
            {},
            {},
            None,
            local_list=StoredList(self.tokens.list_version, dict(self.tokens.list)),
            reservations=self.reservations,
            ended=tuple(self.last_ended.values()),
            messages=self.messages,
            boots_of_this_machine=self.boots_of_this_machine,
            kept_faults=dict(self.kept_faults),
            self_tests=dict(self.self_tests),
        )
        return Station(
            self.configurations,
            self.settings,
            self.tokens,
            recovered,
            lambda: TransactionId(f"tx-{self.boot_id}-{next(self._ids)}"),
        )
