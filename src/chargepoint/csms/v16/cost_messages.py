"""The JSON inside the cost messages, read into neutral values. Lenient with what is superfluous, never with numbers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from chargepoint.csms.v16.wire_time import parse_time
from chargepoint.model.cost import (
    NOTHING,
    ChargingPrice,
    CostState,
    DriverText,
    FinalCost,
    IdlePrice,
    MeterTriggers,
    NextPrices,
    RunningCost,
)
from chargepoint.model.status import EvseStatus
from chargepoint.settings.price_formats import LARGEST_AMOUNT

TRIGGER_STATUS: Mapping[str, EvseStatus] = {
    "Available": EvseStatus.AVAILABLE,
    "Preparing": EvseStatus.PREPARING,
    "Charging": EvseStatus.CHARGING,
    "SuspendedEVSE": EvseStatus.SUSPENDED_EVSE,
    "SuspendedEV": EvseStatus.SUSPENDED_EV,
    "Finishing": EvseStatus.FINISHING,
    "Reserved": EvseStatus.RESERVED,
    "Unavailable": EvseStatus.UNAVAILABLE,
    "Faulted": EvseStatus.FAULTED,
}
"""atCPStatus: the words of ChargePointStatus."""
READABLE_FORMATS = frozenset({"ASCII", "UTF8"})
"""Of priceTextExtra; HTML and URI are not for a display of text."""
LONGEST_TEXT = 10_000


def _as_text(value: object) -> object:
    """A float is read by its shortest digits: 0.1 is a tenth."""
    return repr(value) if isinstance(value, float) else value


def _as_list(value: object) -> object:
    """One word is a list of one; null is as good as nothing."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


Amount = Annotated[
    Decimal, BeforeValidator(_as_text), Field(gt=-LARGEST_AMOUNT, lt=LARGEST_AMOUNT, allow_inf_nan=False)
]
Quantity = Annotated[float, Field(ge=0, lt=1e9, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
TransactionNumber = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class PriceTextExtra(BaseModel):
    format: str = "UTF8"
    language: str | None = None
    content: Text


Extras = Annotated[list[PriceTextExtra], BeforeValidator(_as_list), Field(default_factory=list)]


class SetUserPrice(BaseModel):
    idToken: Annotated[str, Field(min_length=1, max_length=255)]  # noqa: N815  # the name on the wire
    priceText: Text  # noqa: N815
    priceTextExtra: Extras  # noqa: N815

    def words(self) -> DriverText:
        return _driver_text(self.priceText, self.priceTextExtra)


class FinalCostMessage(BaseModel):
    transactionId: TransactionNumber  # noqa: N815
    cost: Amount
    priceText: Text | None = None  # noqa: N815
    priceTextExtra: Extras  # noqa: N815
    qrCodeText: Text | None = None  # noqa: N815

    def final_cost(self) -> FinalCost:
        words = None if self.priceText is None else _driver_text(self.priceText, self.priceTextExtra)
        return FinalCost(self.cost, words, self.qrCodeText)


class ChargingPriceFields(BaseModel):
    kWhPrice: Amount = NOTHING  # noqa: N815
    hourPrice: Amount = NOTHING  # noqa: N815
    flatFee: Amount = NOTHING  # noqa: N815

    def price(self) -> ChargingPrice:
        return ChargingPrice(self.kWhPrice, self.hourPrice, self.flatFee)


class IdlePriceFields(BaseModel):
    graceMinutes: Quantity = 0.0  # noqa: N815
    hourPrice: Amount = NOTHING  # noqa: N815

    def price(self) -> IdlePrice:
        return IdlePrice(self.hourPrice, self.graceMinutes * 60.0)


class NextPeriodFields(BaseModel):
    atTime: Text  # noqa: N815
    chargingPrice: ChargingPriceFields  # noqa: N815
    idlePrice: IdlePriceFields | None = None  # noqa: N815


class TriggerFields(BaseModel):
    atTime: Text | None = None  # noqa: N815
    atEnergykWh: Quantity | None = None  # noqa: N815
    atPowerkW: Quantity | None = None  # noqa: N815
    atCPStatus: Annotated[list[str], BeforeValidator(_as_list), Field(max_length=20)] = Field(  # noqa: N815
        default_factory=list
    )


class RunningCostMessage(BaseModel):
    transactionId: TransactionNumber  # noqa: N815
    timestamp: Text | None = None
    meterValue: Quantity | None = None  # noqa: N815
    cost: Amount
    state: CostState
    chargingPrice: ChargingPriceFields | None = None  # noqa: N815
    idlePrice: IdlePriceFields | None = None  # noqa: N815
    nextPeriod: NextPeriodFields | None = None  # noqa: N815
    triggerMeterValue: TriggerFields | None = None  # noqa: N815

    def running_cost(self, local_offset: timedelta) -> RunningCost:
        """Times without a zone are the station's local time (TimeOffset). ValueError for one that is none, and for a
        status that ChargePointStatus does not have."""
        coming = self.nextPeriod
        return RunningCost(
            amount=self.cost,
            as_of=_time(self.timestamp, local_offset),
            register_wh=self.meterValue,
            state=self.state,
            charging=None if self.chargingPrice is None else self.chargingPrice.price(),
            idle=None if self.idlePrice is None else self.idlePrice.price(),
            next_prices=None if coming is None else _next_prices(coming, local_offset),
            triggers=self._triggers(local_offset),
        )

    def _triggers(self, local_offset: timedelta) -> MeterTriggers:
        wanted = self.triggerMeterValue or TriggerFields()
        unknown = set(wanted.atCPStatus) - TRIGGER_STATUS.keys()
        if unknown:
            raise ValueError(f"atCPStatus: {sorted(unknown)[0][:40]!r} is no status that triggers a meter value")
        return MeterTriggers(
            at=_time(wanted.atTime, local_offset),
            consumed_wh=None if wanted.atEnergykWh is None else wanted.atEnergykWh * 1000.0,
            power_watts=None if wanted.atPowerkW is None else wanted.atPowerkW * 1000.0,
            statuses=frozenset(TRIGGER_STATUS[word] for word in wanted.atCPStatus),
        )


def _next_prices(fields: NextPeriodFields, local_offset: timedelta) -> NextPrices:
    idle = None if fields.idlePrice is None else fields.idlePrice.price()
    return NextPrices(_instant(fields.atTime, local_offset), fields.chargingPrice.price(), idle)


def _driver_text(text: str, extras: list[PriceTextExtra]) -> DriverText:
    readable = [(each.language, each.content) for each in extras if each.format.upper() in READABLE_FORMATS]
    return DriverText(text, tuple((language, content) for language, content in readable if language is not None))


def _time(text: str | None, local_offset: timedelta) -> datetime | None:
    return None if text is None else _instant(text, local_offset)


def _instant(text: str, local_offset: timedelta) -> datetime:
    instant = parse_time(text)
    try:
        is_local = datetime.fromisoformat(text.strip().upper()).tzinfo is None
        return (instant - local_offset if is_local else instant).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} is beyond any calendar") from error
