"""What the station tells the CSMS, in neutral words. Stored as they are, encoded by a dialect when sent.

Three classes decide what happens offline: BILLING rows are durable and never dropped; STATE is the newest or
nothing and never replayed; NOISE is said only while somebody listens.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chargepoint.model.charging_profiles import ChargingSchedule, LimitSource
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import ConnectorId, EvseId, TransactionId
from chargepoint.model.metering import MeterValue
from chargepoint.model.moment import Stamp
from chargepoint.model.monitoring import VariableEvent
from chargepoint.model.status import EvseStatus
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import Cause, ChargingState, StopReason, TransactionPhase

FIRST_CONNECTOR = ConnectorId(1)
AUTHORIZING = frozenset({Cause.AUTHORIZED, Cause.REMOTE_START})
"""Why an update names a token that may charge from then on."""
COMPLETING = AUTHORIZING | {Cause.CABLE_PLUGGED_IN, Cause.CHARGING_STATE_CHANGED}
"""Why an update may say what was not known at the start."""


class ReportClass(StrEnum):
    BILLING = "billing"
    STATE = "state"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class TransactionReport:
    """One step of a transaction (2.0.1 TransactionEvent; 1.6 StartTransaction, MeterValues, StopTransaction)."""

    phase: TransactionPhase
    transaction_id: TransactionId
    sequence: int
    evse_id: EvseId
    stamp: Stamp
    cause: Cause
    charging_state: ChargingState
    offline: bool
    """True when the station had no accepted link at the time it happened."""
    meter_values: tuple[MeterValue, ...] = ()
    energy_wh: float | None = None
    """The import register: at start in STARTED, at the end in ENDED, at a late authorisation in UPDATED; None where
    it is unknown."""
    id_token: IdToken | None = None
    """In STARTED who started; in ENDED who stopped, if a token did; in UPDATED a token newly accepted."""
    group_token: IdToken | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    stop_reason: StopReason | None = None
    connector_id: ConnectorId = FIRST_CONNECTOR
    cable_rating_amps: float | None = None
    phases_used: int | None = None
    is_place_known: bool = True
    """False: authorised before the plug, and the EV may come to another EVSE (2.0.1 E01.FR.16, .17)."""
    is_anybodys: bool = False
    """True while nobody has been authorised for the transaction: 1.6 knows nothing of it yet."""
    is_begin_told: bool = True
    """False: the register of the begin follows, once an EV has come or the meter has answered."""


def completed_start(start: TransactionReport, report: TransactionReport) -> TransactionReport:
    """The start with what was only known later: who was authorised, at which EVSE, and from which register on."""
    found = start
    if found.id_token is None and report.cause in AUTHORIZING:
        found = replace(
            found,
            id_token=report.id_token,
            group_token=report.group_token,
            remote_start_id=report.remote_start_id,
            reservation_id=report.reservation_id,
            stamp=report.stamp,
        )
    if found.charging_state is ChargingState.IDLE and report.charging_state is not ChargingState.IDLE:
        found = replace(found, charging_state=report.charging_state, stamp=report.stamp)
    if not found.is_begin_told and report.is_begin_told:
        found = replace(found, energy_wh=report.energy_wh, is_begin_told=True, stamp=report.stamp)
    return replace(found, evse_id=report.evse_id)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The status of one EVSE now, or of the whole station (evse_id 0; 1.6 only)."""

    evse_id: EvseId
    status: EvseStatus
    stamp: Stamp
    fault: Fault | None = None
    text: str | None = None
    connector_id: ConnectorId = FIRST_CONNECTOR
    is_list_conflict: bool = False
    """A verdict of the CSMS contradicts its own local list (1.6 LocalListConflict)."""


@dataclass(frozen=True, slots=True)
class MeterReport:
    """Meter values outside a transaction (clock-aligned), or triggered."""

    evse_id: EvseId
    meter_values: tuple[MeterValue, ...]
    transaction_id: TransactionId | None = None
    """The one that runs meanwhile; 1.6 names it."""


