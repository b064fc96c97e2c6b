"""The sequences of IEC 61851-1 on a real board in real time: the safety loop decides, this watches the clock."""

import time
from collections.abc import Callable
from functools import partial

from chargepoint import system_clock
from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_measuring import (
    FIRST_AMPS,
    LOWER_AMPS,
    PATIENCE_SECONDS,
    SETTLED_SECONDS,
    Measuring,
    Say,
    is_closed,
    shows,
    span,
)
from chargepoint.cli.board_steps import CheckReport, Step
from chargepoint.model.faults import PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint_hal.contract import Board


class SequenceCheck(Measuring):
    """Runs the list on a board that makes the pilot itself."""

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
        self._note("sequence 4: the contactor closes", span(asked_at, closed_at), limits.CLOSES, note)
        self._note("state C, X2: positive half", self._high_volts(), limits.VOLTS_C)
        before = self._duty_percent()
        self._loop.limit_amps = LOWER_AMPS
        asked_at = system_clock.monotonic()
        changed_at = self._loop.until(lambda seen: seen.duty_percent not in (None, before))
        self._note("sequence 6: a lower limit is on the pilot", span(asked_at, changed_at), limits.FOLLOWS)
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

    def _high_volts(self) -> float | None:
        self._loop.rest(SETTLED_SECONDS)
        return self._seen().pilot_high_volts

    def _low_volts(self) -> float | None:
        return self._seen().pilot_low_volts


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
