"""What `chargepoint board check` measures: steps with their limits, and the pilot's trace. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from chargepoint.iec61851 import timing


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Limits:
    """Inclusive; None has no limit on that side."""

    low: float | None = None
    high: float | None = None
    unit: str = "V"

    def allow(self, measured: float) -> bool:
        return (self.low is None or measured >= self.low) and (self.high is None or measured <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return f"≤ {self.high:g} {self.unit}"
        if self.high is None:
            return f"≥ {self.low:g} {self.unit}"
        return f"{self.low:g}…{self.high:g} {self.unit}"


VOLTS_A = Limits(11.0, 13.0)
VOLTS_B = Limits(8.0, 10.0)
VOLTS_C = Limits(5.0, 7.0)
VOLTS_D = Limits(2.0, 4.0)
VOLTS_LOW = Limits(-13.0, -11.0)
"""IEC 61851-1 table A.4."""
FREQUENCY = Limits(995.0, 1005.0, "Hz")
"""Table A.2: 1 kHz ± 0.5 %."""
DUTY_ERROR = Limits(-1.0, 1.0, "points")
CLOSES = Limits(high=timing.CLOSE_AFTER_DEMAND_SECONDS, unit="s")
OPENS = Limits(high=timing.OPEN_AFTER_DEMAND_ENDS_SECONDS, unit="s")
"""Table A.6, sequences 2.2, 8.1 and 8.2, and 12 and 13: at a fault, state E among them, it opens at once."""
CUT_UNDER_LOAD = Limits(low=timing.OPEN_UNDER_LOAD_AFTER_SECONDS, unit="s")
STAYS_OPEN = Limits(low=timing.CLOSE_AFTER_DEMAND_SECONDS, unit="s")
"""As long as it may take to close for an EV that may be supplied (sequence 4)."""
HOLDS_F = Limits(low=timing.STATE_F_HOLD_SECONDS, unit="s")
PWM_ENDS = Limits(high=3.0, unit="s")
"""*Practice*: A2 does not last (table A.6, sequence 2.1), and no time for it is known here."""
DIODE_TOLD = Limits(high=timing.CLOSE_AFTER_DEMAND_SECONDS, unit="s")
"""*Practice*: before an EV would have to be supplied."""
FOLLOWS = Limits(high=timing.DUTY_CHANGE_DEADLINE_SECONDS, unit="s")
FEEDBACK = Limits(high=timing.CONTACTOR_FEEDBACK_SECONDS, unit="s")
WITHDRAWN = Limits(high=timing.CONTROLLER_FEEDBACK_SECONDS, unit="s")
"""Table A.6, sequence 10.2: an EV that does not react is cut then."""
TOLD_OPEN = Limits(high=1.0, unit="s")
"""A few polls of a controller that opens by itself."""
FIRST_WORD = Limits(high=10.0, unit="s")
"""What a board's start takes: X1 of 3 s, and the controller's first answers."""
BACK = Limits(high=15.0, unit="s")
NOTICED_SECONDS = 0.5
"""From the moment at which a word is too old until the station has acted on it."""
SEEN = Limits(high=30.0, unit="s")
"""No limit of a standard: whoever waits longer for a state to be seen has no such state on the pilot."""
LATENESS = Limits(high=0.05, unit="s")
"""Two samples end a demand: with this, and a contactor of 20 ms, the 0.1 s are kept."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was measured, or why it was not."""

    name: str
    measured: float | None
    limits: Limits
    note: str = ""
    has_run_out: bool = False
    """It was waited for, and never came."""

    @property
    def verdict(self) -> Verdict:
        if self.measured is None:
            return Verdict.FAILED if self.has_run_out else Verdict.NOT_MEASURED
        return Verdict.PASSED if self.limits.allow(self.measured) else Verdict.FAILED

    def text(self) -> str:
        """As it is printed."""
        measured = "–" if self.measured is None else f"{self.measured:.4g} {self.limits.unit}"
        note = f"  ({self.note})" if self.note else ""
        return f"{self.verdict:<13} {self.name}: {measured}, limit {self.limits}{note}"


@dataclass(frozen=True, slots=True)
class Sample:
    """The pilot at one tick."""

    at_seconds: float
    high_volts: float
    low_volts: float
    is_closed: bool


@dataclass(frozen=True, slots=True)
class ConformanceResult:
    """One test of the conformance classes."""

    name: str
    outcome: str
    """`passed`, `failed`, `skipped` or `not measured`."""
    seconds: float
    why: str = ""


@dataclass(slots=True)
class CheckReport:
    """Everything that was found out about one EVSE of a board."""

    board: str
    evse: int
    started_utc: str
    conformance: list[ConformanceResult] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)
    """When which state was asked for."""
    absent: list[str] = field(default_factory=list)
    """What this board does not have or can not do."""
    is_quick: bool = False
    """Much was left out: it proves that things work, not that the board is sound."""
    has_controller: bool = False
    """Pilot and contactor belong to a controller of its own."""

    @property
    def not_measured(self) -> int:
        """How many steps say nothing about the board."""
        left_out = sum(result.outcome == Verdict.NOT_MEASURED for result in self.conformance)
        return left_out + sum(step.verdict is Verdict.NOT_MEASURED for step in self.steps)

    @property
    def skipped(self) -> int:
        """How many conformance tests this board has nothing for."""
        return sum(result.outcome == "skipped" for result in self.conformance)

    @property
    def verdict(self) -> str:
        """In words, with how much of it is unknown."""
        unknown = (f", {self.not_measured} steps not measured" if self.not_measured else "") + (
            f", {self.skipped} tests skipped" if self.skipped else ""
        )
        return f"{'FAILED' if self.has_failed else 'passed'}{unknown}"

    @property
    def has_failed(self) -> bool:
        broken = any(result.outcome == "failed" for result in self.conformance)
        return broken or any(step.verdict is Verdict.FAILED for step in self.steps)
