"""What every list of `chargepoint board check` needs: the safety loop in the foreground, and a way to note a step."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TypeVar

from chargepoint import system_clock
from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_drivers import PwmMeasured, StateDriver
from chargepoint.cli.board_steps import CheckReport, Limits, Sample, Step
from chargepoint.model.errors import ChargePointError
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
LEASE_SECONDS = 10.0
SETTLED_SECONDS = 0.3
LOAD_SECONDS = 3.0
BURN = """
import os, time
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
ends_at = time.monotonic() + 10
while time.monotonic() < ends_at: pass
"""
"""An ordinary process: it inherits the real-time class of the loop, which would starve the whole machine."""
FIRST_AMPS, LOWER_AMPS = 16.0, 10.0


class CheckedLoop:
    """The safety loop over one EVSE, ticked in the foreground, with a trace of what the pilot showed."""

    def __init__(self, board: Board, plan: SafetyPlan, evse_id: EvseId, report: CheckReport) -> None:
        row = next(each for each in plan.evses if each.evse_id == evse_id)
        quick = replace(row.rules, minimum_off_seconds=0.0, start_ramp_seconds=0.0, wake_up=False)
        self._loop = SafetyLoop(board, replace(plan, evses=(EvsePlan(evse_id, quick),)))
        self._loop.link_opened()
        self._period_seconds = plan.period_seconds
        self._evse_id = evse_id
        self._report = report
        self._started_at = system_clock.monotonic()
        self._due = self._started_at
        self.punctuality = Punctuality(plan.period_seconds)
        self.limit_amps = 0.0

    def tick(self) -> EvseObservation | None:
        """One period later."""
        time.sleep(max(0.0, self._due - system_clock.monotonic()))
        now = system_clock.monotonic()
        self._loop.tick(now)
        seen = next(iter(self._loop.observe(now)), None)
        self.punctuality.note(now - self._due, system_clock.monotonic() - now)
        self._due = max(self._due + self._period_seconds, now)
        if seen is not None:
            self._permit(seen, now)
            self._trace(seen, now)
        return seen

    def until(
        self, claim: Callable[[EvseObservation], bool], patience_seconds: float = PATIENCE_SECONDS
    ) -> float | None:
        """When it became true; None when it never did."""
        deadline = system_clock.monotonic() + patience_seconds
        while system_clock.monotonic() < deadline:
            seen = self.tick()
            if seen is not None and claim(seen):
                return seen.at_monotonic
        return None

    def rest(self, seconds: float) -> None:
        ends_at = system_clock.monotonic() + seconds
        while system_clock.monotonic() < ends_at:
            self.tick()

    def meanwhile(self, work: Callable[[], T]) -> T:
        """The loop goes on while somebody works in a thread; its errors are raised here."""
        results: list[T] = []
        errors: list[Exception] = []

        def run() -> None:
            try:
                results.append(work())
            except (ChargePointError, OSError, ValueError) as error:
                errors.append(error)

        thread = threading.Thread(target=run, name="state driver", daemon=True)
        thread.start()
        while thread.is_alive():
            self.tick()
        if errors:
            raise errors[0]
        return results[0]

    def mark(self, words: str) -> None:
        self._report.marks.append((system_clock.monotonic() - self._started_at, words))

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
        burn = [sys.executable, "-c", BURN]
        with ExitStack() as exits:
            for _ in range(os.cpu_count() or 1):
                process = exits.enter_context(subprocess.Popen(burn))
                exits.callback(process.kill)
            self._loop.punctuality.start_again()
            self._loop.rest(LOAD_SECONDS)
            told = self._loop.punctuality.told()
        note = f"{told.late_ticks} of {told.ticks} ticks late by more than a period"
        self._note("the loop under load: worst lateness", told.worst_lateness_seconds, limits.LATENESS, note)

    def _show(self, state: str, wanted: PilotState) -> None:
        self._loop.mark(state)
        self._loop.meanwhile(lambda: self._driver.show(state))
        self._loop.until(lambda seen: seen.is_settled and seen.pilot_state is wanted)

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
        step = Step(name, measured, limit, note)
        self._report.steps.append(step)
        self._say(step.text())


def shows(state: PilotState, seen: EvseObservation) -> bool:
    return seen.pilot_state is state


def is_closed(seen: EvseObservation) -> bool:
    return seen.contactor in (ContactorState.CLOSED, ContactorState.ASSUMED_CLOSED)


def span(began: float, ended: float | None) -> float | None:
    """Seconds; None where it never ended."""
    return None if ended is None else max(0.0, ended - began)
