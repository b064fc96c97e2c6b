"""Prices and costs as a driver is shown them. The CSMS calculates the bill; nothing here is one.

Amounts are decimals in the currency of the CSMS, which no message names.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.moment import Stamp
from chargepoint.model.status import EvseStatus

NOTHING = Decimal(0)


class CostState(StrEnum):
    """Which of its prices the CSMS applies now; it alone decides when a transaction is idle."""

    CHARGING = "Charging"
    IDLE = "Idle"


@dataclass(frozen=True, slots=True)
class ChargingPrice:
    per_kwh: Decimal = NOTHING
    per_hour: Decimal = NOTHING
    flat_fee: Decimal = NOTHING
    """Once, for the part of the session that this price is for."""


@dataclass(frozen=True, slots=True)
class IdlePrice:
    per_hour: Decimal = NOTHING
    grace_seconds: float = 0.0
    """From the change from charging to idle on."""


@dataclass(frozen=True, slots=True)
class NextPrices:
    """What holds from a time of day on."""

    at: datetime
    charging: ChargingPrice
    idle: IdlePrice | None = None


@dataclass(frozen=True, slots=True)
class MeterTriggers:
    """When the CSMS wants a meter value beside the regular ones, to calculate with."""

    at: datetime | None = None
    consumed_wh: float | None = None
    """Energy of the transaction."""
    power_watts: float | None = None
    """Crossed upwards or downwards."""
    statuses: frozenset[EvseStatus] = frozenset()


@dataclass(frozen=True, slots=True)
class RunningCost:
    """What the CSMS has calculated so far, and with what it goes on. Without prices nothing can be estimated."""

    amount: Decimal
    as_of: datetime | None = None
    register_wh: float | None = None
    """The meter value that `amount` is based on."""
    state: CostState = CostState.CHARGING
    charging: ChargingPrice | None = None
    idle: IdlePrice | None = None
    next_prices: NextPrices | None = None
    triggers: MeterTriggers = field(default_factory=MeterTriggers)


@dataclass(frozen=True, slots=True)
class DriverText:
    """A sentence for the driver, and the same in other languages."""

    text: str
    translations: tuple[tuple[str, str], ...] = ()
    """(language of RFC 5646, text)."""

    def in_language(self, language: str | None) -> str:
        """The text itself where there is no translation, or where no language is wanted."""
        for name, text in self.translations:
            if language is not None and name.casefold() == language.casefold():
                return text
        return self.text


@dataclass(frozen=True, slots=True)
class FinalCost:
    amount: Decimal
    text: DriverText | None = None
    qr_text: str | None = None
    """Address of the receipt, to be shown as a QR code."""


@dataclass(frozen=True, slots=True)
class CostAnswer:
    """What the CSMS's answer to a report of a transaction says of its cost (2.0.1 TransactionEventResponse)."""

    amount: Decimal | None = None
    """So far, or in all where the report was of the end; None: not told, which is not free of charge (I03.FR.04)."""
    text: DriverText | None = None
    """The tariff from now on (I06)."""
    is_final: bool = False
    is_late: bool = False
    """The report was made offline: its driver may have left long ago."""


@dataclass(frozen=True, slots=True)
class DefaultPrice:
    """What is shown while the CSMS has named no price for this driver."""

    text: str
    offline_text: str | None = None
    charging: ChargingPrice | None = None
    """For transactions that start while the CSMS cannot be asked."""


@dataclass(frozen=True, slots=True)
class CostShown:
    """What the display of one EVSE says now."""

    price: str | None = None
    amount: str | None = None
    """Rounded as the CSMS wants it."""
    is_estimate: bool = False
    """This station has counted on from what the CSMS said last."""
    is_final: bool = False
    state: CostState | None = None
    next_price: str | None = None
    qr_text: str | None = None
    currency: str | None = None
    """ISO 4217, where it is known."""
    instead: str | None = None
    """Said in place of the cost of a transaction whose cost is not known."""


@dataclass(frozen=True, slots=True)
class EndedTransaction:
    """The last transaction of an EVSE: its final cost may still come, and its EV may still be there. Stored."""

    transaction_id: TransactionId
    evse_id: EvseId
    ended_at: Stamp
    awaits_unplug: bool = False
