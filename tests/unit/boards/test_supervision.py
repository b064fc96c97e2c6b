"""The thread that keeps a controller on what the station wishes outlives whatever its line and its station do."""

import termios
from collections.abc import Callable, Iterator

import pytest

from chargepoint_hal.boards.supervised.board import Abilities, SupervisedBoard, open_supervised
from chargepoint_hal.boards.supervised.supervision import Report, Supervision, Wish
from chargepoint_hal.contract import PilotSignal
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.pilot_controller import PilotLetter
from unit.boards.patience import until


class LooseAdapter:
    """A controller behind a USB adapter that can be pulled out: then the terminal layer fails, not the file."""

    place = "a loose adapter"

    def __init__(self) -> None:
        self.obeys = Wish(PilotSignal.PWM, 32.0)
        self.is_pulled_out = False
        self.failures = 0
        self.polls = 0

    def connect(self) -> None:
        self._reach()

    def carry_out(self, wish: Wish) -> None:
        self._reach()
        self.obeys = wish

    def poll(self, wish: Wish) -> Report:
        self._reach()
        self.polls += 1
        is_supplying = self.obeys.signal is PilotSignal.PWM
        return Report(PilotLetter.C, contactor_closed=is_supplying, is_obeying=self.obeys == wish)

    def disconnect(self) -> None:
        if self.is_pulled_out:
            raise termios.error(5, "Input/output error")

    def _reach(self) -> None:
        if self.is_pulled_out:
            self.failures += 1
            raise termios.error(5, "Input/output error")


@pytest.fixture
def adapter() -> LooseAdapter:
    return LooseAdapter()


@pytest.fixture
def board(adapter: LooseAdapter) -> Iterator[SupervisedBoard]:
    board = open_supervised("loose", Supervision(adapter, 5.0), Abilities())
    yield board
    board.close()


def test_an_error_that_nobody_foresaw_is_a_failure_of_the_line_and_not_the_end_of_the_thread(
    adapter: LooseAdapter, board: SupervisedBoard
) -> None:
    assert not issubclass(termios.error, OSError)
    board.evses[1].control_pilot.signal_pwm(26.7)
    until(lambda: adapter.obeys.signal is PilotSignal.PWM)
    adapter.is_pulled_out = True
    until(lambda: adapter.failures > 1)
    adapter.is_pulled_out = False
    board.make_safe()
    until(lambda: adapter.obeys.signal is PilotSignal.STEADY)


def test_an_order_is_kept_while_the_station_asks_and_given_up_when_it_does_not(adapter: LooseAdapter) -> None:
    now = [0.0]
    board = open_supervised("loose", Supervision(adapter, 2.0, lambda: now[0]), Abilities())
    pilot, contactor = board.evses[1].control_pilot, board.evses[1].contactor
    pilot.signal_pwm(26.7)
    until(lambda: contactor.is_closed() is True)
    for _ in range(4):
        now[0] += 1.0
        assert contactor.is_closed()
        polls = adapter.polls
        until(lambda polls=polls: adapter.polls > polls + 1)  # type: ignore[misc]  # bound at once
    assert adapter.obeys.signal is PilotSignal.PWM
    now[0] += 2.1
    until(lambda: adapter.obeys.signal is not PilotSignal.PWM)
    until(lambda: "asked nothing for 2 s" in _refusal(contactor.is_closed))
    assert "asked nothing for 2 s" in _refusal(lambda: pilot.signal_pwm(26.7))
    pilot.signal_steady()
    assert contactor.is_closed() is False
    pilot.signal_pwm(26.7)
    until(lambda: contactor.is_closed() is True)
    board.close()


def _refusal(ask: Callable[[], object]) -> str:
    try:
        ask()
    except HardwareError as error:
        return str(error)
    return ""
