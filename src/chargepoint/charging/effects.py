"""Orders that the core gives to its shell.

The shell performs the effects of one step in this order: first every `Direct` that does not raise power, then all
durable effects (`Checkpoint`, `Enqueue` of billing rows, `Remember…`) in one commit, then the rest in the order given.
"""

from dataclasses import dataclass
from enum import StrEnum

from chargepoint.charging.commands import ResetKind
from chargepoint.model.charging_profiles import InstalledProfile
from chargepoint.model.cost import EndedTransaction
from chargepoint.model.display import DisplayMessage
from chargepoint.model.faults import Fault
from chargepoint.model.firmware import UpdateRecord
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.local_list import ListUpdate
from chargepoint.model.metering import SigningEdge
from chargepoint.model.monitoring import StoredMonitoring
from chargepoint.model.power import PowerDirective
from chargepoint.model.reports import Report
from chargepoint.model.reservations import Reservation
from chargepoint.model.self_test import SelfTestRecord
from chargepoint.model.status import Availability
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Direct:
    """Send this directive now, and keep renewing it until the next one for the same EVSE."""

    directive: PowerDirective
    raises_power: bool
    """True when it allows what the last one did not: it then waits for the commit of the same step."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Store this record of a transaction; an ended one is forgotten once its reports are delivered."""

    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Send this report: billing rows through the durable outbox, the others from memory."""

    report: Report


@dataclass(frozen=True, slots=True)
class AskAuthorization:
    """Ask the CSMS about a token; answer with TokenJudged or, within the timeout, TokenNotJudged."""

    request_id: int
    token: IdToken
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class SignReading:
    """Have the meter sign now; answer with MeterSigned, also where it did not."""

    evse_id: EvseId
    transaction_id: TransactionId
    edge: SigningEdge
    token: IdToken


@dataclass(frozen=True, slots=True)
class RememberVerdict:
    """Update the authorisation cache."""

    token: IdToken
    verdict: TokenVerdict


@dataclass(frozen=True, slots=True)
class ForgetVerdicts:
    """Clear the authorisation cache."""


@dataclass(frozen=True, slots=True)
class RememberAvailability:
    """`evse_id` 0 is the whole station."""

    evse_id: EvseId
    availability: Availability


@dataclass(frozen=True, slots=True)
class RememberFaults:
    """All faults of an EVSE that withhold power over restarts, until each is over by its rule."""

    evse_id: EvseId
    faults: frozenset[Fault]


@dataclass(frozen=True, slots=True)
class RememberSelfTest:
    """The last verdict on an EVSE's residual-current monitor."""

    evse_id: EvseId
    record: SelfTestRecord


@dataclass(frozen=True, slots=True)
class RememberProfiles:
    """All charging profiles that are installed now; what the disk has beyond them is deleted."""

    installed: tuple[InstalledProfile, ...]


@dataclass(frozen=True, slots=True)
class RememberLocalList:
    """Apply this update to the stored list, in one commit; cached verdicts of listed tokens are forgotten."""

    update: ListUpdate


@dataclass(frozen=True, slots=True)
class RememberReservations:
    """All reservations that hold now; what the disk has beyond them is deleted."""

    reservations: tuple[Reservation, ...]


@dataclass(frozen=True, slots=True)
class RememberUpdate:
    """How far the firmware update has come."""

    record: UpdateRecord


@dataclass(frozen=True, slots=True)
class RememberEnded:
    """The last transaction of its EVSE, for what may still be said of it."""

    ended: EndedTransaction


@dataclass(frozen=True, slots=True)
class RememberMonitoring:
    """Every custom monitor, and what was told of the others; what the disk has beyond it is deleted."""

    stored: StoredMonitoring


@dataclass(frozen=True, slots=True)
class ForgetVerdict:
    """Take one token out of the authorisation cache."""

    token: IdToken


@dataclass(frozen=True, slots=True)
class RememberMessages:
    """All messages that are set for the display; what the disk has beyond them is deleted."""

    messages: tuple[DisplayMessage, ...]


@dataclass(frozen=True, slots=True)
class UnlockFinished:
    """The answer that an UnlockConnector waits for."""

    evse_id: EvseId
    is_unlocked: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Every transaction that had to end has ended and is stored: restart now."""

    kind: ResetKind
    retries: int = 0
    """How often to try again where it fails (ResetRetries)."""


class Notice(StrEnum):
    """What a person at the station is shown or hears."""

    AUTHORIZED = "authorized"
    REFUSED = "refused"
    WAITING_FOR_ANSWER = "waiting_for_answer"
    PLUG_IN = "plug_in"
    AUTHORIZATION_EXPIRED = "authorization_expired"
    STOPPED = "stopped"
    STOP_REFUSED = "stop_refused"
    NO_FREE_EVSE = "no_free_evse"
    METER_MISSING = "meter_missing"
    CERTIFICATE_ENDS = "certificate_ends"
    RESERVED = "reserved"
    """Refused: the outlet is kept for somebody else."""
    PRICE = "price"
    RUNNING_COST = "running_cost"
    FINAL_COST = "final_cost"


@dataclass(frozen=True, slots=True)
class Show:
    """To the display, LEDs and buzzer; also the log's INFO line."""

    notice: Notice
    evse_id: EvseId | None
    text: str


@dataclass(frozen=True, slots=True)
class Present:
    """Put this message of the CSMS on the display in place of the last one; None: there is none any more."""

    message: DisplayMessage | None


@dataclass(frozen=True, slots=True)
class CountStart:
    """This start is on the disk: the first step of all, so that a disk which takes nothing is noticed at once."""


@dataclass(frozen=True, slots=True)
class TransactionForgotten:
    """Nothing refers to this transaction any more."""

    transaction_id: TransactionId


Effect = (
    Direct
    | Checkpoint
    | Enqueue
    | AskAuthorization
    | SignReading
    | RememberVerdict
    | ForgetVerdicts
    | RememberAvailability
    | RememberFaults
    | RememberSelfTest
    | RememberProfiles
    | RememberLocalList
    | RememberReservations
    | RememberUpdate
    | RememberEnded
    | RememberMonitoring
    | ForgetVerdict
    | RememberMessages
    | UnlockFinished
    | Restart
    | Show
    | Present
    | CountStart
    | TransactionForgotten
)
