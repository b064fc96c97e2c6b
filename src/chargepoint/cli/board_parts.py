"""What `chargepoint board check` measures without the loop: state F, and how fast the mirror contact follows."""

from collections.abc import Callable

from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_measuring import NEVER, SETTLED_SECONDS, Say
from chargepoint.cli.board_pace import Pace
from chargepoint.cli.board_steps import CheckReport, Step
from chargepoint.model.identifiers import EvseId
from chargepoint_hal.contract import Board, Contactor

LOOK_SECONDS = 0.001
FEEDBACK_PATIENCE_SECONDS = 5.0
CLOSING, OPENING = "feedback after a close command", "feedback after an open command"
ONE_PHASE = " with one phase"


def check_parts(board: Board, evse_id: EvseId, report: CheckReport, say: Say, pace: Pace) -> None:
    """The outlet is live for a moment."""
    hardware = board.evses[evse_id]
    hardware.control_pilot.signal_fault()
    _wait_for(board, pace, lambda: False, SETTLED_SECONDS)
    low_volts = hardware.control_pilot.sample().low_volts
    hardware.control_pilot.signal_steady()
    steps = [Step("state F: pilot", low_volts, limits.VOLTS_LOW)]

    def followed(phases: int) -> float | None:
        if phases:
            hardware.contactor.close(phases)
        else:
            hardware.contactor.open()
        is_wanted = phases > 0
        return _wait_for(board, pace, lambda: hardware.contactor.is_closed() is is_wanted, FEEDBACK_PATIENCE_SECONDS)

    steps += _feedback(hardware.contactor, followed, hardware.phases)
    if hardware.switches_phases:
        _wait_for(board, pace, lambda: False, SETTLED_SECONDS)
        steps += _feedback(hardware.contactor, followed, 1, ONE_PHASE)
    for step in steps:
        report.steps.append(step)
        say(step.text())


def _feedback(
    contactor: Contactor, followed: Callable[[int], float | None], phases: int, words: str = ""
) -> list[Step]:
    """What the mirror contact shows already says nothing about how fast it follows."""
    before = contactor.is_closed()
    if before is None:
        return [Step(f"feedback of the contactor{words}", None, limits.FEEDBACK, "none is fitted")]
    closing_name, opening_name = f"{CLOSING}{words}", f"{OPENING}{words}"
    closing = (
        Step(closing_name, None, limits.FEEDBACK, "it showed closed before")
        if before
        else _step(closing_name, followed(phases))
    )
    opened_after = followed(0)
    if closing.has_run_out:
        return [closing, Step(opening_name, None, limits.FEEDBACK, "it did not show closed before")]
    return [closing, _step(opening_name, opened_after)]


def _step(name: str, seconds: float | None) -> Step:
    if seconds is None:
        return Step(name, None, limits.FEEDBACK, NEVER, has_run_out=True)
    return Step(name, seconds, limits.FEEDBACK)


def _wait_for(board: Board, pace: Pace, claim: Callable[[], bool], most_seconds: float) -> float | None:
    """Seconds until it was true; the alive line is toggled meanwhile."""
    began = pace.now()
    while (now := pace.now()) - began < most_seconds:
        if claim():
            return now - began
        if board.alive_line is not None:
            board.alive_line.toggle()
        pace.sleep(LOOK_SECONDS)
    return None
