"""The CSMS without a transport: state, and answers to requests. No sockets, no clock; every call carries the time."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dev_csms import v16, v201
from dev_csms.desk import CsmsPolicy, Desk
from dev_csms.faults import CsmsFault, FaultBoard, FaultKind
from dev_csms.ledger import TransactionLedger
from dev_csms.outcomes import CallErrorAnswer, Reply
from dev_csms.prices import PriceBoard
from dev_csms.records import Anomaly, AnomalyKind, Direction, Frame, SchemaViolation, StationRecord
from dev_csms.tokens import TokenTable
from dev_csms.transactions import Bill, CsmsTransaction, TransactionFact, bill
from dev_csms.wire import Json, MessageType, SchemaError, Version, error_code, is_known_action, schema_errors

HANDLERS: dict[Version, dict[str, Callable[[Desk, Json], Json]]] = {
    Version.V16: v16.HANDLERS,
    Version.V201: v201.HANDLERS,
}
BOOT_STATUS = {FaultKind.BOOT_PENDING: "Pending", FaultKind.BOOT_REJECTED: "Rejected"}


@dataclass(frozen=True, slots=True)
class Request:
    """One CALL of a station, and when it came."""

    station: str
    version: Version
    action: str
    payload: Json
    now: datetime


class CsmsCore:
    """All stations' records, the ledger, the tokens and the faults that wait."""

    def __init__(self, policy: CsmsPolicy | None = None) -> None:
        self.policy = policy or CsmsPolicy()
        self.tokens = TokenTable()
        self.prices = PriceBoard()
        self.faults = FaultBoard()
        self.stations: dict[str, StationRecord] = {}
        self.frames: deque[Frame] = deque(maxlen=self.policy.frames_kept)
        self.frame_listeners: list[Callable[[Frame], None]] = []
        self.ledger = TransactionLedger(self._note_of_fact, self.policy.first_transaction_id)
        self._frame_count = 0
        self._call_count = 0

    def station(self, station: str) -> StationRecord:
        """The record of a station; an empty one if it never called."""
        if station not in self.stations:
            self.stations[station] = StationRecord(station)
        return self.stations[station]

    @property
    def transactions(self) -> list[CsmsTransaction]:
        """All transactions, in the order of their first message."""
        return self.ledger.transactions

    def bill(self, station: str | None = None) -> Bill:
        """The bill over the ended transactions of one station, or of all."""
        return bill([item for item in self.transactions if station in (None, item.station)])

    def answer(self, request: Request, faults: Sequence[CsmsFault] = ()) -> Reply:
        """Record a request and answer it; one that leaves its schema is noted, refused, and not recorded further."""
        record = self.station(request.station)
        kinds = [fault.kind for fault in faults]
        wrong = schema_errors(MessageType.CALL, request.action, request.payload, request.version)
        if wrong:
            return self._refuse(request, wrong)
        if not record.is_boot_accepted and request.action != "BootNotification":
            what = f"{request.action} before a BootNotification was accepted"
            record.anomalies.append(Anomaly(AnomalyKind.BEFORE_BOOT_ACCEPTED, request.station, request.now, what))
        boot_status = next((BOOT_STATUS[kind] for kind in kinds if kind in BOOT_STATUS), "Accepted")
        desk = Desk(record, self.ledger, self.tokens, self.policy, request.now, boot_status, self.prices)
        handler = HANDLERS[request.version].get(request.action)
        if handler is not None:
            return handler(desk, request.payload)
        if schema_errors(MessageType.CALL_RESULT, request.action, {}, request.version):
            return CallErrorAnswer("NotSupported", f"{request.action} is sent by a CSMS, not by a station")
        desk.note_notification(request.action, request.payload)
        return {}

    def _refuse(self, request: Request, wrong: list[SchemaError]) -> CallErrorAnswer:
        self.note_schema_errors(request, wrong)
        if not is_known_action(request.action, request.version):
            return CallErrorAnswer("NotImplemented", wrong[0].what)
        described = "; ".join(f"{error.path}: {error.what}" for error in wrong)
        return CallErrorAnswer(error_code(wrong[0].code, request.version), described[:255])

    def note_schema_errors(self, request: Request, wrong: Sequence[SchemaError]) -> None:
        """Keep where a station's message left its schema."""
        for error in wrong:
            violation = SchemaViolation(
                request.station, request.now, request.action, error.code, error.path, error.what
            )
            self.station(request.station).schema_errors.append(violation)

    def note_frame(self, station: str, direction: Direction, text: str, now: datetime) -> None:
        """Keep one frame and show it to the listeners."""
        self._frame_count += 1
        frame = Frame(self._frame_count, station, direction, now, text)
        self.frames.append(frame)
        for listener in list(self.frame_listeners):
            listener(frame)

    def next_message_id(self) -> str:
        """An id for a CALL of ours, unique in this CSMS."""
        self._call_count += 1
        return f"csms-{self._call_count}"

    def _note_of_fact(self, kind: AnomalyKind, fact: TransactionFact, what: str) -> None:
        anomaly = Anomaly(kind, fact.station, fact.received_at, what, fact.transaction_id)
        self.station(fact.station).anomalies.append(anomaly)
