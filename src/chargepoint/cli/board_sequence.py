"""The sequences of IEC 61851-1 on a real board in real time: the safety loop decides, this watches the clock."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TypeVar

from chargepoint import system_clock
from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_drivers import PwmMeasured, StateDriver
from chargepoint.cli.board_steps import CheckReport, Limits, Sample, Step
from chargepoint.model.errors import ChargePointError
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

    def until(self, claim: Callable[[EvseObservation], bool]) -> float | None:
        """When it became true; None when it never did."""
        deadline = system_clock.monotonic() + PATIENCE_SECONDS
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


class SequenceCheck:
    """Runs the list; each step is told as soon as it is measured."""

    def __init__(self, loop: CheckedLoop, driver: StateDriver, report: CheckReport, say: Say) -> None:
        self._loop = loop
        self._driver = driver
        self._report = report
        self._say = say

    def run(self) -> None:
        self._states_without_power()
        self._offer()
        self._supply()
        self._ends_of_demand()
        self._punctuality_under_load()

    def _states_without_power(self) -> None:
        self._show("A", PilotState.A)
        self._note("state A, X1: pilot", self._high_volts(), limits.VOLTS_A)
        self._show("B", PilotState.B)
        self._note("state B, X1: pilot", self._high_volts(), limits.VOLTS_B)

    def _offer(self) -> None:
        self._loop.limit_amps = FIRST_AMPS
        self._loop.until(lambda seen: seen.pilot_signal is PilotSignal.PWM)
        self._loop.mark("PWM")
        self._note("state B, X2: positive half", self._high_volts(), limits.VOLTS_B)
        self._note("state B, X2: negative half", self._low_volts(), limits.VOLTS_LOW)
        self._measure_pwm("16 A")

    def _supply(self) -> None:
        self._show("C", PilotState.C)
        asked_at = system_clock.monotonic()
        closed_at = self._loop.until(is_closed)
        note = "from the settled state C to the feedback"
        self._note("sequence 4: the contactor closes", _span(asked_at, closed_at), limits.CLOSES, note)
        self._note("state C, X2: positive half", self._high_volts(), limits.VOLTS_C)
        before = self._duty_percent()
        self._loop.limit_amps = LOWER_AMPS
        asked_at = system_clock.monotonic()
        changed_at = self._loop.until(lambda seen: seen.duty_percent not in (None, before))
        self._note("sequence 6: a lower limit is on the pilot", _span(asked_at, changed_at), limits.FOLLOWS)
        self._measure_pwm("10 A")

    def _ends_of_demand(self) -> None:
        for name, state, shown, limit in (
            ("sequence 8.1: C to B opens", "B", PilotState.B, limits.OPENS),
            ("sequence 2.2: the plug is pulled under load", "A", PilotState.A, limits.OPENS),
            ("state E opens", "E", PilotState.E, limits.OPENS_ON_SHORT),
        ):
            if not is_closed(self._seen()):
                self._show("B", PilotState.B)
                self._loop.until(lambda seen: seen.pilot_signal is PilotSignal.PWM)
                self._show("C", PilotState.C)
                self._loop.until(is_closed)
            self._loop.mark(state)
            self._loop.meanwhile(partial(self._driver.show, state))
            self._loop.until(lambda seen: not is_closed(seen))
            self._loop.until(partial(shows, shown))
            self._note(name, self._seen().last_open_seconds, limit, "from the sample to the feedback")
        self._loop.limit_amps = 0.0
        self._show("A", PilotState.A)

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

    def _high_volts(self) -> float | None:
        self._loop.rest(SETTLED_SECONDS)
        return self._seen().pilot_high_volts

    def _low_volts(self) -> float | None:
        return self._seen().pilot_low_volts

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


def check_parts(board: Board, evse_id: EvseId, report: CheckReport, say: Say) -> None:
    """What needs no loop: state F, and how fast the mirror contact follows. The outlet is live for a moment."""
    hardware = board.evses[evse_id]
    hardware.control_pilot.signal_fault()
    _wait_for(board, lambda: False, SETTLED_SECONDS)
    low_volts = hardware.control_pilot.sample().low_volts
    hardware.control_pilot.signal_steady()
    found = [Step("state F: pilot", low_volts, limits.VOLTS_LOW)]
    if hardware.contactor.is_closed() is None:
        found.append(Step("feedback of the contactor", None, limits.FEEDBACK, "none is fitted"))
    else:
        hardware.contactor.close(hardware.phases)
        closed = _wait_for(board, lambda: hardware.contactor.is_closed() is True, PATIENCE_SECONDS)
        hardware.contactor.open()
        opened = _wait_for(board, lambda: hardware.contactor.is_closed() is False, PATIENCE_SECONDS)
        found.append(Step("feedback after a close command", closed, limits.FEEDBACK))
        found.append(Step("feedback after an open command", opened, limits.FEEDBACK))
    for step in found:
        report.steps.append(step)
        say(step.text())


def shows(state: PilotState, seen: EvseObservation) -> bool:
    return seen.pilot_state is state


def is_closed(seen: EvseObservation) -> bool:
    return seen.contactor in (ContactorState.CLOSED, ContactorState.ASSUMED_CLOSED)


def _wait_for(board: Board, claim: Callable[[], bool], most_seconds: float) -> float | None:
    """Seconds until it was true; the alive line is toggled meanwhile."""
    began = system_clock.monotonic()
    while (now := system_clock.monotonic()) - began < most_seconds:
        if claim():
            return now - began
        if board.alive_line is not None:
            board.alive_line.toggle()
        time.sleep(0.001)
    return None


def _span(began: float, ended: float | None) -> float | None:
    return None if ended is None else max(0.0, ended - began)
