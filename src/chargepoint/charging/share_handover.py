"""When a share of the station's limit passes from one EVSE to another: first the one gives way, then the other takes.

An EV has five seconds to follow its pilot, and the pilot may have changed just before. Without this room a newcomer
would draw its share while the others still draw theirs, and their sum would be above the limit (1.6 section 3.13.3).
"""

from collections.abc import Mapping, Set
from math import inf

from chargepoint.model.identifiers import EvseId
from chargepoint.model.limits import Limit
from chargepoint.model.moment import Moment

HANDOVER_SECONDS = 10.0
"""Five until the pilot may change again, and five for the EV to follow it (IEC 61851-1 Table A.6)."""


class ShareHandover:
    """Holds increases back while a decrease is being followed."""

    def __init__(self) -> None:
        self._given_amps: dict[EvseId, float] = {}
        """What each EVSE with a transaction was allowed last."""
        self.over_at: float | None = None
        """Until then nobody is given more."""

    def settle(
        self, wanted: Mapping[EvseId, Limit | None], drawing: Set[EvseId], is_shared: bool, moment: Moment
    ) -> dict[EvseId, Limit | None]:
        """The limits that hold now; `wanted` hold in the end. `drawing`: those with a transaction.

        Unless something is shared between them, nobody waits for anybody.
        """
        amps = {evse_id: _amps(wanted.get(evse_id)) for evse_id in drawing}
        if not is_shared:
            self._given_amps, self.over_at = amps, None
            return dict(wanted)
        if any(amps[evse_id] < self._given_amps.get(evse_id, 0.0) for evse_id in drawing):
            self.over_at = moment.monotonic + HANDOVER_SECONDS
        is_on = self.is_on(moment)
        held = {
            evse_id: Limit(self._given_amps.get(evse_id, 0.0), "profile")
            for evse_id in drawing
            if is_on and amps[evse_id] > self._given_amps.get(evse_id, 0.0)
        }
        limits = {**wanted, **held}
        self._given_amps = {evse_id: _amps(limits.get(evse_id)) for evse_id in drawing}
        return limits

    def is_on(self, moment: Moment) -> bool:
        """Somebody still gives way."""
        return self.over_at is not None and moment.monotonic < self.over_at


def _amps(limit: Limit | None) -> float:
    return inf if limit is None else limit.amps
