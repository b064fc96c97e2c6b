"""`chargepoint-safety --make-safe`: what the service manager calls when a safety process has ended, however it did."""

import os
from pathlib import Path

import pytest

from chargepoint.safety.__main__ import main
from chargepoint.safety.plan import read_safety_plan
from chargepoint.safety.process import make_safe
from chargepoint.safety.serving_lock import take
from chargepoint_hal.bench.settings import BenchSettings
from chargepoint_hal.bench.wires import EvseSignal, Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard
from chargepoint_hal.contract import PilotSignal


@pytest.fixture
def wires(tmp_path: Path) -> Wires:
    """Those of a board that charges, and whose process is gone."""
    (tmp_path / "run").mkdir()
    wires = Wires.create(tmp_path / "run" / "wires", 1)
    World(BenchSettings(), wires).step(0.0)
    hardware = MockBoard(wires).evses[1]
    hardware.control_pilot.signal_pwm(50.0)
    hardware.contactor.close(3)
    (tmp_path / "station.toml").write_text(f'[station]\nrun_dir = "{tmp_path / "run"}"\n')
    return wires


def test_the_contactor_opens_and_the_pilot_is_steady(tmp_path: Path, wires: Wires) -> None:
    assert wires.read(1, EvseSignal.CONTACTOR_COMMAND) == 1.0
    path = tmp_path / "run" / "wires"
    assert make_safe(read_safety_plan(tmp_path / "station.toml"), lambda _options: MockBoard(Wires.open(path))) == 0
    assert wires.read(1, EvseSignal.CONTACTOR_COMMAND) == 0.0
    assert wires.pilot_mode(1) is PilotSignal.STEADY


def test_a_board_that_is_served_is_left_alone(tmp_path: Path, wires: Wires, caplog: pytest.LogCaptureFixture) -> None:
    lock = take(tmp_path / "run" / "safety.sock")
    assert lock is not None
    assert main(["--config", str(tmp_path / "station.toml"), "--make-safe"]) == 1
    os.close(lock)
    assert "owns it" in caplog.text
    assert wires.read(1, EvseSignal.CONTACTOR_COMMAND) == 1.0
