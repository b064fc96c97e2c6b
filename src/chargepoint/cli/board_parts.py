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


def check_parts(board: Board, evse_id: EvseId, report: CheckReport, say: Say, pace: Pace) -> None:
    """The outlet is live for a moment."""
    hardware = board.evses[evse_id]
    hardware.control_pilot.signal_fault()
    _wait_for(board, pace, lambda: False, SETTLED_SECONDS)
    low_volts = hardware.control_pilot.sample().low_volts
    hardware.control_pilot.signal_steady()
    steps = [Step("state F: pilot", low_volts, limits.VOLTS_LOW)]

    def followed(closed: bool) -> float | None:
        if closed:
            hardware.contactor.close(hardware.phases)
        else:
            hardware.contactor.open()
        return _wait_for(board, pace, lambda: hardware.contactor.is_closed() is closed, FEEDBACK_PATIENCE_SECONDS)

    for step in [*steps, *_feedback(hardware.contactor, followed)]:
        report.steps.append(step)
        say(step.text())


def _feedback(contactor: Contactor, followed: Callable[[bool], float | None]) -> list[Step]:
    """What the mirror contact shows already says nothing about how fast it follows."""
    before = contactor.is_closed()
    if before is None:
        return [Step("feedback of the contactor", None, limits.FEEDBACK, "none is fitted")]
    closing = (
        Step(CLOSING, None, limits.FEEDBACK, "it showed closed before") if before else _step(CLOSING, followed(True))
    )
    opened_after = followed(False)
    if closing.has_run_out:
        return [closing, Step(OPENING, None, limits.FEEDBACK, "it did not show closed before")]
    return [closing, _step(OPENING, opened_after)]


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
