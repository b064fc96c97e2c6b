"""Which plug-in this is, and whether a permission was given for it. Told the time, touches nothing.

A permission dies with the plug-in it was given for, whoever is alive to take it back: at the next one the controller
has to give a new one, and a renewal of the old one that was under way allows nothing.
"""

from dataclasses import replace

from chargepoint.model.pilot import PilotState
from chargepoint.model.power import PlugMark, PowerDirective

UNWATCHED_SECONDS = 5.0
"""A plug that was out of sight for longer may have another EV: a new watch begins."""
SHOWS_THE_PLUG = frozenset({PilotState.A, PilotState.B, PilotState.C, PilotState.D})
"""E, F and pilot faults say nothing about the plug."""


class PlugWatch:
    """One EVSE's plug since this process started; `start` names the start and is never used again."""

    def __init__(self, start: str) -> None:
        self._start = start
        self._interruptions = 0
        self._shown: PilotState | None = None
        self._shown_at: float | None = None
        self.mark = PlugMark(start, 0)

    def see(self, settled: PilotState | None, now: float) -> None:
        """The settled pilot of this tick; None: it can not be read."""
        if settled not in SHOWS_THE_PLUG:
            return
        if self._shown_at is not None and now - self._shown_at > UNWATCHED_SECONDS:
            self._interruptions += 1
            self.mark = PlugMark(f"{self._start}.{self._interruptions}", 0)
            self._shown = None
        if settled is PilotState.A and self._shown is not PilotState.A:
            self.mark = replace(self.mark, generation=self.mark.generation + 1)
        self._shown, self._shown_at = settled, now

    def permitted(self, directive: PowerDirective | None) -> PowerDirective | None:
        """What is left of a directive: power only for the plug-in that it names."""
        if directive is None or not directive.power_allowed or directive.plug == self.mark:
            return directive
        return replace(directive, power_allowed=False)
