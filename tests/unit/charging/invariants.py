"""What must hold after every step of every story."""

from dataclasses import dataclass, field
from datetime import datetime

from chargepoint.charging.availability import blocking
from chargepoint.charging.effects import Checkpoint, Direct, Effect, Enqueue
from chargepoint.charging.snapshot import EvseSnapshot
from chargepoint.charging.station import Station
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.moment import Moment
from chargepoint.model.pilot import PilotState
from chargepoint.model.reports import TransactionReport
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import Transaction, TransactionPhase


@dataclass(slots=True)
class Ledger:
    """The transactions as a CSMS would see them, over restarts."""

    sequences: dict[TransactionId, list[int]] = field(default_factory=dict)
    phases: dict[TransactionId, list[TransactionPhase]] = field(default_factory=dict)
    stamps: dict[TransactionId, tuple[datetime, bool]] = field(default_factory=dict)
    start_energy_wh: dict[TransactionId, float] = field(default_factory=dict)
    end_energy_wh: dict[TransactionId, float] = field(default_factory=dict)
    records: dict[TransactionId, Transaction] = field(default_factory=dict)

    def check(self, effects: list[Effect], station: Station, moment: Moment) -> None:
        for effect in effects:
            match effect:
                case Checkpoint(transaction):
                    self.records[transaction.transaction_id] = transaction
                case Enqueue(TransactionReport() as report):
                    self._check_report(report)
                case _:
                    pass
        snapshot = station.snapshot(moment)
        for effect in effects:
            if isinstance(effect, Direct) and effect.directive.power_allowed:
                self._check_permission(effect, effects)
        last_word = {e.directive.evse_id: e.directive for e in effects if isinstance(e, Direct)}
        for evse_id, evse in snapshot.evses.items():
            _check_authorization(evse)
            directive = last_word.get(evse_id)
            allowed = evse.power_allowed if directive is None else directive.power_allowed
            if allowed and evse.session is not SessionState.RECOVERING:
                assert evse.session is SessionState.TRANSACTION, f"power is allowed while {evse.session}"
                assert evse.transaction is not None
                waits_for_energy = not evse.transaction.is_told
                is_told = evse.transaction.transaction_id in self.phases
                assert is_told or waits_for_energy, "power before the start was reported"
                assert evse.transaction.is_authorized, "power without an authorisation"
                assert evse.transaction.transaction_id in self.records, "power before the start was stored"
                assert not blocking(evse.faults), f"power is allowed with {sorted(evse.faults)}"
            if evse.session in (SessionState.TRANSACTION, SessionState.STOPPING, SessionState.RECOVERING):
                assert evse.transaction is not None, f"{evse.session} without a transaction"
            elif evse.session is SessionState.IDLE:
                assert evse.transaction is None, f"{evse.session} with a transaction"

    def _check_permission(self, effect: Direct, effects: list[Effect]) -> None:
        """A start of the same step, if there is one, is stored and reported before its power is raised."""
        place = effects.index(effect)
        for later in effects[place:]:
            starts = isinstance(later, Enqueue) and isinstance(later.report, TransactionReport)
            if starts and isinstance(later, Enqueue) and isinstance(later.report, TransactionReport):
                is_own = later.report.evse_id == effect.directive.evse_id
                assert not (is_own and later.report.phase is TransactionPhase.STARTED), "power came before the start"

    def _check_report(self, report: TransactionReport) -> None:
        key = report.transaction_id
        sequences = self.sequences.setdefault(key, [])
        phases = self.phases.setdefault(key, [])
        assert report.sequence == len(sequences), f"sequence {report.sequence} follows {sequences}"
        assert TransactionPhase.ENDED not in phases, "a report after the end"
        assert (report.phase is TransactionPhase.STARTED) == (not phases), "the start is the first report, once"
        sequences.append(report.sequence)
        phases.append(report.phase)
        last = self.stamps.get(key)
        if last is not None and last[1] == report.stamp.trusted:
            assert report.stamp.utc >= last[0], "time went backwards inside a transaction"
        self.stamps[key] = (report.stamp.utc, report.stamp.trusted)
        if report.phase is TransactionPhase.ENDED:
            self._check_end(report)
        elif report.energy_wh is not None:
            known_wh = self.start_energy_wh.setdefault(key, report.energy_wh)
            assert report.energy_wh == known_wh, "a second begin"

    def _check_end(self, report: TransactionReport) -> None:
        """What the CSMS is told of begin and end is what the disk has."""
        key = report.transaction_id
        record = self.records[key]
        assert record.is_ended
        if key in self.start_energy_wh:
            assert report.energy_wh is not None
            assert self.start_energy_wh[key] == record.start_energy_wh
            assert report.energy_wh >= self.start_energy_wh[key], "the energy at the end is below the start"
            self.end_energy_wh[key] = report.energy_wh
        elif report.energy_wh is not None and record.start_energy_wh is not None:
            assert report.energy_wh == record.start_energy_wh, "energy that the CSMS knows no begin of"

    def billed_wh(self) -> float:
        """By all transactions that have ended."""
        return sum(end_wh - self.start_energy_wh[key] for key, end_wh in self.end_energy_wh.items())


def _check_authorization(evse: EvseSnapshot) -> None:
    """An open transaction has an EV or somebody who is authorised, and its state says which."""
    record, state = evse.transaction, evse.session
    if record is None or state in (SessionState.STOPPING, SessionState.RECOVERING):
        return
    may_charge = (SessionState.AUTHORIZED, SessionState.STARTING, SessionState.TRANSACTION)
    assert record.is_authorized == (state in may_charge), f"{state}, authorised: {record.is_authorized}"
    if evse.observation is not None and evse.observation.is_settled and evse.observation.pilot_state is PilotState.A:
        assert record.is_authorized, "open without an EV and without anybody who is authorised"
