"""Facts that come into the core, in the past tense."""

from dataclasses import dataclass, field

from chargepoint.charging.clock_correction import CorrectedStamps
from chargepoint.model.cost import CostAnswer
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.metering import SignedMeterData, SigningEdge
from chargepoint.model.power import EvseObservation, SafetyHello
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint_hal.contract import MeterReading


@dataclass(frozen=True, slots=True)
class EvseObserved:
    """The safety process published what it sees."""

    observation: EvseObservation


@dataclass(frozen=True, slots=True)
class SafetyLinkOpened:
    hello: SafetyHello


@dataclass(frozen=True, slots=True)
class SafetyLinkClosed:
    reason: str


@dataclass(frozen=True, slots=True)
class TokenPresented:
    """A new presentation of a card (already filtered: a card held for a minute is one)."""

    token: IdToken
    evse_ids: tuple[EvseId, ...]
    """The EVSEs that the reader serves, in order."""


@dataclass(frozen=True, slots=True)
class MeterRead:
    """A plausible reading; its register is monotone."""

    evse_id: EvseId
    reading: MeterReading


@dataclass(frozen=True, slots=True)
class SupplyMeasured:
    """A reading whose energy register is in doubt and may not be billed; its volts and amps are plausible."""

    evse_id: EvseId
    reading: MeterReading


@dataclass(frozen=True, slots=True)
class MeterUnavailable:
    """No reading that may be used; what was read before grows stale."""

    evse_id: EvseId
    fault: Fault
    reason: str


@dataclass(frozen=True, slots=True)
class MeterRecovered:
    evse_id: EvseId


@dataclass(frozen=True, slots=True)
class MeterRebased:
    """The register goes on where it stood, but on a new base: the meter was changed, reset, or it jumped.

    What flowed between the last reading before and the first one after is unknown and on no bill.
    """

    evse_id: EvseId
    reason: str


@dataclass(frozen=True, slots=True)
class MeterSigned:
    """The answer to a `SignReading`."""

    evse_id: EvseId
    transaction_id: TransactionId
    edge: SigningEdge
    signed: SignedMeterData | None
    """None: nothing was signed, or the data set of the end holds the begin as well."""


@dataclass(frozen=True, slots=True)
class TokenJudged:
    """The CSMS answered an `AskAuthorization`."""

    request_id: int
    verdict: TokenVerdict


@dataclass(frozen=True, slots=True)
class TokenNotJudged:
    """No answer to an `AskAuthorization`: timeout, error, or the link is gone. The offline branch decides."""

    request_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class TransactionAnswered:
    """The CSMS answered a transaction report; the verdict may deauthorise."""

    transaction_id: TransactionId
    verdict: TokenVerdict | None
    is_start: bool
    csms_transaction_id: int | None = None
    charging_priority: int | None = None
    """For this transaction alone; None: not said."""
    token: IdToken | None = None
    """Whom the report named: the verdict is about this one."""
    cost: CostAnswer | None = None
    """None: this version says nothing of costs there."""


@dataclass(frozen=True, slots=True)
class CsmsAccepted:
    """The link is open and the CSMS has accepted the station's boot."""

    statuses_are_known: bool = False
    """It accepted this boot before, and in this version it is told only what has changed since, unless the station
    was away for longer than OfflineThreshold (2.0.1 B04)."""


@dataclass(frozen=True, slots=True)
class CsmsLost:
    """The link is closed, or the registration is not accepted any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class ClockSynchronised:
    """`Moment.utc` is right from now on."""

    corrected: CorrectedStamps = field(default_factory=dict)
    """What became of the times that are stored; the others are corrected by the same rule."""


@dataclass(frozen=True, slots=True)
class SettingChanged:
    name: str


@dataclass(frozen=True, slots=True)
class StationFaultRaised:
    """Something of the station as a whole failed (reader, storage)."""

    fault: Fault
    reason: str


@dataclass(frozen=True, slots=True)
class StationFaultCleared:
    fault: Fault


@dataclass(frozen=True, slots=True)
class TimePassed:
    """`next_deadline` has come."""


Event = (
    EvseObserved
    | SafetyLinkOpened
    | SafetyLinkClosed
    | TokenPresented
    | MeterRead
    | SupplyMeasured
    | MeterUnavailable
    | MeterRecovered
    | MeterRebased
    | MeterSigned
    | TokenJudged
    | TokenNotJudged
    | TransactionAnswered
    | CsmsAccepted
    | CsmsLost
    | ClockSynchronised
    | SettingChanged
    | StationFaultRaised
    | StationFaultCleared
    | TimePassed
)
