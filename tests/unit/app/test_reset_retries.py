"""A reset that fails is tried again as often as ResetRetries says."""

from pathlib import Path

import pytest

from chargepoint.app.restart import ProcessRestart
from chargepoint.charging.commands import ResetKind


class StubbornMachine:
    """Refuses the first reboots."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.asked = 0

    def reboot(self) -> bool:
        self.asked += 1
        if self.asked <= self.refusals:
            raise OSError("the bus does not answer")
        return True


@pytest.mark.ocpp_1_6("ResetRetries")
@pytest.mark.parametrize(("refusals", "retries", "asked"), [(0, 3, 1), (2, 3, 3), (9, 2, 3), (9, 0, 1)])
def test_a_refused_reboot_is_asked_for_again(tmp_path: Path, refusals: int, retries: int, asked: int) -> None:
    machine = StubbornMachine(refusals)
    restart = ProcessRestart(tmp_path, machine)
    restart.restart(ResetKind.HARD, retries)
    restart.execute()
    assert machine.asked == asked
