"""What a session knows through the safety process: the last observation, the plug, and whether the link holds."""

from enum import StrEnum

from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.kept_faults import KeptFaults
from chargepoint.charging.last_self_test import LastSelfTest
from chargepoint.charging.same_ev import SameEv, is_same_ev
from chargepoint.model.faults import Fault
from chargepoint.model.moment import Moment
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import EvseObservation, PlugMark

SAFETY_LINK_GRACE_SECONDS = 5.0
"""A safety process that restarts within this is no fault; one that is silent for longer is, linked or not."""

SLEPT_SECONDS = 1.0
"""A deadline that is looked at so late tells of our own sleep, not of the safety process's silence."""


class PlugChange(StrEnum):
    """What an observation says about the plug that was not known before."""

    NONE = "none"
    PLUGGED_IN = "plugged_in"
    PULLED = "pulled"
    EXCHANGED = "exchanged"
    """An EV is there, but since the last look somebody has unplugged."""
    DOUBTED = "doubted"
    """An EV is there after so long an outage of the safety process that it may be another one."""


HAS_UNPLUGGED = frozenset({PlugChange.PULLED, PlugChange.EXCHANGED, PlugChange.DOUBTED})
HAS_PLUGGED_IN = frozenset({PlugChange.PLUGGED_IN, PlugChange.EXCHANGED, PlugChange.DOUBTED})
PLUG_CHANGE: dict[SameEv, PlugChange] = {
    SameEv.YES: PlugChange.NONE,
    SameEv.NO: PlugChange.EXCHANGED,
    SameEv.TOO_LONG_AGO: PlugChange.DOUBTED,
    SameEv.CANNOT_TELL: PlugChange.DOUBTED,
}


class SafetyView:
    """States E, F and pilot faults say nothing about the plug: what was known stays known."""

    def __init__(self, deadlines: Deadlines, kept_faults: KeptFaults, self_test: LastSelfTest) -> None:
        self._deadlines = deadlines
        self.kept_faults = kept_faults
        self.self_test = self_test
        self.observation: EvseObservation | None = None
        self.is_plugged_in: bool | None = None
        """None until a settled pilot has shown an EV or none, and again while nothing is heard of it."""
        self.plug: PlugMark | None = None
        """Of the EV that was seen last; None where nobody counts."""
        self._ev_seen_at: float | None = None
        """When it was seen last; None when the plug was empty then, or never seen."""
        self.link_is_lost = False
        self._word_is_due_at = 0.0

    def observe(self, observation: EvseObservation, moment: Moment) -> PlugChange:
        self.observation = observation
        self.kept_faults.see(observation)
        self.self_test.see(observation, moment)
        self.link_is_lost = False
        self._await_word(moment)
        if not observation.is_settled:
            return PlugChange.NONE
        if observation.is_plugged_in:
            return self._see_ev(observation.plug, moment.monotonic)
        if observation.pilot_state is PilotState.A:
            return self._see_no_ev()
        return PlugChange.NONE

    @property
    def settled(self) -> EvseObservation | None:
        """The last observation, if its pilot state may be believed."""
        return self.observation if self.observation is not None and self.observation.is_settled else None

    @property
    def faults(self) -> frozenset[Fault]:
        seen = self.kept_faults.faults | (frozenset() if self.observation is None else self.observation.faults)
        return seen | {Fault.SAFETY_LINK_LOST} if self.link_is_lost else seen

    @property
    def latched_faults(self) -> frozenset[Fault]:
        """What the safety process has latched, and what an earlier one had that is not over."""
        return self.kept_faults.faults

    def expect_word(self, moment: Moment) -> None:
        """The grace runs from the last word, or from the first time that one was expected: a link says nothing."""
        if not self.link_is_lost and not self._deadlines.is_armed(Deadline.SAFETY_LINK):
            self._await_word(moment)

    def grace_is_over(self, moment: Moment) -> None:
        """What was seen last is not true any more, and the EV that is seen next may be another one.

        A controller that has slept itself has not listened: it listens once more first.
        """
        if moment.monotonic - self._word_is_due_at > SLEPT_SECONDS:
            self._await_word(moment)
            return
        self.link_is_lost = True
        self.observation = self.is_plugged_in = None

    @property
    def ev_was_there(self) -> bool:
        """When the plug was seen last, however long ago."""
        return self._ev_seen_at is not None

    def forget_plug(self) -> None:
        """The next observation says anew whether an EV is there, and that it is a new one."""
        self.is_plugged_in = self.plug = self._ev_seen_at = None

    def _await_word(self, moment: Moment) -> None:
        self._word_is_due_at = moment.monotonic + SAFETY_LINK_GRACE_SECONDS
        self._deadlines.arm(Deadline.SAFETY_LINK, self._word_is_due_at)

    def _see_ev(self, plug: PlugMark | None, now: float) -> PlugChange:
        plug_before, self.plug = self.plug, plug
        seen_at, self._ev_seen_at = self._ev_seen_at, now
        self.is_plugged_in = True
        if seen_at is None:
            return PlugChange.PLUGGED_IN
        return PLUG_CHANGE[is_same_ev(plug_before, plug, now - seen_at)]

    def _see_no_ev(self) -> PlugChange:
        was_there = self._ev_seen_at is not None
        self.forget_plug()
        self.is_plugged_in = False
        return PlugChange.PULLED if was_there else PlugChange.NONE
