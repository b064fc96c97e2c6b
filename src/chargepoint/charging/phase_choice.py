"""How long one EVSE stays on one phase though its limits leave three. Decides no limit and no change itself.

A limit that names its phases decides at once. Where three phases were left because they were given too little power,
the way back waits: power that comes and goes, as that of the sun, would else wear out the contactors and the EV. And
where the safety process supplies the EV by no more than one phase now, that one has the whole limit.
"""

from dataclasses import dataclass
from math import inf

from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.identifiers import EvseId
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

    def after(self, rate: Rate | None, least_amps: float, is_drawing: bool, now: float) -> "PhaseChoice":
        """With what the limits allow now. Without a transaction nothing is worn out, and nothing waits."""
        if not is_drawing:
            return PhaseChoice()
        if rate is not None and rate.is_narrowed:
            return PhaseChoice(is_narrowed=True)
        if not self.is_narrowed:
            return PhaseChoice()
        if rate is not None and rate.exact_amps < least_amps:
            return PhaseChoice(is_narrowed=True)
        since = now if self.enough_since is None else self.enough_since
        return PhaseChoice() if now - since >= BACK_TO_THREE_SECONDS else PhaseChoice(True, since)

    @property
    def kept_until(self) -> float | None:
        """Until then one phase is kept whatever three are given; infinite: until they have enough; None: it is not."""
        if not self.is_narrowed:
            return None
        return inf if self.enough_since is None else self.enough_since + BACK_TO_THREE_SECONDS


class PhaseKeeping:
    """Remembers the choice of each EVSE that switches phases."""

    def __init__(self) -> None:
        self._choices: dict[EvseId, PhaseChoice] = {}

    def kept_until(self, session: EvseSession, rate: Rate | None, now: float) -> float | None:
        """Until when, by the monotonic clock, one phase is kept; infinite: until something else changes. `rate` is what
        the limits leave without that. None: it is not kept."""
        configuration, seen = session.view.configuration, session.safety.observation
        if not configuration.switches_phases or seen is None:
            return None
        is_drawing = session.run.may_draw
        # After a restart an EV that is on one phase may have been put there for want of power.
        before = self._choices.get(configuration.evse_id, PhaseChoice(is_drawing and seen.phases == 1))
        choice = before.after(rate, configuration.least_amps, is_drawing, now)
        self._choices[configuration.evse_id] = choice
        return inf if seen.most_phases == 1 else choice.kept_until
