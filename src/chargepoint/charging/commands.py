"""Orders from the CSMS or a person, and the verdicts on them."""

from dataclasses import dataclass, field
from enum import StrEnum

from chargepoint.model.charging_profiles import (
    ChargingProfile,
    ChargingSchedule,
    CompositeSchedule,
    LimitSource,
    ProfileFilter,
    RateUnit,
)
from chargepoint.model.cost import DriverText, FinalCost, RunningCost
from chargepoint.model.display import DisplayMessage
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.local_list import ListUpdate
from chargepoint.model.power import PlugMark
from chargepoint.model.reservations import Reservation
from chargepoint.model.status import Availability
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.smart_charging.profile_set import Refusal as ProfileRefusal


class VerdictStatus(StrEnum):
    """A dialect maps these to its own words; the maps are total per command."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    """Will be done when the transaction that stands in the way has ended."""
    REJECTED = "rejected"
    UNKNOWN_TARGET = "unknown_target"
    """No such EVSE, connector or transaction."""
    NOT_SUPPORTED = "not_supported"
    NOT_IMPLEMENTED = "not_implemented"
    UNLOCKED = "unlocked"
    UNLOCK_FAILED = "unlock_failed"
    TRANSACTION_RUNNING = "transaction_running"


class Refusal(StrEnum):
    """Why something was rejected, where OCPP has a word of its own for it."""

    VERSION_MISMATCH = "version_mismatch"
    OCCUPIED = "occupied"
    FAULTED = "faulted"
    UNAVAILABLE = "unavailable"
    UNSUPPORTED_FORMAT = "unsupported_format"
    UNSUPPORTED_PRIORITY = "unsupported_priority"
    NOT_ENABLED = "not_enabled"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Verdict:
    status: VerdictStatus
    reason: str = ""
    """For a person; 2.0.1 sends it as statusInfo."""
    transaction_id: TransactionId | None = None
    """RemoteStart: the transaction already running with the cable plugged in, if any (F01.FR.13)."""
    unlock_pending: bool = False
    """UnlockConnector: wait for `UnlockFinished` before answering."""
    schedule: CompositeSchedule | None = None
    """AskCompositeSchedule: the answer."""
    refusal: Refusal | None = None
    profile_refusal: ProfileRefusal | None = None
    """InstallProfile, and a remote start with a profile: what is wrong with it."""


class ResetKind(StrEnum):
    IMMEDIATE = "immediate"
    ON_IDLE = "on_idle"
    SCHEDULED = "scheduled"
    """What ON_IDLE is from when it has to wait; nobody orders it."""
    HARD = "hard"
    """1.6: at once, and the machine reboots where it can."""
    SOFT = "soft"
    """1.6: transactions are stopped in order, then the daemon restarts."""


class ReportKind(StrEnum):
    """What TriggerMessage may ask for."""

    BOOT_NOTIFICATION = "BootNotification"
    HEARTBEAT = "Heartbeat"
    STATUS_NOTIFICATION = "StatusNotification"
    METER_VALUES = "MeterValues"
    TRANSACTION_EVENT = "TransactionEvent"
    FIRMWARE_STATUS = "FirmwareStatusNotification"
    LOG_STATUS = "LogStatusNotification"
    DIAGNOSTICS_STATUS = "DiagnosticsStatusNotification"


@dataclass(frozen=True, slots=True)
class StartRemotely:
    """Remote start; `evse_id` None lets the station choose."""

    token: IdToken
    evse_id: EvseId | None = None
    remote_start_id: int | None = None
    group_token: IdToken | None = None
    limit_amps: float | None = None
    profile: ChargingProfile | None = None
    """For the transaction that this starts, of the purpose TX."""


@dataclass(frozen=True, slots=True)
class StopRemotely:
    transaction_id: TransactionId


@dataclass(frozen=True, slots=True)
class ChangeAvailability:
    """`evse_id` None is the whole station. Persisted over restarts."""

    availability: Availability
    evse_id: EvseId | None = None
    overrides_evses: bool = False
    """1.6's rule for the whole station: it is said of every EVSE too; 2.0.1 keeps what was said of each apart."""


@dataclass(frozen=True, slots=True)
class UnlockConnector:
    evse_id: EvseId
    stops_transaction: bool
    """1.6 ends a running transaction with UnlockCommand; 2.0.1 refuses (OngoingAuthorizedTransaction)."""


@dataclass(frozen=True, slots=True)
class ClearAuthorizationCache:
    pass


@dataclass(frozen=True, slots=True)
class ResetStation:
    kind: ResetKind
    evse_id: EvseId | None = None


@dataclass(frozen=True, slots=True)
class SendReport:
    """TriggerMessage: accepted means that the message is on the wire within 5 s."""

    kind: ReportKind
    evse_id: EvseId | None = None
    of_aligned_data: bool = False
    """METER_VALUES: the measurands of the clock-aligned samples (2.0.1 F06.FR.06), not of the periodic ones (1.6)."""


@dataclass(frozen=True, slots=True)
class AcknowledgeFaults:
    """A person at the station clears latched faults whose cause is gone."""

    evse_id: EvseId


@dataclass(frozen=True, slots=True)
class InstallProfile:
    """SetChargingProfile; `evse_id` 0 is the whole station. Persisted, and in force before the verdict."""

    profile: ChargingProfile
    evse_id: EvseId
    transaction_id: TransactionId | None = None
    """The one that a TX profile is said to be for; None: whichever runs there."""
    same_level_replaces: bool = True
    """1.6's rule; 2.0.1 refuses another id of the same purpose, level and place that overlaps in time."""


