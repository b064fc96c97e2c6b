"""What the core's neighbours offer and need. Rooms that may not import each other meet in these protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chargepoint.charging.clock_correction import CorrectedStamps
from chargepoint.charging.commands import Command, Verdict
from chargepoint.charging.effects import Effect
from chargepoint.charging.events import Event
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.model.charging_profiles import InstalledProfile
from chargepoint.model.cost import EndedTransaction
from chargepoint.model.data_transfer import DataTransfer, DataTransferAnswer
from chargepoint.model.display import DisplayMessage
from chargepoint.model.faults import Fault
from chargepoint.model.firmware import UpdateRecord
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.local_list import StoredList
from chargepoint.model.moment import Moment
from chargepoint.model.monitoring import StoredMonitoring
from chargepoint.model.reports import Report, TransactionReport
from chargepoint.model.reservations import Reservation
from chargepoint.model.self_test import SelfTestRecord
from chargepoint.model.status import Availability
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import Transaction
from chargepoint.settings.setting import AnySetting, SetOutcome, SettingsView


class Clock(Protocol):
    """The shell's clock. `monotonic` is the event loop's time base (CLOCK_MONOTONIC)."""

    def now(self) -> Moment: ...

    def synchronise(self, csms_utc: object) -> bool:
        """Take the CSMS's time (an aware datetime); True when this made the clock trusted for the first time."""
        ...


class TokenMemory(Protocol):
    """The authorisation cache as the core sees it: in memory, synchronous, no disk."""

    def cached(self, token: IdToken, moment: Moment) -> TokenVerdict | None:
        """The cache's word, unless it has expired."""
        ...


class StationPort(Protocol):
    """The controller, as the CSMS edge and the local interface use it."""

    async def execute(self, command: Command) -> Verdict:
        """The verdict after the step is committed; an unlock is awaited up to its deadline."""
        ...

    async def tell(self, event: Event) -> None:
        """Hand a fact to the core; returns when its effects are committed and performed."""
        ...

    def snapshot(self) -> StationSnapshot: ...


class SettingsPort(SettingsView, Protocol):
    """The settings store with persistence behind it."""

    def find_1_6(self, key: str) -> AnySetting | None: ...

    def find_2_0_1(self, component: str, variable: str, instance: str | None) -> AnySetting | None: ...

    def all(self) -> Sequence[AnySetting]: ...

    def text(self, setting: AnySetting) -> str:
        """The present value as both OCPP versions write it (true/false, decimal digits, comma-separated list)."""
        ...

    async def change(self, setting: AnySetting, text: str) -> tuple[SetOutcome, str]:
        """Validate, persist, then apply; the text says why not. The core is told by SettingChanged."""
        ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """One outbox row."""

    row_id: int
    report: Report
    message_id: str
    """The OCPP-J message id of every attempt, so that a retry is byte-identical."""
    attempts: int
    transaction_id: TransactionId | None
    csms_transaction_id: int | None
    """1.6's integer for that transaction, once StartTransaction has been answered."""
    start_is_dead: bool = False
    """The start's attempts ran out: 1.6 sends the rest with -1 (errata 3.18)."""
    start_told_in: frozenset[str] = frozenset()
    """Subprotocols in which a CSMS has taken the start: in another one it does not know the transaction."""


@dataclass(frozen=True, slots=True)
class OutboxDepth:
    pending: int
    dead: int


class OutboxPort(Protocol):
    """The durable queue, oldest first by sequence number alone."""

    async def oldest(self) -> Envelope | None: ...

    async def delivered(
        self, row_id: int, csms_transaction_id: int | None = None, subprotocol: str | None = None
    ) -> None:
        """Delete the row; in the same commit remember 1.6's integer id, and in which version a start was told."""
        ...

    async def start_told(
        self, transaction_id: TransactionId, subprotocol: str, csms_transaction_id: int | None = None
    ) -> None:
        """A start that was delivered in one version is told again in another: remember the answer before going on."""
        ...

    async def tell_as_offline(self, row_id: int) -> None:
        """From now on, and after a restart, the row is of offline; before it is said for the first time."""
        ...

    async def attempt_failed(self, row_id: int) -> int:
        """Count one attempt (a lost link is none); the new number of attempts."""
        ...

    async def bury(self, row_id: int, reason: str) -> None:
        """Move the row to the dead letters: kept and visible."""
        ...

    async def depth(self) -> OutboxDepth: ...

    async def has_reports_of(self, transaction_id: TransactionId) -> bool: ...

    async def has_reports_of_any_transaction(self) -> bool:
        """What waits besides and tells of none, such as a security event, does not count (2.0.1 E14.FR.08)."""
        ...

    async def transaction_by_csms_id(self, csms_transaction_id: int) -> TransactionId | None: ...

    async def csms_transaction_id(self, transaction_id: TransactionId) -> int | None:
        """1.6's integer; None before StartTransaction was answered."""
        ...

    async def started_report(self, transaction_id: TransactionId) -> TransactionReport | None:
        """The start of a transaction, kept until its end is delivered, for a CSMS that never saw it."""
        ...

    def subscribe(self) -> "OutboxBell":
        """Rung whenever a row was added."""
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A report that was given up, and why."""

    row_id: int
    kind: str
    transaction_id: TransactionId | None
    attempts: int
    reason: str
    body: str
    """The neutral report as JSON."""


@dataclass(frozen=True, slots=True)
class SentAgain:
    """What came of the order to send a dead letter again."""

    rows: tuple[int, ...]
    """Back in the queue, at their old places; empty: none."""
    why_not: str = ""
    is_unknown: bool = False


class DeadLetterPort(Protocol):
    """What the CSMS never took. StorageError when the database does not answer."""

    async def dead_letters(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The youngest first."""
        ...

    async def send_again(self, row_id: int) -> SentAgain:
        """Put it back into the queue with its old message id and place, the dead start of its transaction before it."""
        ...


