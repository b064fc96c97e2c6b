"""How the conformance class of boards lets hardware act, and what it looks for meanwhile. No test of its own."""

import math
from collections.abc import Callable

import pytest

from chargepoint_hal.contract import Board, ConnectorLock, EvseHardware, LockPosition, PilotSample

Settle = Callable[[float], None]

SETTLING_SECONDS = 1.0
TICK_SECONDS = 0.02


def run_for(board: Board, settle: Settle, seconds: float) -> None:
    """Let the hardware act, with the alive line toggled as the safety loop does."""
    for _ in range(math.ceil(seconds / TICK_SECONDS)):
        if board.alive_line is not None:
            board.alive_line.toggle()
        settle(TICK_SECONDS)


def run_until(board: Board, settle: Settle, claim: Callable[[], bool], most_seconds: float = SETTLING_SECONDS) -> bool:
    """The same until it is so, at most so long; whether it is."""
    for _ in range(math.ceil(most_seconds / TICK_SECONDS)):
        if claim():
            return True
        run_for(board, settle, TICK_SECONDS)
    return claim()


def need_feedback(parts: list[EvseHardware]) -> None:
    """Skips the test where one of them has none: a contactor that nobody sees proves nothing, open or closed."""
    if any(hardware.contactor.is_closed() is None for hardware in parts):
        pytest.skip("no feedback of the contactor is fitted: neither closing nor opening can be seen")


def are_closed(parts: list[EvseHardware]) -> bool:
    """By their feedback."""
    return all(hardware.contactor.is_closed() is True for hardware in parts)


def are_open(parts: list[EvseHardware]) -> bool:
    """By their feedback."""
    return all(hardware.contactor.is_closed() is False for hardware in parts)


def is_at(lock: ConnectorLock, position: LockPosition) -> bool:
    return lock.position() is position


def shows_pwm(sample: PilotSample) -> bool:
    """A positive and a negative half at once."""
    return sample.high_volts > 2.0 and sample.low_volts < -10.0
