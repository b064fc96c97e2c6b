"""Manners of real EVs as data: each quirk is one row, the EV model has no branch on a quirk's name. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TIME_GRAIN_SECONDS = 1e-9


@dataclass(frozen=True, slots=True)
class S2Pattern:
    """How long S2 is open, closed, open, … from the moment the EV wants power and PWM is on; then closed for good."""

    spans_seconds: tuple[float, ...] = (0.1,)
    repeats: bool = False

    def is_closed(self, elapsed_seconds: float) -> bool:
        return self._span(elapsed_seconds)[0] % 2 == 1

    def next_edge(self, elapsed_seconds: float) -> float | None:
        """Elapsed seconds at the next change; None when S2 stays as it is."""
        return self._span(elapsed_seconds)[1]

    def _span(self, elapsed_seconds: float) -> tuple[int, float | None]:
        """Index of the running span and the elapsed seconds at its end."""
        length = sum(self.spans_seconds)
        rounds = int((elapsed_seconds + TIME_GRAIN_SECONDS) // length) if self.repeats else 0
        end = rounds * length
        for index, span in enumerate(self.spans_seconds):
            end += span
            if elapsed_seconds < end - TIME_GRAIN_SECONDS:
                return index, end
        return len(self.spans_seconds), None


@dataclass(frozen=True, slots=True)
class Manners:
    """How an EV behaves; the defaults are an EV that keeps the standard."""

    s2_pattern: S2Pattern = S2Pattern()
    has_s2: bool = True
    """False: a simplified pilot (IEC 61851-1 A.2.3), 882 ohms from the moment of plugging in, at most 10 A."""
    is_asleep: bool = False
    """Does not ask for power before it has seen state F for WAKE_UP_SECONDS."""
    ignores_pwm_off: bool = False
    draws_factor: float = 1.0
    """Amps drawn per amp offered."""
    follow_seconds: float = 3.0
    """From 0 A to its maximum; the standard allows 5 s."""
    bridges_phases: bool = False
    """Fed by one phase it joins its inputs and keeps them so until its pilot is interrupted: three phases break it."""


QUIRKS: Mapping[str, Manners] = MappingProxyType(
    {
        "simplified_pilot": Manners(has_s2=False),
        "sleepy": Manners(is_asleep=True),
        "bcb_toggle": Manners(s2_pattern=S2Pattern((0.5, 0.25, 0.5, 0.25, 0.5, 0.25, 2.0))),
        "ignores_pwm_off": Manners(ignores_pwm_off=True),
        "chatter": Manners(s2_pattern=S2Pattern((5.0, 5.0), repeats=True)),
        "over_current": Manners(draws_factor=1.3),
        "slow_to_follow": Manners(follow_seconds=12.0),
        "bridges_phases": Manners(bridges_phases=True),
    }
)
