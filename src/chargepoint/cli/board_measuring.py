"""What every list of `chargepoint board check` needs: the safety loop in the foreground, and a way to note a step."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_drivers import PwmMeasured, StateDriver
from chargepoint.cli.board_pace import Pace
from chargepoint.cli.board_steps import CheckReport, Limits, Sample, Step
from chargepoint.model.faults import PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, PowerDirective
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from chargepoint.safety.punctuality import Punctuality
from chargepoint_hal.contract import Board

T = TypeVar("T")
Say = Callable[[str], None]

PATIENCE_SECONDS = 30.0
NEVER = "it never came to be so"
LEASE_SECONDS = 10.0
SETTLED_SECONDS = 0.3
LOAD_SECONDS, QUICK_LOAD_SECONDS = 3.0, 1.0
CLOSINGS = 60
"""More than the list makes: the limit of closings in a while is the station's own matter."""
FIRST_AMPS, LOWER_AMPS = 16.0, 10.0


class CheckedLoop:
    """The safety loop over one EVSE, ticked in the foreground, with a trace of what the pilot showed."""

    def __init__(self, board: Board, plan: SafetyPlan, evse_id: EvseId, report: CheckReport, pace: Pace) -> None:
        self._pace = pace
        row = next(each for each in plan.evses if each.evse_id == evse_id)
        self.rules = replace(
            row.rules, minimum_off_seconds=0.0, start_ramp_seconds=0.0, wake_up=False, max_closings=CLOSINGS
        )
        self._loop = SafetyLoop(board, replace(plan, evses=(EvsePlan(evse_id, self.rules),)))
        self._loop.link_opened()
        self._period_seconds = plan.period_seconds
        self._evse_id = evse_id
        self._report = report
        self._started_at = pace.now()
        self._due = self._started_at
        self._signals: list[tuple[float, PilotSignal]] = []
        self.punctuality = Punctuality(plan.period_seconds)
        self.limit_amps = 0.0

    def tick(self) -> EvseObservation | None:
        """One period later."""
        self._pace.sleep(max(0.0, self._due - self._pace.now()))
        now = self._pace.now()
        self._loop.tick(now)
        seen = next(iter(self._loop.observe(now)), None)
        self.punctuality.note(now - self._due, self._pace.now() - now)
        self._due = max(self._due + self._period_seconds, now)
        if seen is not None:
            self._permit(seen, now)
            self._trace(seen, now)
        return seen

    def until(
        self, claim: Callable[[EvseObservation], bool], patience_seconds: float = PATIENCE_SECONDS
    ) -> float | None:
        """When it became true; None when it never did."""
        deadline = self._pace.now() + patience_seconds
        while self._pace.now() < deadline:
            seen = self.tick()
            if seen is not None and claim(seen):
                return seen.at_monotonic
        return None

    def rest(self, seconds: float) -> None:
        ends_at = self._pace.now() + seconds
        while self._pace.now() < ends_at:
            self.tick()

    def meanwhile(self, work: Callable[[], T]) -> T:
        """The loop goes on while somebody works; the work's errors are raised here."""
        return self._pace.beside(work, self.tick)

    def under_load(self, seconds: float) -> None:
        """Its punctuality is counted anew meanwhile."""
        with self._pace.burdened():
            self.punctuality.start_again()
            self.rest(seconds)

    def now(self) -> float:
        return self._pace.now()

    def signalled_at(self, signal: PilotSignal, since: float) -> float | None:
        """When the station began to signal so, for the first time since then."""
        return next((at for at, begun in self._signals if at >= since and begun is signal), None)

    def sampled_at(self, volts: Limits, since: float) -> float | None:
        """When the positive half was inside of these for the first time since then."""
        inside = (each.at_seconds + self._started_at for each in self._report.samples if volts.allow(each.high_volts))
        return next((at for at in inside if at >= since), None)

    def closed_at(self, since: float) -> float | None:
        """When the feedback first told of a closed contactor since then."""
        closed = (each.at_seconds + self._started_at for each in self._report.samples if each.is_closed)
        return next((at for at in closed if at >= since), None)

    def mark(self, words: str) -> None:
        self._report.marks.append((self._pace.now() - self._started_at, words))

    def make_safe(self) -> None:
        self._loop.make_safe()

    def _permit(self, seen: EvseObservation, now: float) -> None:
        is_wanted = self.limit_amps > 0.0
        directive = PowerDirective(
            evse_id=self._evse_id,
            power_allowed=is_wanted,
            limit_amps=self.limit_amps,
            lock_wanted=is_wanted and seen.is_plugged_in,
            lease_seconds=LEASE_SECONDS,
            plug=seen.plug,
        )
        self._loop.apply(directive, now)

    def _trace(self, seen: EvseObservation, now: float) -> None:
        if not self._signals or self._signals[-1][1] is not seen.pilot_signal:
            self._signals.append((now, seen.pilot_signal))
        high_volts, low_volts = seen.pilot_high_volts, seen.pilot_low_volts
        if high_volts is not None and low_volts is not None:
            is_closed = seen.contactor is ContactorState.CLOSED
            self._report.samples.append(Sample(now - self._started_at, high_volts, low_volts, is_closed))


