"""What a station does to its storage, in short: transactions with samples, on one clock."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chargepoint.charging.effects import Checkpoint, Effect, Enqueue
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SampledValue
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.reports import TransactionReport
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction, TransactionPhase
from chargepoint.storage.store import Storage, StorageOptions, open_storage
from chargepoint.storage.writer import InlineWriter

NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
TOKEN = IdToken("04A2B3C4")
MOMENT = Moment(1000.0, NOON, True)


def at(seconds: float, *, boot_id: int = 1, since: datetime = NOON, trusted: bool = True) -> Stamp:
    return Stamp(boot_id, 1000.0 + seconds, since + timedelta(seconds=seconds), trusted)


def register(stamp: Stamp, energy_wh: float, context: ReadingContext = ReadingContext.SAMPLE_PERIODIC) -> MeterValue:
    return MeterValue(stamp, context, (SampledValue(Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, energy_wh),))


async def open_inline(path: Path, **chosen: object) -> Storage:
    """On the caller's thread; the machine has booted anew unless said otherwise."""
    options = replace(StorageOptions(writer=InlineWriter(), machine_boot=None), **chosen)  # type: ignore[arg-type]  # names checked by replace
    storage, _ = await open_storage(path, options)
    return storage


@dataclass
class Charging:
    """One transaction; each step gives the effects that the core would give."""

    name: str = "tx-1"
    boot_id: int = 1
    since: datetime = NOON
    trusted: bool = True
    started_wh: float = 5000.0
    seconds: float = 0.0
    record: Transaction = field(init=False)

    def __post_init__(self) -> None:
        self.record = Transaction(TransactionId(self.name), EvseId(1), TOKEN, self.now(), self.started_wh)

    def now(self) -> Stamp:
        return at(self.seconds, boot_id=self.boot_id, since=self.since, trusted=self.trusted)

    def start(self) -> list[Effect]:
        first = register(self.now(), self.started_wh, ReadingContext.TRANSACTION_BEGIN)
        self.record = replace(self.record, last_energy_wh=self.started_wh, stop_samples=(first,))
        return self._step(TransactionPhase.STARTED, Cause.AUTHORIZED, energy_wh=self.started_wh)

    def sample(self, seconds: float = 60.0, delivered_wh: float = 100.0) -> list[Effect]:
        self.seconds += seconds
        energy_wh = (self.record.last_energy_wh or 0.0) + delivered_wh
        value = register(self.now(), energy_wh)
        self.record = replace(
            self.record,
            last_energy_wh=energy_wh,
            last_sample_at=self.now(),
            stop_samples=(*self.record.stop_samples, value),
        )
        return self._step(TransactionPhase.UPDATED, Cause.METER_VALUE_PERIODIC, values=(value,))

    def suspend(self) -> list[Effect]:
        """A step that is no sample: it is never thinned."""
        self.record = replace(self.record, charging_state=ChargingState.SUSPENDED_EV)
        return self._step(TransactionPhase.UPDATED, Cause.CHARGING_STATE_CHANGED)

    def end(self) -> list[Effect]:
        self.seconds += 1.0
        values = self.record.stop_samples
        self.record = replace(self.record, is_ended=True, stop_reason=StopReason.LOCAL, stopping_at=self.now())
        return self._step(
            TransactionPhase.ENDED, Cause.STOP_AUTHORIZED, energy_wh=self.record.last_energy_wh, values=values
        )

    def _step(
        self,
        phase: TransactionPhase,
        cause: Cause,
        energy_wh: float | None = None,
        values: tuple[MeterValue, ...] = (),
    ) -> list[Effect]:
        report = TransactionReport(
            phase=phase,
            transaction_id=self.record.transaction_id,
            sequence=self.record.next_sequence,
            evse_id=EvseId(1),
            stamp=self.now(),
            cause=cause,
            charging_state=self.record.charging_state,
            offline=True,
            meter_values=values,
            energy_wh=energy_wh,
            id_token=TOKEN if phase is TransactionPhase.STARTED else None,
            stop_reason=self.record.stop_reason,
        )
        self.record = self.record.with_next_sequence()
        return [Checkpoint(self.record), Enqueue(report)]


async def take_all(storage: Storage) -> list[TransactionReport]:
    """Deliver everything, oldest first."""
    reports = []
    while (row := await storage.oldest()) is not None:
        assert isinstance(row.report, TransactionReport)
        reports.append(row.report)
        await storage.delivered(row.row_id)
    return reports
