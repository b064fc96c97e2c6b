"""What the monitors are shown at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.moment import Moment
from chargepoint.model.monitoring import MonitoredVariable, VariableTraits

STILL_BELONGS_SECONDS = 5.0
"""What the meter shows so soon after the end of a transaction has still happened in it."""


class Values(Protocol):
    """The device model at one moment."""

    def traits(self, subject: MonitoredVariable) -> VariableTraits | None:
        """None: there is no such variable, or it can not be monitored."""
        ...

    def text(self, subject: MonitoredVariable) -> str | None:
        """The Actual value; None where it is unknown. Of a write-only variable anything that changes with it."""
        ...


@dataclass(frozen=True, slots=True)
class TransactionLink:
    """The transaction that what happens at an EVSE has to do with."""

    transaction_id: TransactionId
    is_running: bool


@dataclass(frozen=True, slots=True)
class Scene:
    moment: Moment
    values: Values
    faults: Mapping[EvseId | None, frozenset[Fault]]
    """By EVSE, None for the station as a whole; one of which nothing is known yet is missing."""
    transactions: Mapping[EvseId, TransactionLink]
    is_online: bool
    queued_severity: int
    """Events of this number or below are queued while offline, the others wait until the CSMS is back."""
    unheard: frozenset[EvseId] = frozenset()
    """Those that nobody sees now: what is known to be wrong there is told, nothing is said to be gone."""

    def transaction_of(self, evse_id: int | None) -> TransactionLink | None:
        """Of that EVSE; of the station as a whole it is the one at the first EVSE where one runs."""
        if evse_id is not None:
            return self.transactions.get(EvseId(evse_id))
        links = [self.transactions[each] for each in sorted(self.transactions)]
        return next((link for link in links if link.is_running), links[0] if links else None)


class TransactionTrail:
    """Remembers for a moment which transaction has just ended where."""

    def __init__(self) -> None:
        self._last: dict[EvseId, tuple[TransactionId, float]] = {}

    def follow(self, running: Mapping[EvseId, TransactionId], now: Moment) -> dict[EvseId, TransactionLink]:
        for evse_id, transaction_id in running.items():
            self._last[evse_id] = (transaction_id, now.monotonic)
        return {
            evse_id: TransactionLink(transaction_id, evse_id in running)
            for evse_id, (transaction_id, seen_at) in self._last.items()
            if now.monotonic - seen_at <= STILL_BELONGS_SECONDS
        }
