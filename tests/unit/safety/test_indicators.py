"""A board's light, its buzzer and its input for an external limit."""

from dataclasses import replace

import pytest

from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.safety.indicators import BEEP_SECONDS, Light, light_for
from chargepoint_hal.contract import EvseHardware
from chargepoint_hal.faults import Fault, HardwareError
from unit.safety.driven_loop import DrivenLoop
from unit.safety.fake_board import Cell, FakeBoard


class Panel:
    """A light, a buzzer and a limit input beside the fake board's parts."""

    def __init__(self) -> None:
        self.lights: list[tuple[bool, bool, bool]] = []
        self.sounds: list[bool] = []
        self.limited = False
        self.is_broken = False

    def show(self, red: bool, green: bool, blue: bool) -> None:
        if self.is_broken:
            raise HardwareError(Fault.BOARD_SILENT, "the lamp is gone")
        self.lights.append((red, green, blue))

    def sound(self, is_wanted: bool) -> None:
        self.sounds.append(is_wanted)

    def is_limited(self) -> bool:
        return self.limited

    def fitted(self, hardware: EvseHardware) -> EvseHardware:
        return replace(hardware, status_light=self, buzzer=self, external_limit=self)


@pytest.fixture
def panel() -> Panel:
    return Panel()


@pytest.fixture
def board(panel: Panel) -> FakeBoard:
    board = FakeBoard()
    board._evses[1] = panel.fitted(board._evses[1])
    return board


def test_the_light_follows_a_session(panel: Panel, board: FakeBoard) -> None:
    driven = DrivenLoop(board=board)
    driven.charge()
    assert panel.lights[-1] == Light.SUPPLYING.value
    board.fakes[0].plug_out()
    driven.run(1.0)
    assert panel.lights[-1] == Light.AVAILABLE.value
    assert Light.CONNECTED.value in panel.lights
    assert panel.sounds == []


def test_a_fault_is_red_and_beeps_once(panel: Panel, board: FakeBoard) -> None:
    driven = DrivenLoop(board=board)
    driven.charge()
    board.fakes[0][Cell.RCD] = 1
    driven.run(0.1)
    assert panel.lights[-1] == Light.FAULTED.value
    assert panel.sounds == [True]
    driven.run(BEEP_SECONDS + 0.1)
    assert panel.sounds == [True, False]


def test_a_broken_lamp_stops_nothing(panel: Panel, board: FakeBoard) -> None:
    panel.is_broken = True
    assert DrivenLoop(board=board).charge().faults == frozenset()


@pytest.mark.parametrize(("limit_amps", "duty_percent"), [(6.0, 10.0), (10.0, 16.7)])
def test_an_external_limit_lowers_the_duty_and_its_end_raises_it(
    panel: Panel, board: FakeBoard, limit_amps: float, duty_percent: float
) -> None:
    driven = DrivenLoop(SupplyRules(external_limit_amps=limit_amps, start_ramp_seconds=0.0), board)
    driven.charge()
    assert driven.seen.duty_percent == pytest.approx(26.7, abs=0.05)
    panel.limited = True
    assert driven.run(6.0).duty_percent == pytest.approx(duty_percent, abs=0.05)
    assert driven.seen.is_limited_externally
    panel.limited = False
    assert driven.run(6.0).duty_percent == pytest.approx(26.7, abs=0.05)


def test_an_external_limit_below_six_amps_is_a_pause(panel: Panel, board: FakeBoard) -> None:
    driven = DrivenLoop(SupplyRules(external_limit_amps=0.0), board)
    driven.charge()
    panel.limited = True
    driven.run(10.0)
    assert not board.fakes[0].is_live()


@pytest.mark.parametrize(
    ("claims", "light"),
    [
        ((True, True, True), Light.FAULTED),
        ((False, True, True), Light.SUPPLYING),
        ((False, True, False), Light.CONNECTED),
        ((False, False, False), Light.AVAILABLE),
    ],
)
def test_the_strongest_claim_is_shown(claims: tuple[bool, bool, bool], light: Light) -> None:
    assert light_for(*claims) is light
