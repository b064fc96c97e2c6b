"""Wires carry values whole between two mappings, and refuse what is not theirs with a text that helps."""

import math
from pathlib import Path

import pytest

from chargepoint_hal.bench.settings import BenchSettings
from chargepoint_hal.bench.wires import (
    LOCK_POSITIONS,
    PILOT_MODES,
    EvseSignal,
    StationSignal,
    Wires,
    optional_truth,
)
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard, open_board
from chargepoint_hal.contract import LockPosition, PilotSignal
from chargepoint_hal.faults import Fault, HardwareError


def test_what_one_side_writes_the_other_reads(tmp_path: Path) -> None:
    board_side = Wires.create(tmp_path / "wires", 3)
    world_side = Wires.open(tmp_path / "wires")
    for number in world_side.evses:
        for signal in EvseSignal:
            board_side.write(number, signal, number * 100.0 + signal + 0.125)
    for alone in StationSignal:
        board_side.write_station(alone, alone + 0.5)
    assert [world_side.read(number, signal) for number in (1, 2, 3) for signal in EvseSignal] == [
        number * 100.0 + signal + 0.125 for number in (1, 2, 3) for signal in EvseSignal
    ]
    assert [world_side.read_station(alone) for alone in StationSignal] == [alone + 0.5 for alone in StationSignal]
    board_side.close()
    world_side.close()
    world_side.close()


def test_infinity_and_not_a_number_pass(tmp_path: Path) -> None:
    wires = Wires.in_memory(1)
    wires.write(1, EvseSignal.PROXIMITY_OHMS, math.inf)
    wires.write(1, EvseSignal.CONTACTOR_FEEDBACK, math.nan)
    assert math.isinf(wires.read(1, EvseSignal.PROXIMITY_OHMS))
    assert optional_truth(wires.read(1, EvseSignal.CONTACTOR_FEEDBACK)) is None
    assert not wires.is_set(1, EvseSignal.CONTACTOR_FEEDBACK)


def test_each_mode_and_position_has_its_own_code() -> None:
    assert set(PILOT_MODES) == set(PilotSignal)
    assert set(LOCK_POSITIONS) == set(LockPosition)
    assert len(set(PILOT_MODES.values())) == len(PilotSignal)
    assert len(set(LOCK_POSITIONS.values())) == len(LockPosition)


def test_new_wires_replace_old_ones_in_one_step(tmp_path: Path) -> None:
    old = Wires.create(tmp_path / "wires", 1)
    new = Wires.create(tmp_path / "wires", 2)
    new.write(1, EvseSignal.DUTY_PERCENT, 50.0)
    assert old.read(1, EvseSignal.DUTY_PERCENT) == 0.0
    assert new.evses == (1, 2)
    assert [entry.name for entry in tmp_path.iterdir()] == ["wires"]
    old.close()
    new.close()


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"CPWIRES\0" + b"\xff" * 56, b"CPWIRES\0\1\0\0\0\1\0\0\0" + b"\0" * 48, b"\0" * 5000],
)
def test_a_foreign_file_is_refused_with_its_path_and_a_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "wires").write_bytes(content)
    with pytest.raises(HardwareError, match=r"not a wires file.*let the board's option") as raised:
        Wires.open(tmp_path / "wires")
    assert raised.value.fault is Fault.BOARD_SILENT
    assert str(tmp_path) in str(raised.value)


def test_a_missing_file_says_to_start_the_bench(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="start the bench"):
        Wires.open(tmp_path / "absent")
    with pytest.raises(HardwareError, match="start the bench"):
        open_board({"wires": str(tmp_path / "absent"), "wait_seconds": 0})


def test_wires_without_a_world_are_a_silent_board(tmp_path: Path) -> None:
    wires = Wires.create(tmp_path / "wires", 1)
    with pytest.raises(HardwareError, match="no bench moves") as raised:
        open_board({"wires": str(tmp_path / "wires"), "wait_seconds": 0})
    assert raised.value.fault is Fault.BOARD_SILENT
    wires.close()


def test_a_bench_that_dies_is_found_and_make_safe_still_works(tmp_path: Path) -> None:
    wires = Wires.create(tmp_path / "wires", 1)
    world = World(BenchSettings(), wires)
    world.step(0.0)
    moments = [0.0]
    board = MockBoard(Wires.open(tmp_path / "wires"), clock=lambda: moments[0])
    board.evses[1].contactor.close(3)
    moments[0] = 1.9
    assert board.evses[1].control_pilot.sample().high_volts == 12.0
    moments[0] = 2.1
    with pytest.raises(HardwareError, match="start the bench again") as raised:
        board.evses[1].control_pilot.sample()
    assert raised.value.fault is Fault.BOARD_SILENT
    board.make_safe()
    assert not wires.is_set(1, EvseSignal.CONTACTOR_COMMAND)
    world.step(1.0)
    assert board.evses[1].control_pilot.sample().high_volts == 12.0
    world.stop()
    with pytest.raises(HardwareError):
        board.evses[1].control_pilot.sample()
    board.close()
    wires.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "option 'wires': is missing"),
        ({"wires": 3}, "option 'wires': a path is wanted, got 3"),
        ({"wires": "x", "wire": 1}, "option 'wire': unknown option, did you mean 'wires'"),
    ],
)
def test_wrong_options_of_the_board_are_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        open_board(options)


@pytest.mark.parametrize("evse_count", [0, 65])
def test_wires_have_a_limit(tmp_path: Path, evse_count: int) -> None:
    with pytest.raises(ValueError, match="evse_count"):
        Wires.in_memory(evse_count)


def test_an_evse_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="no EVSE 2"):
        Wires.in_memory(1).read(2, EvseSignal.DUTY_PERCENT)
