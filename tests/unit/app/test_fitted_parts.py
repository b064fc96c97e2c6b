"""`check-config` refuses a board that lacks what the station's EVSEs need, as the safety process would at its start."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chargepoint.cli.commands import application
from chargepoint_hal.driver_options import Fitted
from chargepoint_hal.registry import BOARDS, option_rules
from support.pi_options import PI_OPTIONS

SOCKET = (
    "evse[0].outlet: a socket needs a proximity pilot and the board {!r} with these options has none: "
    'set outlet = "tethered" if the cable is fixed'
)
WITHOUT_PROXIMITY = {
    "openevse": 'serial_port = "/dev/ttyUSB0"',
    "phoenix-ev-cc": 'host = "192.0.2.10"',
    "raspberry-pi": PI_OPTIONS,
}
WITH_PROXIMITY = {
    "evse-din": 'serial_port = "/dev/ttyUSB0"',
    "phoenix-ev-cc": 'serial_port = "/dev/ttyUSB0"',
    "raspberry-pi": f"{PI_OPTIONS}proximity_channel = 1\nproximity_pull_up_ohms = 1000\n",
}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)


def told(driver: str, options: str, evses: str = "[[evse]]\n") -> tuple[int, list[str]]:
    """The exit code and what is wrong."""
    Path("station.toml").write_text(f'{evses}[board]\ndriver = "{driver}"\n[board.options]\n{options}\n', "utf-8")
    result = CliRunner().invoke(application, ["check-config", "station.toml"])
    return result.exit_code, [line.removeprefix("station.toml: ") for line in result.stderr.splitlines()]


@pytest.mark.parametrize(("driver", "options"), WITHOUT_PROXIMITY.items())
def test_a_socket_needs_a_proximity_pilot_of_whichever_board(driver: str, options: str) -> None:
    assert told(driver, options) == (2, [SOCKET.format(driver)])
    assert told(driver, options, '[[evse]]\noutlet = "tethered"\n') == (0, [])
    assert told(driver, options, '[safety]\noutlet = "tethered"\n') == (0, [])


@pytest.mark.parametrize(("driver", "options"), WITH_PROXIMITY.items())
def test_a_board_that_reads_the_cable_has_a_socket(driver: str, options: str) -> None:
    assert told(driver, options) == (0, [])


def test_an_evse_that_the_board_has_not_is_named() -> None:
    evses = '[safety]\noutlet = "tethered"\n[[evse]]\n[[evse]]\n'
    assert told("openevse", WITHOUT_PROXIMITY["openevse"], evses) == (
        2,
        ["evse[1].id: 2 is not on the board 'openevse' with these options: it has 1"],
    )


def test_phases_are_switched_where_a_board_can() -> None:
    evses = '[[evse]]\nphase_switching = "both_ways"\n'
    pi = WITH_PROXIMITY["raspberry-pi"]
    (problem,) = told("raspberry-pi", pi, evses)[1]
    assert problem.startswith("evse[0].phase_switching: a contactor of its own for L2 and L3")
    both = "contactor_feedback_pin = 27\nthree_phase_contactor_pin = 22\nthree_phase_feedback_pin = 23\n"
    assert told("raspberry-pi", f"{pi}{both}", evses) == (0, [])
    assert told("mock", "", evses) == (0, [])


def test_wrong_options_and_a_wrong_outlet_tell_nothing_of_what_is_fitted() -> None:
    """What is not known yet is not complained about."""
    assert told("openevse", 'serialport = "/dev/ttyUSB0"')[1] == [
        "board.options.serialport: unknown option, did you mean 'serial_port'?"
    ]
    (problem,) = told("openevse", WITHOUT_PROXIMITY["openevse"], '[[evse]]\noutlet = "tetherd"\n')[1]
    assert "has none" not in problem


def test_a_bench_that_the_station_starts_has_the_same_outlets() -> None:
    Path("bench.toml").write_text('[[evse]]\noutlet = "tethered"\n', "utf-8")
    code, problems = told("mock", "", '[bench]\nconfig = "bench.toml"\n')
    assert (code, problems) == (2, [SOCKET.format("mock")])


def test_every_board_of_the_project_but_the_mock_tells_what_it_brings() -> None:
    """The mock's parts are those of its bench."""
    tells = {
        name: (rules := option_rules(BOARDS, name)) is not None and rules.fitted({"evse": ()}) is not None
        for name in ("evse-din", "mock", "openevse", "phoenix-ev-cc", "raspberry-pi")
    }
    assert tells == {"evse-din": True, "mock": False, "openevse": True, "phoenix-ev-cc": True, "raspberry-pi": True}
    assert Fitted().has_proximity is False