@dataclass(frozen=True, slots=True)
class UnpluggedReport:
    """The EV of an ended transaction has left: idle time after the stop ends here. Durable as what is billed."""

    transaction_id: TransactionId
    evse_id: EvseId
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class SecurityReport:
    """A security event (1.6 whitepaper A2, 2.0.1 A04); critical ones are durable."""

    event_type: str
    stamp: Stamp
    text: str | None = None


@dataclass(frozen=True, slots=True)
class FirmwareReport:
    """The present status of the firmware update, because a trigger asks for it."""

    status: str
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """A firmware update has come to a new status (L01.FR.01); durable, so that none of them is left out."""

    status: str
    stamp: Stamp
    request_id: int | None = None


class ReservationEnd(StrEnum):
    """How a reservation ended that was neither used nor cancelled (2.0.1 ReservationUpdateStatusEnumType)."""

    EXPIRED = "Expired"
    REMOVED = "Removed"
    """Its outlet can not be used any more."""


@dataclass(frozen=True, slots=True)
class ReservationReport:
    """The station itself has ended a reservation (H01.FR.16, H01.FR.17, H04.FR.01); durable, as nobody asks for it."""

    reservation_id: int
    end: ReservationEnd
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class LogUploadReport:
    """Status of a diagnostics or log upload; the answer to a trigger is the present one."""

    status: str
    request_id: int | None = None
    """None: nobody's (Idle), or that of 1.6's GetDiagnostics, which numbers nothing."""


@dataclass(frozen=True, slots=True)
class HeartbeatReport:
    """Asked for by a trigger; the regular heartbeat is the registration's own."""


@dataclass(frozen=True, slots=True)
class BootReport:
    """A BootNotification asked for by a trigger."""


@dataclass(frozen=True, slots=True)
class SigningReport:
    """The station's new public key, to be signed (1.6 whitepaper A03, 2.0.1 A02): a PKCS #10 request in PEM."""

    csr_pem: str


@dataclass(frozen=True, slots=True)
class SiteLimitReport:
    """A limit that was not set by the CSMS holds for the whole station, or does not any more (2.0.1 K11 to K13)."""

    source: LimitSource
    is_released: bool = False
    is_grid_critical: bool | None = None
    schedule: ChargingSchedule | None = None
    """Where the CSMS wishes to see it."""


@dataclass(frozen=True, slots=True)
class EventReport:
    """What monitors have noticed while the CSMS is there (2.0.1 NotifyEvent); said from memory."""

    events: tuple[VariableEvent, ...]
    stamp: Stamp
    outlives_link: bool = False
    """Said on the next link where this one breaks before it is told."""


@dataclass(frozen=True, slots=True)
class KeptEventReport:
    """What monitors and faults have told of while the CSMS was away, or what must not be lost; durable."""

    events: tuple[VariableEvent, ...]
    stamp: Stamp


Report = (
    TransactionReport
    | StatusReport
    | MeterReport
    | UnpluggedReport
    | SecurityReport
    | FirmwareReport
    | UpdateReport
    | ReservationReport
    | LogUploadReport
    | HeartbeatReport
    | BootReport
    | SigningReport
    | SiteLimitReport
    | EventReport
    | KeptEventReport
)


CLASS_OF: dict[type[Report], ReportClass] = {
    TransactionReport: ReportClass.BILLING,
    UnpluggedReport: ReportClass.BILLING,
    SecurityReport: ReportClass.BILLING,
    StatusReport: ReportClass.STATE,
    MeterReport: ReportClass.NOISE,
    FirmwareReport: ReportClass.NOISE,
    UpdateReport: ReportClass.BILLING,
    ReservationReport: ReportClass.BILLING,
    LogUploadReport: ReportClass.STATE,
    HeartbeatReport: ReportClass.NOISE,
    BootReport: ReportClass.NOISE,
    SigningReport: ReportClass.NOISE,
    SiteLimitReport: ReportClass.STATE,
    EventReport: ReportClass.NOISE,
    KeptEventReport: ReportClass.BILLING,
}
