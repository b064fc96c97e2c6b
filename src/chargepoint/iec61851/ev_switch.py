"""Whether the EV at the plug has a switch S2: one without (the simplified control pilot) may draw 10 A at most. Pure.

With S2 an EV shows B before it asks for power, and again within 3 s of X1. Nobody saw how the EV came that is there
when the watch begins, so X1 asks it, and no power is offered before it has answered.
"""

from dataclasses import dataclass, replace

from chargepoint.iec61851 import timing
from chargepoint.iec61851.supply_words import SupplyInputs
from chargepoint.model.pilot import DEMAND_STATES, PilotState
from chargepoint.model.power import PlugMark


@dataclass(frozen=True, slots=True)
class EvSwitch:
    """What is known of S2 at one plug-in; the defaults are an empty plug."""

    plug: PlugMark | None = None
    asked_at: float | None = None
    """X1 asks since then; None: it has answered, or C without B before it will be answer enough."""
    is_proven: bool = False
    is_missing: bool = False

    def answers_at(self, pilot: PilotState | None) -> float | None:
        """Until when an EV that wants power may yet show its S2; None: nothing of the kind is awaited."""
        if self.asked_at is None or pilot not in DEMAND_STATES:
            return None
        return self.asked_at + timing.EV_SHOWS_S2_SECONDS


def note_switch(before: EvSwitch | None, inputs: SupplyInputs, pwm_is_on: bool, now: float) -> EvSwitch:
    """The next value; `before` is None when the watch begins."""
    pilot = inputs.pilot
    if pilot is PilotState.A:
        return EvSwitch(inputs.plug)
    known = before
    if known is None or known.plug != inputs.plug:
        known = EvSwitch(inputs.plug, asked_at=None if pwm_is_on else now)
    if pilot is PilotState.B:
        return known if known.is_proven else EvSwitch(inputs.plug, is_proven=True)
    if pilot not in DEMAND_STATES or known.is_proven or known.is_missing:
        return known
    answers_at = known.answers_at(pilot)
    if answers_at is not None and now < answers_at:
        return known
    return replace(known, asked_at=None, is_missing=True)
