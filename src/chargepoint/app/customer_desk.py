"""What the station stores of a customer, and what of it can be forgotten (2.0.1 N09, N10).

Stored under an id token alone: contracts and their certificates are asked about and not kept, and of a name that is
the CSMS's own nothing is known here.
"""

from collections.abc import Sequence
from typing import Protocol

from chargepoint.charging.effects import ForgetVerdict
from chargepoint.charging.ports import Clock, StationPort, StoragePort, TokenTracePort
from chargepoint.model.customers import CustomerRecord, CustomerReference
from chargepoint.model.tokens import IdToken, TokenVerdict


class CustomerStorage(StoragePort, TokenTracePort, Protocol):
    """The disk."""


class CustomerDesk:
    """Implements the dialect's `CustomerPort`."""

    def __init__(self, storage: CustomerStorage, station: StationPort, clock: Clock) -> None:
        self._storage = storage
        self._station = station
        self._clock = clock

    async def find(self, customer: CustomerReference) -> Sequence[CustomerRecord]:
        """In the order in which a person would ask."""
        if not isinstance(customer, IdToken):
            return ()
        traces = await self._storage.traces_of(customer)
        found = []
        if traces.cached is not None:
            found.append(CustomerRecord(f"authorization cache: {_told(traces.cached)}", can_be_cleared=True))
        if traces.listed is not None:
            found.append(CustomerRecord(f"local authorization list: {_told(traces.listed)}", can_be_cleared=False))
        found += self._in_use(customer)
        if traces.waiting_reports:
            found.append(CustomerRecord("transactions that are being reported to the CSMS", can_be_cleared=False))
        if traces.dead_letters:
            text = f"{traces.dead_letters} reports of transactions that the CSMS has not taken"
            found.append(CustomerRecord(text, can_be_cleared=False))
        return found

    def _in_use(self, token: IdToken) -> list[CustomerRecord]:
        snapshot = self._station.snapshot()
        found = []
        for evse_id, evse in snapshot.evses.items():
            transaction = evse.transaction
            if transaction is not None and token.is_same_as(transaction.id_token):
                text = f"running transaction {transaction.transaction_id} at EVSE {evse_id}"
                found.append(CustomerRecord(text, can_be_cleared=False))
        for reservation in snapshot.reservations:
            if token.is_same_as(reservation.token):
                text = f"reservation {reservation.reservation_id}"
                found.append(CustomerRecord(text, can_be_cleared=False))
        return found

    async def clear(self, customer: CustomerReference) -> None:
        """The local list is the CSMS's own (N10.FR.02), and a bill needs its token until it is delivered."""
        if isinstance(customer, IdToken):
            await self._storage.commit([ForgetVerdict(customer)], self._clock.now())


def _told(verdict: TokenVerdict) -> str:
    words = [verdict.status.value]
    if verdict.group is not None:
        words.append(f"group {verdict.group.value}")
    if verdict.valid_until is not None:
        words.append(f"until {verdict.valid_until.isoformat(timespec='seconds')}")
    return ", ".join(words)
