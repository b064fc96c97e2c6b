"""Latched faults outlive a restart: the safety process forgets them with its power, the EV that leaks does not heal.

They withhold power here, whatever a new safety process says, until the rule of each is met: a settled pilot shows that
the EV has left, or a person has acknowledged them, and nothing is seen of them any more. While the safety process that
latched them lives, its own word on them counts: it has watched the plug without a break.

Where the memory itself is lost or can not be read, FAULT_MEMORY_LOST stands for whatever it held, by the strictest rule
that a driver can meet: unplug.
"""

from collections.abc import Callable, Mapping

from chargepoint.charging.effects import Effect, RememberFaults
from chargepoint.model.fault_clearing import LATCHING, is_over
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import EvseObservation


class KeptFaults:
    """Of one EVSE; each change is stored."""

    def __init__(self, evse_id: EvseId, emit: Callable[[Effect], None]) -> None:
        self._evse_id = evse_id
        self._emit = emit
        self._latched: frozenset[Fault] = frozenset()
        self._latched_by: str | None = None
        """The watch over the plug that told `_latched`; None: nobody watches it."""
        self.faults: frozenset[Fault] = frozenset()

    def restore(self, faults: frozenset[Fault]) -> None:
        """What the disk remembers."""
        self.faults = faults

    def doubt(self) -> None:
        """What the disk remembered is lost, whatever it was: the EV that is there may be the one that tripped."""
        self._keep(self.faults | {Fault.FAULT_MEMORY_LOST})

    def see(self, observation: EvseObservation) -> None:
        """Keep what latches, and let go what is over by its rule."""
        if not self.faults and not observation.latched_faults:
            return
        is_unplugged = observation.is_settled and observation.pilot_state is PilotState.A
        watch = None if observation.plug is None else observation.plug.watch
        released = self._latched if watch is not None and watch == self._latched_by else frozenset()
        gone = self.faults - observation.faults
        over = {fault for fault in gone if fault in released or is_over(fault, is_unplugged, is_acknowledged=False)}
        self._latched, self._latched_by = observation.latched_faults & LATCHING, watch
        self._keep((self.faults - over) | self._latched)

    def acknowledge(self, seen: EvseObservation | None) -> frozenset[Fault]:
        """A person says that it was looked after; ignored while the contactor may be closed, or nothing is seen.

        What the safety process has latched itself, it releases itself. Returns what is over by this.
        """
        if seen is None or seen.contactor.may_be_live:
            return frozenset()
        gone = self.faults - seen.faults
        over = frozenset(fault for fault in gone if is_over(fault, is_unplugged=False, is_acknowledged=True))
        self._keep(self.faults - over)
        return over

    def _keep(self, faults: frozenset[Fault]) -> None:
        if faults != self.faults:
            self.faults = faults
            self._emit(RememberFaults(self._evse_id, faults))


def restore_faults(
    evses: Mapping[EvseId, KeptFaults], kept: Mapping[EvseId, frozenset[Fault]], emit: Callable[[Effect], None]
) -> None:
    """What the disk remembers, once. What it remembers of an EVSE that is not here may be of any that is."""
    for evse_id, each in evses.items():
        each.restore(kept.get(evse_id, frozenset()))
    for stray in kept.keys() - evses.keys():
        for each in evses.values():
            each.doubt()
        emit(RememberFaults(stray, frozenset()))
