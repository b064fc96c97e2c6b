"""What a station told the outside in a story: the CSMS, the display, whoever waits for an unlock or a restart."""

from chargepoint.charging.effects import AskAuthorization, Notice, Restart, UnlockFinished
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reports import MeterReport, Report, StatusReport, TransactionReport
from chargepoint.model.status import EvseStatus
from chargepoint.model.transactions import TransactionPhase

ONE = EvseId(1)


class Told:
    """In the order it was told."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.notices: list[Notice] = []
        self.questions: list[AskAuthorization] = []
        self.unlocks: list[UnlockFinished] = []
        self.restarts: list[Restart] = []

    def of_phase(self, phase: TransactionPhase) -> list[TransactionReport]:
        return [r for r in self.reports if isinstance(r, TransactionReport) and r.phase is phase]

    def started(self) -> list[TransactionReport]:
        return self.of_phase(TransactionPhase.STARTED)

    def updated(self) -> list[TransactionReport]:
        return self.of_phase(TransactionPhase.UPDATED)

    def ended(self) -> list[TransactionReport]:
        return self.of_phase(TransactionPhase.ENDED)

    def statuses(self, evse_id: EvseId = ONE) -> list[EvseStatus]:
        return [r.status for r in self.reports if isinstance(r, StatusReport) and r.evse_id == evse_id]

    def meter_reports(self) -> list[MeterReport]:
        return [r for r in self.reports if isinstance(r, MeterReport)]
