"""How many phases one EVSE is to be supplied by, as its limits leave it. Pure; limits say when that may be one.

A limit that names its phases decides at once. Where three phases were left because they were given too little power,
the way back waits: power that comes and goes, as that of the sun, would else wear out the contactors and the EV.
"""

from dataclasses import dataclass

from chargepoint.smart_charging.rates import Rate

BACK_TO_THREE_SECONDS = 600.0
"""*Practice*: three phases must have had enough for so long (IEC 61851-1 knows no such time; EVerest waits as long)."""


@dataclass(frozen=True, slots=True)
class PhaseChoice:
    """Of one EVSE with a transaction."""

    is_narrowed: bool = False
    """One phase was chosen because three had too little."""
    enough_since: float | None = None
    """When three phases had enough again; None: they have not."""

    def after(self, rate: Rate | None, is_drawing: bool, now: float) -> "PhaseChoice":
        """With what the limits allow now. Without a transaction nothing is worn out, and nothing waits."""
        if rate is not None and rate.is_narrowed:
            return PhaseChoice(is_narrowed=True)
        if not self.is_narrowed or not is_drawing:
            return PhaseChoice()
        since = now if self.enough_since is None else self.enough_since
        return PhaseChoice() if now - since >= BACK_TO_THREE_SECONDS else PhaseChoice(True, since)

    @property
    def waits_until(self) -> float | None:
        """Until then one phase is kept though three have enough; None: it does not wait."""
        return None if self.enough_since is None else self.enough_since + BACK_TO_THREE_SECONDS
