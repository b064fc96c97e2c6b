"""What a person sees: the state as rows and lines, on a terminal and in a log; and what a person may ask for."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from chargepoint.settings.station_file import read_station_file
from chargepoint_hal.bench.settings import load_settings
from live_session import main
from live_session.folder import FIRST_REGISTER_WH, IDENTITY, Recipe, RunFolder, bench_toml, station_toml
from live_session.frame_lines import FrameLine
from live_session.options import UsageError, read_options
from live_session.picture import Addresses, Picture, rows, state_line
from live_session.screen import LiveScreen, PlainScreen, screen_for

CHARGING: dict[str, Any] = {
    "evses": {
        "1": {
            "pilot_state": "C",
            "pilot_signal": "pwm",
            "duty_percent": 53.33,
            "contactor": "closed",
            "limit_amps": 32.0,
            "limit_set_by": "board",
            "session": "transaction",
            "charging_state": "Charging",
            "why_not_charging": None,
            "meter": {"currents_amps": [32.0, 32.0, 31.9], "energy_import_wh": 250020.0},
            "transaction": {"energy_wh": 20.0},
        }
    },
    "csms": {"state": "accepted", "subprotocol": "ocpp2.0.1"},
    "outbox": {"pending": 0, "dead": 0},
}


def test_both_files_that_are_written_are_right(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / 'a "quoted" place')
    folder.prepare()
    folder.bench_config.write_text(bench_toml(), encoding="utf-8")
    folder.station_config.write_text(
        station_toml(folder, Recipe("1.6", safety={"lease_seconds": 5.0}), "ws://127.0.0.1:9/ocpp"), encoding="utf-8"
    )
    station = read_station_file(folder.station_config)
    assert station.csms_identity == IDENTITY
    assert station.csms.subprotocols == ("ocpp1.6",)
    assert station.panel.port == 0
    assert station.safety.lease_seconds == 5.0
    assert Path(station.station.run_dir) == folder.run_directory
    assert station.settings["meter_value_sample_interval_seconds"] == "5"
    assert load_settings(folder.bench_config).evses[0].meter.energy_import_wh == FIRST_REGISTER_WH


def test_a_charging_station_shows_all_that_matters() -> None:
    shown = dict(rows(Picture(CHARGING)))
    assert shown["pilot"] == "C pwm 53.3 %"
    assert shown["contactor"] == "closed"
    assert shown["current"] == "32.0 A / 32.0 A / 31.9 A"
    assert shown["energy"].startswith("20.00 Wh")
    assert shown["session"] == "transaction · Charging"
    assert shown["CSMS"] == "accepted ocpp2.0.1"


def test_a_station_that_does_not_answer_shows_no_zero() -> None:
    assert not any("0" in value for _, value in rows(Picture()))
    assert state_line(Picture()) == "station: no answer"


def test_why_it_does_not_charge_is_in_the_line() -> None:
    waiting = {**CHARGING, "evses": {"1": {**CHARGING["evses"]["1"], "why_not_charging": "no card was shown"}}}
    assert "(no card was shown)" in state_line(Picture(waiting))


def test_a_log_gets_each_state_once() -> None:
    output = io.StringIO()
    screen = screen_for(Console(file=output))
    assert isinstance(screen, PlainScreen)
    for _ in range(3):
        screen.show(Picture(CHARGING), Addresses())
    screen.show_frame(FrameLine("→ CSMS", "Heartbeat", ""))
    screen.say("[a step]")
    assert output.getvalue().count("contactor closed") == 1
    assert "→ CSMS  Heartbeat\n" in output.getvalue()
    assert "== [a step]" in output.getvalue()


def test_a_terminal_gets_state_frames_story_and_addresses_at_once() -> None:
    output = io.StringIO()
    screen = screen_for(Console(file=output, force_terminal=True, width=150, height=40))
    assert isinstance(screen, LiveScreen)
    screen.open()
    screen.say("a card is swiped")
    screen.show_frame(FrameLine("→ CSMS", "Authorize", ""))
    screen.show(Picture(CHARGING), Addresses(panel="http://127.0.0.1:1", bench="http://127.0.0.1:2"))
    screen.close()
    for wanted in ("a card is swiped", "Authorize", "C pwm 53.3 %", "http://127.0.0.1:1", "http://127.0.0.1:2"):
        assert wanted in output.getvalue()


def test_options_have_the_promised_defaults() -> None:
    options = read_options([])
    assert (options.ocpp, options.ends_after_session, options.offline_demo) == ("2.0.1", False, False)
    assert read_options(["--offline-demo"]).ends_after_session
    assert read_options(["--once", "--ocpp", "1.6", "--seconds", "5"]).charge_seconds == 5.0


@pytest.mark.parametrize(
    "arguments",
    [["--bogus"], ["--ocpp", "2.1"], ["--seconds", "0"], ["--seconds", "nan"], ["--seconds", "x"], ["more"]],
)
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="usage: tools/run"):
        read_options(arguments)


def test_the_command_ends_with_2_for_wrong_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--bogus"]) == 2
    assert "--bogus" in capsys.readouterr().err
