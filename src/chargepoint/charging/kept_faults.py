"""Faults that outlive a restart: the safety process forgets its latches with its power, the weld does not heal by that.

They withhold power here, whatever the new safety process says, until a person has acknowledged them and it sees
nothing of them any more.
"""

from collections.abc import Callable

from chargepoint.charging.effects import Effect, RememberFaults
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import EvseObservation

KEPT_OVER_RESTARTS = frozenset({Fault.CONTACTOR_WELDED, Fault.RESIDUAL_CURRENT_SELF_TEST})


class KeptFaults:
    """Of one EVSE; each change is stored."""

    def __init__(self, evse_id: EvseId, emit: Callable[[Effect], None]) -> None:
        self._evse_id = evse_id
        self._emit = emit
        self._acknowledged: frozenset[Fault] = frozenset()
        self.faults: frozenset[Fault] = frozenset()

    def restore(self, faults: frozenset[Fault]) -> None:
        """What the disk remembers."""
        self.faults = faults

    def see(self, observation: EvseObservation) -> None:
        """Keep what latches, and let go what is acknowledged and gone."""
        latched = observation.latched_faults & KEPT_OVER_RESTARTS
        over = self._acknowledged - observation.faults
        kept = (self.faults | latched) - over
        self._acknowledged -= over
        if kept != self.faults:
            self.faults = kept
            self._emit(RememberFaults(self._evse_id, kept))

    def acknowledge(self, seen: EvseObservation | None) -> frozenset[Fault]:
        """A person says that it was looked after; ignored while the contactor may be closed, or nothing is seen."""
        if seen is None or seen.contactor.may_be_live:
            return frozenset()
        self._acknowledged = cleared = self.faults
        self.see(seen)
        return cleared
