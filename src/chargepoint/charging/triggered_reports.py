"""Reports that the CSMS asks for (1.6 TriggerMessage, 2.0.1 F06): what is true now, never history."""

from collections.abc import Callable, Mapping
from typing import assert_never

from chargepoint.charging.commands import ReportKind, SendReport, Verdict, VerdictStatus
from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import Enqueue
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.meter_sampling import meter_value
from chargepoint.model.charging_profiles import WHOLE_STATION
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import MeterValue, ReadingContext
from chargepoint.model.moment import Moment
from chargepoint.model.reports import BootReport, FirmwareReport, HeartbeatReport, LogUploadReport, MeterReport
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue

ACCEPTED = Verdict(VerdictStatus.ACCEPTED)
UNSETTLED = frozenset({SessionState.STOPPING, SessionState.RECOVERING})
"""Of its transaction the end is told next, or what will become of it is not known."""


class TriggeredReports:
    """`say_station` tells the status of the station as a whole."""

    def __init__(
        self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, say_station: Callable[[Moment], None]
    ) -> None:
        self._sessions = sessions
        self._context = context
        self._say_station = say_station

    def send(self, command: SendReport, moment: Moment) -> Verdict:
        if command.evse_id is not None and command.evse_id not in (*self._sessions, WHOLE_STATION):
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        match command.kind:
            case ReportKind.BOOT_NOTIFICATION:
                self._context.emit(Enqueue(BootReport()))
            case ReportKind.HEARTBEAT:
                self._context.emit(Enqueue(HeartbeatReport()))
            case ReportKind.FIRMWARE_STATUS:
                self._context.emit(Enqueue(FirmwareReport("Idle")))
            case ReportKind.LOG_STATUS | ReportKind.DIAGNOSTICS_STATUS:
                self._context.emit(Enqueue(LogUploadReport("Idle")))
            case ReportKind.STATUS_NOTIFICATION:
                self._say_status(command.evse_id, moment)
            case ReportKind.METER_VALUES:
                return self._say_meter_values(command, moment)
            case ReportKind.TRANSACTION_EVENT:
                return self._say_transaction(command.evse_id, moment)
            case _:
                assert_never(command.kind)
        return ACCEPTED

    def _chosen(self, evse_id: EvseId | None) -> list[EvseSession]:
        if evse_id is None or evse_id == WHOLE_STATION:
            return list(self._sessions.values())
        return [self._sessions[evse_id]]

    def _say_status(self, evse_id: EvseId | None, moment: Moment) -> None:
        if evse_id is None or evse_id == WHOLE_STATION:
            self._say_station(moment)
        if evse_id == WHOLE_STATION:
            return
        for session in self._chosen(evse_id):
            if session.present_status is not None:
                session.status.say(session.present_status, session.view.named_fault, moment)

    def _say_meter_values(self, command: SendReport, moment: Moment) -> Verdict:
        """Beside a running transaction they name it, where the version can say that."""
        of = catalogue.METER_VALUES_ALIGNED_DATA if command.of_aligned_data else catalogue.METER_VALUES_SAMPLED_DATA
        said = False
        for session in self._chosen(command.evse_id):
            value = self._present_value(session, of, moment)
            if value is not None:
                transaction_id = None if session.transaction is None else session.transaction.record.transaction_id
                self._context.emit(Enqueue(MeterReport(session.evse_id, (value,), transaction_id)))
                said = True
        return ACCEPTED if said else Verdict(VerdictStatus.REJECTED, "there is no fresh meter reading")

    def _say_transaction(self, evse_id: EvseId | None, moment: Moment) -> Verdict:
        said = False
        for session in self._chosen(evse_id):
            transaction = session.transaction
            if transaction is None or session.state in UNSETTLED or not transaction.record.is_told:
                continue
            value = self._present_value(session, catalogue.METER_VALUES_SAMPLED_DATA, moment)
            transaction.note(Cause.TRIGGER, moment, () if value is None else (value,))
            said = True
        return ACCEPTED if said else Verdict(VerdictStatus.REJECTED, "no transaction is running")

    def _present_value(
        self, session: EvseSession, setting: catalogue.MeasurandsSetting, moment: Moment
    ) -> MeterValue | None:
        reading = session.meter.fresh(moment.monotonic)
        if reading is None:
            return None
        transaction = session.transaction
        stamp = self._context.stamp(moment) if transaction is None else transaction.stamp_now(moment)
        offered = session.wish.offered_amps(session.safety.observation)
        return meter_value(reading, self._context.settings.get(setting), ReadingContext.TRIGGER, stamp, offered)