@dataclass(frozen=True, slots=True)
class ClearProfiles:
    """ClearChargingProfile; UNKNOWN_TARGET when nothing matches."""

    wanted: ProfileFilter


@dataclass(frozen=True, slots=True)
class AskCompositeSchedule:
    """GetCompositeSchedule from now on; `evse_id` 0 is what the whole station may take."""

    evse_id: EvseId
    duration_seconds: int
    unit: RateUnit | None = None
    """None: amps, where schedules are given in amps at all."""


@dataclass(frozen=True, slots=True)
class ImposeSiteLimit:
    """Who is at home sets a limit for the whole station (2.0.1 K11, K12); it takes the place of the source's last one.
    Persisted, and in force before the verdict. The CSMS is told where it is significant."""

    source: LimitSource
    schedule: ChargingSchedule
    is_grid_critical: bool | None = None
    """Whether the grid needs it; None: not known."""


@dataclass(frozen=True, slots=True)
class ReleaseSiteLimit:
    """The limits of one source, or of all, do not hold any more (K13); UNKNOWN_TARGET when there is none."""

    source: LimitSource | None = None


@dataclass(frozen=True, slots=True)
class UpdateLocalList:
    """SendLocalList: taken whole or not at all, and persisted before the verdict."""

    update: ListUpdate
    empty_list_has_version: bool = True
    """2.0.1's rule; in 1.6 an empty list is of version 0."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """ReserveNow; one of the same id is replaced. Persisted over restarts."""

    reservation: Reservation


@dataclass(frozen=True, slots=True)
class CancelReservation:
    """UNKNOWN_TARGET when there is none of this id."""

    reservation_id: int


class InstallHold(StrEnum):
    """Whether firmware that is to be installed keeps the station from starting anything."""

    NONE = "none"
    SHARING = "sharing"
    """Waits until nothing runs, and new transactions may begin meanwhile (AllowNewSessionsPendingFirmwareUpdate)."""
    WAITING = "waiting"
    """What runs may end; what is not in use is unavailable, and nothing new starts (1.6 whitepaper L01.FR.07)."""
    RUNNING = "running"
    """As WAITING, and the station is not reset meanwhile."""


@dataclass(frozen=True, slots=True)
class HoldForInstall:
    """Not persisted: whoever installs says it again after a restart. SCHEDULED while a transaction runs."""

    hold: InstallHold


class Upkeep(StrEnum):
    """Work at the station itself during which it is not idle (2.0.1 errata 2.14)."""

    LOG_UPLOAD = "log_upload"
    FIRMWARE_UPDATE = "firmware_update"


@dataclass(frozen=True, slots=True)
class NoteUpkeep:
    """Not persisted: whoever does the work says it again after a restart."""

    upkeep: Upkeep
    is_under_way: bool


@dataclass(frozen=True, slots=True)
class ShowPrice:
    """The CSMS names its price to the driver with this token (1.6 SetUserPrice, 2.0.1 personalMessage)."""

    token: IdToken
    text: DriverText


@dataclass(frozen=True, slots=True)
class UpdateCost:
    """What a transaction has cost so far (1.6 RunningCost, 2.0.1 CostUpdated); UNKNOWN_TARGET for one that neither
    runs nor was the last one at its EVSE."""

    transaction_id: TransactionId
    cost: RunningCost


@dataclass(frozen=True, slots=True)
class ShowFinalCost:
    """What a transaction that has ended comes to (1.6 FinalCost, 2.0.1 totalCost)."""

    transaction_id: TransactionId
    cost: FinalCost


@dataclass(frozen=True, slots=True)
class SetMessage:
    """SetDisplayMessage; one of the same id is replaced. Persisted over restarts."""

    message: DisplayMessage


@dataclass(frozen=True, slots=True)
class ClearMessage:
    """ClearDisplayMessage; UNKNOWN_TARGET when there is none of this id."""

    message_id: int


@dataclass(frozen=True, slots=True)
class StartWithContract:
    """A contract that was found good starts charging, as a card would (1.6 and 2.0.1: ISO 15118 plug and charge)."""

    token: IdToken
    evse_id: EvseId
    verdict: TokenVerdict | None
    """The CSMS's; None: it could not be asked, and the contract was proven here."""
    plug: PlugMark | None = None
    """Of the EV that showed the contract: another one does not charge on it. None where nobody counts."""


@dataclass(frozen=True, slots=True)
class EndByEv:
    """An EV that is spoken with says that it is done (2.0.1 E15); REJECTED where nobody is authorised."""

    evse_id: EvseId


@dataclass(frozen=True, slots=True)
class EnterPin:
    """A PIN that somebody has typed at the station (2.0.1 KeyCode); REJECTED while too many were wrong."""

    pin: str = field(repr=False)
    evse_id: EvseId


RemoteCommand = (
    StartRemotely
    | StopRemotely
    | ChangeAvailability
    | UnlockConnector
    | ClearAuthorizationCache
    | ResetStation
    | SendReport
    | AcknowledgeFaults
    | HoldForInstall
    | NoteUpkeep
)
ProfileCommand = InstallProfile | ClearProfiles | AskCompositeSchedule | ImposeSiteLimit | ReleaseSiteLimit
ReservationCommand = Reserve | CancelReservation
CostCommand = ShowPrice | UpdateCost | ShowFinalCost
MessageCommand = SetMessage | ClearMessage
DisplayCommand = CostCommand | MessageCommand
Command = (
    RemoteCommand
    | ProfileCommand
    | ReservationCommand
    | DisplayCommand
    | UpdateLocalList
    | StartWithContract
    | EndByEv
    | EnterPin
)
