"""A gentle start for an EV that cuts its own supply off: the least current first, the whole offer after a while. Pure.

Cold batteries refuse a full current, open, ask again, and so on for hours; the least current lets them warm up.
"""

from dataclasses import dataclass, replace

from chargepoint.iec61851.duty_cycle import LOWEST_OFFER_AMPS
from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.iec61851.timing import CHATTER_WINDOW_SECONDS


@dataclass(frozen=True, slots=True)
class StartRamp:
    """Since the EV was plugged in."""

    ev_opened_at: float | None = None
    """When the EV last ended a supply that nobody withheld."""
    closed_at: float | None = None
    """None while the contactor is open."""

    def after_closing(self, now: float) -> "StartRamp":
        return replace(self, closed_at=now)

    def after_opening(self, by_ev: bool, now: float) -> "StartRamp":
        return StartRamp(now if by_ev else self.ev_opened_at)

    def held(self, limit_amps: float, rules: SupplyRules, now: float) -> float:
        """The limit, or the least current where that is lower and the ramp runs."""
        least_amps = max(rules.minimum_current_amps, LOWEST_OFFER_AMPS)
        if self.closed_at is not None and now - self.closed_at >= rules.start_ramp_seconds:
            return limit_amps
        started_at = now if self.closed_at is None else self.closed_at
        was_cut = self.ev_opened_at is not None and started_at - self.ev_opened_at < CHATTER_WINDOW_SECONDS
        is_wanted = rules.start_ramp_seconds > 0 and (was_cut or rules.start_ramp_always)
        return min(limit_amps, least_amps) if is_wanted else limit_amps
