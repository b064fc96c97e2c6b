"""By how many phases an EV is supplied, and what a change between one and three of them needs. Pure.

Some EVs join their phase inputs while one phase feeds them and do not look again: three phases would be shorted there.
So a change happens with the contactor open for a minute and the pilot interrupted, and the next no sooner than five
minutes later. Fewer phases never wait for that: the EV is left without power instead.
"""

from dataclasses import dataclass, replace

from chargepoint.iec61851 import timing
from chargepoint.iec61851.supply_words import SupplyInputs, SupplyRules
from chargepoint.model.phases import PhaseSwitching
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import PlugMark


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """What is known of one plug-in."""

    plug: PlugMark | None = None
    is_unknown: bool = False
    """The EV was there before the watch began: by how many phases it was supplied nobody knows."""
    used: int | None = None
    """By the last closing; None: none yet."""
    changed_at: float | None = None
    is_interrupted: bool = False
    """State F was shown since the contactor opened."""

    def wanted(self, rules: SupplyRules, asked: int | None, now: float) -> int:
        """1 or 3: what the next closing, or the present one, is to have; None asked: as before."""
        if rules.phase_switching is PhaseSwitching.NEVER or rules.phases == 1:
            return rules.phases
        if asked is None:
            asked = self.used or rules.phases
        return 3 if asked >= 3 and not self._is_kept_on_one(rules, now) else 1

    def differs(self, rules: SupplyRules, wanted: int) -> bool:
        """To supply `wanted` phases is a change, as far as is known."""
        if rules.phase_switching is PhaseSwitching.NEVER:
            return False
        return self.is_unknown or self.used not in (None, wanted)

    def must_interrupt(self, rules: SupplyRules, now: float) -> bool:
        """Before a change the EV must be made to look at its phases anew; sites that forbid state F rely on X1."""
        return rules.state_f_on_fault and not self.is_interrupted and not self._is_too_soon(now)

    def must_wait(self, rules: SupplyRules, open_since: float | None, now: float) -> bool:
        """A change is not possible yet; `open_since` None: the contactor was never seen open."""
        has_rested = open_since is not None and now - open_since >= timing.PHASE_CHANGE_PAUSE_SECONDS
        return not has_rested or self._is_too_soon(now) or self.must_interrupt(rules, now)

    def _is_too_soon(self, now: float) -> bool:
        """The last change was less than five minutes ago."""
        return self.changed_at is not None and now - self.changed_at < timing.PHASE_CHANGE_INTERVAL_SECONDS

    def after_closing(self, phases: int, now: float) -> "PhaseChange":
        is_change = self.is_unknown or self.used not in (None, phases)
        return PhaseChange(self.plug, used=phases, changed_at=now if is_change else self.changed_at)

    def after_interruption(self) -> "PhaseChange":
        return replace(self, is_interrupted=True)

    def _is_kept_on_one(self, rules: SupplyRules, now: float) -> bool:
        if rules.phase_switching is PhaseSwitching.TO_ONE_PHASE:
            return self.is_unknown or self.used == 1
        return self.used == 1 and self._is_too_soon(now)


def note_plug(before: PhaseChange, inputs: SupplyInputs) -> PhaseChange:
    """The next value: an empty plug forgets all, another plug-in than the one that was watched is unknown."""
    if inputs.pilot is PilotState.A:
        return PhaseChange(inputs.plug)
    return before if before.plug == inputs.plug else PhaseChange(inputs.plug, is_unknown=True)
