"""By how many phases an EV is supplied, and what a change between one and three of them needs. Pure.

Some EVs join their phase inputs while one phase feeds them and do not look again: three phases would be shorted there.
So a change happens with the contactor open for a minute and the pilot interrupted, and the next no sooner than five
minutes later. Fewer phases never wait for that: the EV is left without power instead.
"""

from dataclasses import dataclass, replace

from chargepoint.iec61851 import timing
from chargepoint.iec61851.supply_words import SupplyInputs, SupplyRules
from chargepoint.model.faults import Fault
from chargepoint.model.phases import PhaseSwitching
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import PlugMark


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """What is known of one plug-in."""

    plug: PlugMark | None = None
    is_unknown: bool = False
    """The EV was there before the watch began, a loose plug has flapped, or a contactor has not done as it was told: by
    how many phases it was supplied nobody knows."""
    used: int | None = None
    """By the last closing; None: none yet."""
    changed_at: float | None = None
    is_interrupted: bool = False
    """State F was shown, to its end, since the contactor opened."""
    empty_since: float | None = None
    """The plug is empty since then; None: it is not."""

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

    def must_interrupt(self, rules: SupplyRules, wanted: int, now: float) -> bool:
        """Before a change the EV must be made to look at its phases anew; sites that forbid state F rely on X1."""
        return rules.state_f_on_fault and not self.is_interrupted and not self._is_too_soon(wanted, now)

    def must_wait(self, rules: SupplyRules, wanted: int, live_at: float, now: float) -> bool:
        """It is not possible yet; `live_at`: when the contactor was last commanded closed or not seen open."""
        has_rested = now - live_at >= timing.PHASE_CHANGE_PAUSE_SECONDS
        return not has_rested or self._is_too_soon(wanted, now) or self.must_interrupt(rules, wanted, now)

    def _is_too_soon(self, wanted: int, now: float) -> bool:
        """The last change was less than five minutes ago. As many as before are no change, whatever is doubted."""
        if self.changed_at is None or self.used == wanted:
            return False
        return now - self.changed_at < timing.PHASE_CHANGE_INTERVAL_SECONDS

    def after_closing(self, phases: int, now: float) -> "PhaseChange":
        is_change = self.used != phases and (self.is_unknown or self.used is not None)
        return PhaseChange(self.plug, used=phases, changed_at=now if is_change else self.changed_at)

    def after_interruption(self) -> "PhaseChange":
        return replace(self, is_interrupted=True)

    def in_doubt(self) -> "PhaseChange":
        """It may be another EV, or have been supplied otherwise than it was ordered. When it was changed last still
        counts, and one that was supplied by nothing here is as it came."""
        if self.is_unknown or self.used is None:
            return self
        return replace(self, is_unknown=True, is_interrupted=False)

    def _is_kept_on_one(self, rules: SupplyRules, now: float) -> bool:
        if rules.phase_switching is PhaseSwitching.TO_ONE_PHASE:
            return self.is_unknown or self.used == 1
        return self.used == 1 and self._is_too_soon(3, now)


UNRULY_CONTACTORS = frozenset({Fault.CONTACTOR_STUCK_OPEN, Fault.CONTACTOR_WELDED})


def note_plug(before: PhaseChange, inputs: SupplyInputs, now: float) -> PhaseChange:
    """The next value: a plug that is empty for long enough to be no flapping contact forgets all; anything else that is
    not the plug-in which was watched is unknown, and so is what an unruly contactor has supplied."""
    if inputs.pilot is PilotState.A:
        since = now if before.empty_since is None else before.empty_since
        if now - since >= timing.UNPLUGGED_FORGIVES_CHATTER_SECONDS:
            return PhaseChange(inputs.plug, empty_since=since)
        return replace(before.in_doubt(), plug=inputs.plug, empty_since=since)
    if before.plug != inputs.plug:
        return replace(before.in_doubt(), plug=inputs.plug, empty_since=None)
    if inputs.faults & UNRULY_CONTACTORS:
        return before.in_doubt()
    return before if before.empty_since is None else replace(before, empty_since=None)
