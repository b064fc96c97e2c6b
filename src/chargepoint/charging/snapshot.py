"""What the core knows, for the local interface, the dialects and tests. Values only."""

from dataclasses import dataclass, field

from chargepoint.model.charging_profiles import InstalledProfile
from chargepoint.model.cost import CostShown
from chargepoint.model.display import MessageBoard
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.limits import Limit
from chargepoint.model.local_list import ListSummary
from chargepoint.model.power import EvseObservation
from chargepoint.model.reservations import Reservation
from chargepoint.model.self_test import SelfTestRecord
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import ChargingState, Transaction
from chargepoint_hal.contract import MeterReading

__all__ = ["EvseSnapshot", "Limit", "StationSnapshot"]


@dataclass(frozen=True, slots=True)
class EvseSnapshot:
    evse_id: EvseId
    session: SessionState
    status: EvseStatus
    availability: Availability
    limit: Limit
    power_allowed: bool
    why_not_charging: str | None
    """A sentence for a person; None while charging."""
    observation: EvseObservation | None
    transaction: Transaction | None
    charging_state: ChargingState
    meter: MeterReading | None
    """The last plausible reading; None when it is stale."""
    faults: frozenset[Fault]
    latched_faults: frozenset[Fault] = frozenset()
    """The part of them that stays until its clearing rule is met, remembered over restarts."""
    waiting_token: IdToken | None = None
    cost: CostShown | None = None
    """What the driver is shown of prices and costs; None where there is nothing to show."""
    self_test: SelfTestRecord | None = None
    """The last verdict on the residual-current monitor, also one of before a restart; None: never tested."""
    self_tested_at: float | None = None
    """On the monotonic clock; None where no clock can tell."""


@dataclass(frozen=True, slots=True)
class StationSnapshot:
    evses: dict[EvseId, EvseSnapshot]
    availability: Availability
    is_online: bool
    faults: frozenset[Fault]
    reset_pending: bool
    local_list: ListSummary = field(default_factory=ListSummary)
    reservations: tuple[Reservation, ...] = ()
    profiles: tuple[InstalledProfile, ...] = ()
    """Charging profiles of the CSMS, and limits of the site; in precedence."""
    display: MessageBoard = field(default_factory=MessageBoard)

    def transaction(self, transaction_id: TransactionId) -> Transaction | None:
        """The running transaction of that id."""
        for evse in self.evses.values():
            if evse.transaction is not None and evse.transaction.transaction_id == transaction_id:
                return evse.transaction
        return None
