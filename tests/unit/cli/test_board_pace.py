"""What happens to whoever works beside the loop reaches the person who started the check, whatever it is."""

import sys

import pytest
import typer

from chargepoint.cli.board_pace import RealPace


@pytest.mark.parametrize("error", [typer.Abort(), EOFError(), AssertionError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_every_error_of_the_work_is_raised_here(error: BaseException) -> None:
    """As typer's Abort, when the input ends in the middle of the questions."""

    def work() -> None:
        raise error

    with pytest.raises(type(error)):
        RealPace().beside(work, lambda: None)


def test_the_loop_goes_on_until_the_work_is_done() -> None:
    ticks: list[int] = []

    def work() -> str:
        while len(ticks) < 3:
            sys.getswitchinterval()
        return "done"

    assert RealPace().beside(work, lambda: ticks.append(1)) == "done"
    assert len(ticks) >= 3
