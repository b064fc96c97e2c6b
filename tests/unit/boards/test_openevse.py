"""A station on an OpenEVSE: the safety loop decides, the controller acts, and what goes wrong between takes power."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState
from chargepoint.safety.loop import absent_parts
from chargepoint.safety.sensors import PILOT_STATES
from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.boards.supervised import rapi
from chargepoint_hal.boards.supervised.board import amps_of
from chargepoint_hal.boards.supervised.openevse import open_board
from chargepoint_hal.contract import Board
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.pilot_controller import PilotLetter
from unit.boards.controlled_station import GO, ControlledStation
from unit.boards.fake_openevse import A, B, C, FakeOpenEvse
from unit.boards.patience import until


@pytest.fixture
def device() -> Iterator[FakeOpenEvse]:
    device = FakeOpenEvse()
    yield device
    device.close()


@pytest.fixture
def board(device: FakeOpenEvse) -> Iterator[Board]:
    board = open_board({"serial_port": device.path, "silent_seconds": 3.0})
    yield board
    board.close()


@pytest.fixture
def station(board: Board) -> ControlledStation:
    return ControlledStation(board)


def charge(station: ControlledStation, device: FakeOpenEvse) -> None:
    device.ev = B
    until(lambda: station.seen().pilot_state is PilotState.B)
    station.allow()
    device.ev = C
    until(lambda: station.seen().contactor is ContactorState.CLOSED and station.seen().contactor_commanded)


def test_a_session_from_plugging_in_to_leaving(station: ControlledStation, device: FakeOpenEvse) -> None:
    charge(station, device)
    assert device.amps == 16
    assert station.seen().faults == frozenset()
    device.ev = A
    until(lambda: station.seen().pilot_state is PilotState.A and device.mode == "FS")
    assert station.seen().contactor is ContactorState.OPEN


def test_it_does_not_charge_by_itself(device: FakeOpenEvse, station: ControlledStation) -> None:
    device.ev = C
    until(lambda: station.seen().pilot_state is PilotState.C)
    assert device.mode == "FS"
    assert not device.is_supplying()


def test_a_lower_limit_reaches_the_controller_in_whole_amps_rounded_down(
    station: ControlledStation, device: FakeOpenEvse
) -> None:
    charge(station, device)
    station.allow(13.9)
    until(lambda: station.seen() is not None and device.amps == 13)


def test_an_end_of_the_permission_opens(station: ControlledStation, device: FakeOpenEvse) -> None:
    charge(station, device)
    station.loop.apply(replace(GO, power_allowed=False), station.now)
    until(lambda: station.seen() is not None and device.mode == "FS")
    until(lambda: station.seen().contactor is ContactorState.OPEN)


@pytest.mark.parametrize(("evse_state", "fault"), list(rapi.FAULTS.items()))
def test_each_fault_of_the_controller_is_the_stations(
    station: ControlledStation, device: FakeOpenEvse, evse_state: int, fault: Fault
) -> None:
    charge(station, device)
    device.fault_state = evse_state
    until(lambda: fault in station.seen().faults and device.mode != "FE")


def test_a_lost_and_a_garbled_answer_end_nothing(station: ControlledStation, device: FakeOpenEvse) -> None:
    charge(station, device)
    device.answers_lost, device.answers_garbled = 1, 1
    polls = device.log.count("GS")
    until(lambda: station.seen() is not None and device.log.count("GS") > polls + 3)
    assert station.seen().faults == frozenset()
    assert device.is_supplying()


def test_a_silent_controller_is_a_fault_and_is_off_first_when_it_is_back(
    station: ControlledStation, device: FakeOpenEvse
) -> None:
    charge(station, device)
    device.is_dead = True
    until(lambda: Fault.BOARD_SILENT in station.seen().faults)
    assert not station.seen().contactor_commanded
    device.log.clear()
    device.is_dead = False
    until(lambda: device.mode in ("FS", "FD"))
    modes = [command for command in device.log if command in ("FE", "FS", "FD")]
    assert modes[0] in ("FS", "FD")


def test_a_loop_that_hangs_ends_the_power_and_one_that_comes_back_asks_for_it_anew(
    station: ControlledStation, device: FakeOpenEvse
) -> None:
    charge(station, device)
    until(lambda: device.mode == "FS" and not device.is_supplying())
    assert Fault.BOARD_SILENT in station.seen().faults
    until(lambda: station.seen() is not None and device.is_supplying())
    until(lambda: station.seen().faults == frozenset())


def test_a_controller_that_restarts_with_a_boot_lock_charges_again(
    station: ControlledStation, device: FakeOpenEvse
) -> None:
    charge(station, device)
    device.log.clear()
    device.restart()
    assert not device.is_supplying()
    until(lambda: station.seen() is not None and device.is_supplying() and device.amps == 16)
    assert device.log.index("FS") < device.log.index("SB")


def test_a_controller_without_a_thermometer_charges_and_says_that_none_is_fitted() -> None:
    device = FakeOpenEvse(tenths="-2560 -2560 -2560")
    board = open_board({"serial_port": device.path, "silent_seconds": 3.0})
    try:
        assert "thermometer" in absent_parts(board.evses[1])
        station = ControlledStation(board)
        charge(station, device)
        assert station.seen().faults == frozenset()
    finally:
        board.close()
        device.close()


def test_a_thermometer_that_is_lost_later_is_a_fault(station: ControlledStation, device: FakeOpenEvse) -> None:
    charge(station, device)
    device.tenths = "-2560 -2560 -2560"
    until(lambda: Fault.TEMPERATURE_SENSOR in station.seen().faults)


def test_a_controller_whose_line_is_cut_goes_on_with_6_amps_and_is_off_first_when_it_is_mended(
    device: FakeOpenEvse,
) -> None:
    board = open_board({"serial_port": device.path, "silent_seconds": 1.5, "heartbeat_seconds": 2})
    try:
        station = ControlledStation(board)
        charge(station, device)
        device.is_cut = True
        until(lambda: Fault.BOARD_SILENT in station.seen().faults)
        until(lambda: device.missed_pulse)
        assert device.is_supplying()
        assert device.amps == 6
        device.log.clear()
        device.is_cut = False
        until(lambda: device.mode in ("FS", "FD"))
        assert next(command for command in device.log if command in ("FE", "FS", "FD")) != "FE"
    finally:
        board.close()


def test_a_controller_that_restarts_is_told_again(board: Board, device: FakeOpenEvse) -> None:
    board.evses[1].control_pilot.signal_pwm(26.67)
    until(lambda: device.mode == "FE" and device.amps == 16)
    device.restart()
    until(lambda: device.amps == 16)
    board.make_safe()
    until(lambda: device.mode == "FS")
    device.restart()
    until(lambda: device.mode == "FS")


def test_a_missed_pulse_is_acknowledged_and_the_current_set_again(board: Board, device: FakeOpenEvse) -> None:
    board.evses[1].control_pilot.signal_pwm(26.67)
    until(lambda: device.mode == "FE" and device.amps == 16)
    device.log.clear()
    device.miss_pulse()
    assert device.amps == 6
    until(lambda: "SY 165" in device.log and device.amps == 16 and not device.missed_pulse)
    after = device.log[device.log.index("SY 165") + 1]
    assert after == "SC 16 V"


def test_the_heartbeat_is_written_only_where_it_is_set_otherwise(device: FakeOpenEvse) -> None:
    options = {"serial_port": device.path, "silent_seconds": 1.0}
    open_board(options).close()
    assert device.log.count("SY 5 6") == 1
    open_board(options).close()
    assert device.log.count("SY 5 6") == 1


def test_closing_leaves_the_controller_asleep(device: FakeOpenEvse) -> None:
    board = open_board({"serial_port": device.path, "silent_seconds": 1.0})
    board.evses[1].control_pilot.signal_pwm(50.0)
    until(lambda: device.mode == "FE")
    board.close()
    assert device.mode == "FS"


def test_nobody_there_is_said_when_the_board_is_opened(tmp_path: object) -> None:
    with pytest.raises(HardwareError, match="nowhere") as raised:
        open_board({"serial_port": "/dev/nowhere", "silent_seconds": 0.5})
    assert raised.value.fault is Fault.BOARD_SILENT


def test_the_station_must_see_a_loss_before_the_heartbeat_runs_out() -> None:
    with pytest.raises(BoardConfigurationError, match="heartbeat_seconds"):
        open_board({"serial_port": "/dev/null", "silent_seconds": 10.0})


def test_the_station_says_what_the_controller_can_not_do(board: Board) -> None:
    absent = absent_parts(board.evses[1])
    assert {"connector lock", "proximity pilot", "emergency stop"} <= set(absent)
    assert "thermometer" not in absent


def test_every_letter_is_a_state() -> None:
    assert set(PILOT_STATES) == set(PilotLetter)


@pytest.mark.parametrize(
    "frame",
    ["$GS^30", "$GC^20", "$GP^33", "$FE^27", "$FD^26", "$FS^31", "$SY^2E", "$SC 16 V^65", "$SY 100 6^29", "$SY 165^3C"],
)
def test_checksums_are_those_of_the_protocol(frame: str) -> None:
    text, _, told = frame.partition("^")
    assert rapi.checksum(text) == told


@pytest.mark.parametrize(
    "line", [b"", b"\r", b"$OK^00\r", b"OK 1^20\r", b"\xff\xfe\r", b"$OK fe 0 01 0000\r", b"$^24\r", b"$XX^24\r"]
)
def test_what_is_no_sound_line_is_no_answer(line: bytes) -> None:
    assert rapi.read_answer(line) is None


@pytest.mark.parametrize(
    ("duty_percent", "amps"), [(10.0, 6.0), (26.67, 16.0), (53.33, 32.0), (85.0, 51.0), (89.2, 63.0), (96.0, 80.0)]
)
def test_a_duty_is_the_current_that_an_ev_reads(duty_percent: float, amps: float) -> None:
    assert amps_of(duty_percent) == amps
