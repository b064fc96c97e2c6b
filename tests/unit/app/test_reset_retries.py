"""A reset that fails is tried again as often as ResetRetries says."""

from pathlib import Path

import pytest

from chargepoint.app.restart import BOOT_REASON, ProcessRestart, take_boot_reason
from chargepoint.charging.commands import ResetKind
from chargepoint.model.registration import BootReason


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


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(ResetKind.ON_IDLE, BootReason.REMOTE_RESET), (ResetKind.SCHEDULED, BootReason.SCHEDULED_RESET)],
)
def test_the_next_start_knows_whether_the_reset_had_to_wait(
    tmp_path: Path, kind: ResetKind, reason: BootReason
) -> None:
    ProcessRestart(tmp_path, StubbornMachine(0)).restart(kind, 0)
    assert take_boot_reason(tmp_path) is reason
    assert take_boot_reason(tmp_path) is BootReason.POWER_UP


def test_every_reset_has_its_boot_reason() -> None:
    assert set(BOOT_REASON) == set(ResetKind)
