"""The openevse board keeps the contract of controlled boards, on a pty with an OpenEVSE at its end."""

from collections.abc import Iterator

import pytest

from chargepoint_hal.boards.supervised.openevse import open_board as open_openevse
from chargepoint_hal.conformance import OpenBoard
from chargepoint_hal.conformance_controlled import ControlledBoardConformance, ShowEv, Until
from chargepoint_hal.conformance_devices import Silence
from unit.boards import patience
from unit.boards.fake_openevse import A, B, C, FakeOpenEvse

EVS = {"A": A, "B": B, "C": C}


@pytest.fixture
def device() -> Iterator[FakeOpenEvse]:
    device = FakeOpenEvse()
    yield device
    device.close()


class TestOpenEvseBoard(ControlledBoardConformance):
    @pytest.fixture
    def open_board(self, device: FakeOpenEvse) -> OpenBoard:
        return lambda: open_openevse({"serial_port": device.path, "silent_seconds": 1.0})

    @pytest.fixture
    def until(self) -> Until:
        return patience.until

    @pytest.fixture
    def ev(self, device: FakeOpenEvse) -> ShowEv:
        return lambda letter: setattr(device, "ev", EVS[letter])

    @pytest.fixture
    def silence(self, device: FakeOpenEvse) -> Silence:
        return lambda: setattr(device, "is_dead", True)
