"""What the safety process was told for each EVSE, and whether it may be told so again.

A directive is repeated only while the core keeps up with what is observed of its EVSE: permission must not outlive
the mind that gave it. The lease then runs out, whatever it is that is broken.
"""

from chargepoint.charging.effects import Direct
from chargepoint.charging.power_wish import raises_power
from chargepoint.daemon.ports import DirectivePort
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import PowerDirective

CORE_FRESH_SECONDS = 5.0
"""Observations come each half second; a core that has taken in none for so long is not renewed."""


class DirectiveBook:
    """Of all EVSEs. `now` is loop time."""

    def __init__(self, directives: DirectivePort) -> None:
        self._directives = directives
        self._latest: dict[EvseId, PowerDirective] = {}
        self._sent: dict[EvseId, PowerDirective] = {}
        self._observed_at: dict[EvseId, float] = {}
        self._withheld: set[EvseId] = set()
        self._is_linked = False

    def order(self, effect: Direct) -> bool:
        """Send it now; False where it raises power and has to wait until its step is committed."""
        directive = effect.directive
        self._latest[directive.evse_id] = directive
        if effect.raises_power or raises_power(self._sent.get(directive.evse_id), directive):
            return False
        self._send(directive)
        return True

    def permit(self, directive: PowerDirective) -> None:
        """Its step is committed; what was overtaken meanwhile is never sent."""
        if self._latest.get(directive.evse_id) is directive:
            self._send(directive)

    def withhold(self, evse_id: EvseId) -> None:
        """No power for what can not be billed, until the core itself takes its permission back."""
        self._withheld.add(evse_id)

    def linked(self, is_linked: bool) -> None:
        """Whether there is a safety process to be told anything."""
        self._is_linked = is_linked

    def observed(self, evse_id: EvseId, now: float) -> None:
        """The core has taken in an observation of this EVSE."""
        self._observed_at[evse_id] = now

    def renew(self, now: float) -> bool:
        """Repeat what the core still stands for; False where it does not keep up with a linked safety process."""
        keeps_up = True
        for evse_id, directive in self._sent.items():
            observed_at = self._observed_at.get(evse_id)
            if observed_at is not None and now - observed_at < CORE_FRESH_SECONDS:
                self._directives.send(directive)
            else:
                keeps_up = not self._is_linked
        return keeps_up

    def _send(self, directive: PowerDirective) -> None:
        if not directive.power_allowed:
            self._withheld.discard(directive.evse_id)
        elif directive.evse_id in self._withheld:
            return
        self._sent[directive.evse_id] = directive
        self._directives.send(directive)