class OutboxBell(Protocol):
    async def wait(self) -> None:
        """Return when a row may have come since the last wait."""
        ...


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the disk remembers at start."""

    boot_id: int
    transactions: tuple[Transaction, ...]
    """Open ones: not ended when the process last stopped."""
    availability: dict[EvseId, Availability]
    setting_texts: dict[str, str]
    cached_verdicts: dict[str, TokenVerdict]
    set_aside: str | None
    """Path of a corrupt file that was put aside, if that happened."""
    damage: tuple[str, ...] = ()
    """Rows of open transactions that could not be read; a transaction of which only the start was is ended."""
    profiles: tuple[InstalledProfile, ...] = ()
    """Charging profiles, as they were installed."""
    local_list: StoredList = field(default_factory=StoredList)
    reservations: tuple[Reservation, ...] = ()
    update: UpdateRecord | None = None
    """The last firmware update, also one that is over."""
    ended: tuple[EndedTransaction, ...] = ()
    """The last transaction of each EVSE, where it has ended."""
    boots_of_this_machine: frozenset[int] = frozenset()
    """Starts of the process since the machine booted: they share one monotonic clock."""
    messages: tuple[DisplayMessage, ...] = ()
    """For the display, the longest set first."""
    kept_faults: Mapping[EvseId, frozenset[Fault]] = field(default_factory=dict)
    """Faults that withhold power over restarts, until each is over by its rule; of `WHOLE_STATION`: of any EVSE."""
    monitoring: StoredMonitoring = field(default_factory=StoredMonitoring)
    self_tests: Mapping[EvseId, SelfTestRecord] = field(default_factory=dict)
    """The last verdict on each residual-current monitor."""


@dataclass(frozen=True, slots=True)
class TokenTraces:
    """Where the disk knows an id token from."""

    listed: TokenVerdict | None
    """The local authorisation list."""
    cached: TokenVerdict | None
    """The authorisation cache."""
    waiting_reports: int
    """Reports that are still to be sent, and what of their transactions is kept for them."""
    dead_letters: int


class TokenTracePort(Protocol):
    async def traces_of(self, token: IdToken) -> TokenTraces:
        """StorageError when the database does not answer."""
        ...


class StoragePort(Protocol):
    """The one database. Every method raises StorageError when nothing was committed."""

    async def commit(self, effects: Sequence[Effect], moment: Moment) -> None:
        """All durable effects of one step, in one transaction."""
        ...

    async def save_setting(self, name: str, text: str | None) -> str | None:
        """None: nothing is stored of it. What was stored before."""
        ...

    async def correct_stamps(self, moment: Moment) -> CorrectedStamps:
        """First sync: rewrite the untrusted stamps of this boot; earlier boots are clamped to non-decreasing.

        What became of them, so that the core can say the same."""
        ...


@dataclass(frozen=True, slots=True)
class CsmsStatus:
    """The link as the local interface shows it."""

    state: str
    """`held`, `waiting`, `connecting`, `connected`, `pending`, `rejected`, `accepted`."""
    url: str
    subprotocol: str | None
    last_error: str | None
    next_attempt_seconds: float | None
    connected_since_utc: str | None
    connections: int | None = None
    """Links opened since the start of this process; None: not counted."""


class CsmsPort(Protocol):
    """The edge to the CSMS, as the controller uses it."""

    def say(self, report: Report) -> None:
        """Send a STATE or NOISE report from memory: STATE newest wins per EVSE while offline, NOISE is dropped."""
        ...

    async def authorize(self, token: IdToken) -> TokenVerdict:
        """Ask the CSMS; CsmsError at once when there is no accepted link, and when the link closes meanwhile."""
        ...

    async def transfer_data(self, request: DataTransfer) -> DataTransferAnswer:
        """A vendor's own message, from memory and once; CsmsError when there is no link or no answer."""
        ...

    def status(self) -> CsmsStatus: ...

    def hold_closed(self) -> None:
        """Close the link and keep it closed until `open_now`."""
        ...

    def open_now(self) -> None:
        """Stop holding; try at once."""
        ...
