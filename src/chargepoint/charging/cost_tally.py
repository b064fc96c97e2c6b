"""Counts on from what the CSMS has calculated last, until it says more. Pure; what comes out is an estimate.

The CSMS decides whether a transaction is charging or idle, and every message of its own sets the count right again.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from chargepoint.model.cost import ChargingPrice, CostState, IdlePrice, NextPrices, RunningCost
from chargepoint.model.moment import Moment

WH_PER_KWH = Decimal(1000)
SECONDS_PER_HOUR = Decimal(3600)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was reached at one moment, and the prices from there on."""

    amount: Decimal
    at: float
    """Monotonic."""
    register_wh: float | None
    state: CostState
    charging: ChargingPrice | None = None
    idle: IdlePrice | None = None
    idle_since: float | None = None
    """Monotonic; the grace period is counted from here."""

    @classmethod
    def told(cls, cost: RunningCost, previous: "Tally | None", register_wh: float | None, moment: Moment) -> "Tally":
        """From a message of the CSMS. `register_wh` is the meter's now, for a message that names none."""
        at = _monotonic_of(cost, moment)
        idle_since = None
        if cost.state is CostState.IDLE:
            idle_since = at if previous is None or previous.idle_since is None else previous.idle_since
        return cls(
            amount=cost.amount,
            at=at,
            register_wh=register_wh if cost.register_wh is None else cost.register_wh,
            state=cost.state,
            charging=cost.charging,
            idle=cost.idle,
            idle_since=idle_since,
        )

    @classmethod
    def offline(cls, price: ChargingPrice, register_wh: float | None, moment: Moment) -> "Tally":
        """A transaction that starts while nobody can be asked: by the default price."""
        return cls(price.flat_fee, moment.monotonic, register_wh, CostState.CHARGING, price)

    @property
    def has_prices(self) -> bool:
        """It can be counted on."""
        return self.charging is not None or self.idle is not None

    def amount_at(self, register_wh: float | None, now: float) -> Decimal:
        """Nothing is ever counted backwards; energy that is not known is not counted."""
        if self.state is CostState.IDLE:
            return self.amount + self._idle_fee(now)
        if self.charging is None:
            return self.amount
        consumed_wh = 0.0
        if register_wh is not None and self.register_wh is not None:
            consumed_wh = max(0.0, register_wh - self.register_wh)
        hours = _decimal(max(0.0, now - self.at)) / SECONDS_PER_HOUR
        return self.amount + self.charging.per_kwh * _decimal(consumed_wh) / WH_PER_KWH + self.charging.per_hour * hours

    def turned(self, prices: NextPrices, register_wh: float | None, now: float) -> "Tally":
        """The next prices hold from now on; their flat fee is due for the part that begins."""
        amount = self.amount_at(register_wh, now)
        if self.state is CostState.CHARGING:
            amount += prices.charging.flat_fee
        return replace(
            self,
            amount=amount,
            at=now,
            register_wh=self.register_wh if register_wh is None else register_wh,
            charging=prices.charging,
            idle=prices.idle,
        )

    def _idle_fee(self, now: float) -> Decimal:
        if self.idle is None or self.idle_since is None:
            return Decimal(0)
        paid_from = max(self.at, self.idle_since + self.idle.grace_seconds)
        return self.idle.per_hour * _decimal(max(0.0, now - paid_from)) / SECONDS_PER_HOUR


def _monotonic_of(cost: RunningCost, moment: Moment) -> float:
    """When the meter value was taken; a time that nobody can place is now."""
    if cost.as_of is None or not moment.utc_trusted:
        return moment.monotonic
    return moment.monotonic - max(0.0, (moment.utc - cost.as_of).total_seconds())


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