class Measuring:
    """One list of steps; each is told as soon as it is measured."""

    def __init__(self, loop: CheckedLoop, driver: StateDriver, report: CheckReport, say: Say) -> None:
        self._loop = loop
        self._driver = driver
        self._report = report
        self._say = say

    def _punctuality_under_load(self) -> None:
        self._loop.under_load(QUICK_LOAD_SECONDS if self._report.is_quick else LOAD_SECONDS)
        told = self._loop.punctuality.told()
        note = f"{told.late_ticks} of {told.ticks} ticks late by more than a period"
        self._note("the loop under load: worst lateness", told.worst_lateness_seconds, limits.LATENESS, note)

    def _show(self, state: str, wanted: PilotState) -> None:
        """A state that nobody sees then has failed."""
        self._loop.mark(state)
        self._loop.meanwhile(lambda: self._driver.show(state))
        asked_at = self._loop.now()
        seen_at = self._loop.until(lambda seen: seen.is_settled and seen.pilot_state is wanted)
        if seen_at is None:
            self._timed(f"state {state} is seen", asked_at, seen_at, limits.SEEN)

    def _measure_pwm(self, what: str) -> None:
        wanted = self._duty_percent()
        self._loop.rest(SETTLED_SECONDS)
        found: PwmMeasured = self._loop.meanwhile(self._driver.measure_pwm)
        error = None if found.duty_percent is None or wanted is None else found.duty_percent - wanted
        self._note(f"PWM for {what}: frequency", found.frequency_hertz, limits.FREQUENCY)
        self._note(f"PWM for {what}: duty error", error, limits.DUTY_ERROR, "" if wanted is None else f"{wanted:.2f} %")

    def _duty_percent(self) -> float | None:
        return self._seen().duty_percent

    def _seen(self) -> EvseObservation:
        while (seen := self._loop.tick()) is None:
            pass
        return seen

    def _note(self, name: str, measured: float | None, limit: Limits, note: str = "") -> None:
        """None: nothing here can measure it."""
        self._tell(Step(name, measured, limit, note))

    def _timed(self, name: str, began: float, ended: float | None, limit: Limits, note: str = "") -> None:
        """How long it took; what never came to be so has failed."""
        if ended is None:
            faults = ", ".join(sorted(self._seen().faults))
            self._tell(Step(name, None, limit, f"{NEVER}: {faults}" if faults else NEVER, has_run_out=True))
        else:
            self._note(name, max(0.0, ended - began), limit, note)

    def _tell(self, step: Step) -> None:
        self._report.steps.append(step)
        self._say(step.text())


def shows(state: PilotState, seen: EvseObservation) -> bool:
    return seen.pilot_state is state


def is_closed(seen: EvseObservation) -> bool:
    return seen.contactor in (ContactorState.CLOSED, ContactorState.ASSUMED_CLOSED)
