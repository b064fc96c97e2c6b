"""The safety process's view of `station.toml`."""

import subprocess
import sys
from pathlib import Path

import pytest

from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.phases import PhaseSwitching
from chargepoint.safety.__main__ import main
from chargepoint.safety.plan import EvsePlan, SafetyPlan, read_safety_plan

WHOLE = """
[station]
run_dir = "/run/wallbox"
[board]
driver = "acme"
options = { wires = "w", depth = 2 }
[safety]
period_ms = 20
lease_seconds = 30
minimum_current_amps = 8
ventilation = true
state_f_on_fault = false
wake_up = false
outlet = "tethered"
maximum_temperature_celsius = 70
max_closings = 4
minimum_off_seconds = 15
[[evse]]
id = 1
max_current_amps = 16
phases = 1
[[evse]]
id = 2
outlet = "socket"
phase_switching = "to_one_phase"
"""


def written(directory: Path, text: str) -> Path:
    path = directory / "station.toml"
    path.write_text(text)
    return path


def test_an_empty_file_is_a_whole_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert read_safety_plan(written(tmp_path, "")) == SafetyPlan(board_options={"wires": "run/wires"})


def test_systemd_names_the_run_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/chargepoint:/run/other")
    assert read_safety_plan(written(tmp_path, "")).socket_path == Path("/run/chargepoint/safety.sock")


def test_every_key_arrives(tmp_path: Path) -> None:
    plan = read_safety_plan(written(tmp_path, WHOLE))
    rules = SupplyRules(
        minimum_current_amps=8.0,
        maximum_current_amps=16.0,
        phases=1,
        has_socket=False,
        ventilation=True,
        state_f_on_fault=False,
        wake_up=False,
        max_closings=4,
        minimum_off_seconds=15.0,
    )
    assert plan.run_dir == Path("/run/wallbox")
    assert (plan.board_driver, plan.board_options) == ("acme", {"wires": "w", "depth": 2})
    assert (plan.period_seconds, plan.lease_seconds, plan.maximum_temperature_celsius) == (0.02, 30.0, 70.0)
    assert plan.evses[0].rules == rules
    assert plan.evses[1].rules.has_socket
    assert plan.evses[1].rules.phase_switching is PhaseSwitching.TO_ONE_PHASE
    assert plan.evses[1].rules.maximum_current_amps == 32.0
    assert isinstance(plan.evses[0], EvsePlan)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[safety]\nperiod_ms = 0", "safety.period_ms: a number from 1 to 35"),
        ("[safety]\nlease_seconds = true", "safety.lease_seconds"),
        ("[safety]\nlease_seconds = nan", "safety.lease_seconds"),
        ("[safety]\nwake_up = 1", "safety.wake_up: true or false"),
        ('[safety]\noutlet = "plug"', "safety.outlet: 'socket' or 'tethered'"),
        ("safety = 3", "safety: a table is wanted"),
        ("[station]\nrun_dir = 7", "station.run_dir: a text"),
        ("[board]\noptions = 7", "board.options: a table"),
        ("[[evse]]\nphases = 2", "evse[0].phases: 1 or 3"),
        ('[[evse]]\nphase_switching = "always"', "evse[0].phase_switching: 'never' or 'to_one_phase' or 'both_ways'"),
        ('[[evse]]\nphases = 1\nphase_switching = "both_ways"', "evse[0].phase_switching: there is nothing to switch"),
        ("[[evse]]\nmax_current_amps = 90", "evse[0].max_current_amps: a number from 6 to 80"),
        ("[[evse]]\nid = 1\n[[evse]]\nid = 1", "evse.id: two EVSEs"),
        ("evse = 3", "one [[evse]] table"),
        ("evse = [3]", "evse[0]: a table is wanted"),
        ("this is no toml", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_safety_plan(written(tmp_path, text))
    assert named in str(caught.value)


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_safety_plan(written(tmp_path, "[safety]\nperiod_ms = 0\nventilation = 3\nmax_closings = 0"))
    assert len(str(caught.value).splitlines()) == 3


def test_a_missing_file_and_an_unknown_board_end_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml: can not be read" in capsys.readouterr().err
    assert main(["--config", str(written(tmp_path, '[board]\ndriver = "moock"'))]) == 2
    assert "did you mean 'mock'" in capsys.readouterr().err


def test_the_process_imports_nothing_heavy() -> None:
    heavy = ("pydantic", "typer", "rich", "asyncio", "ocpp", "websockets", "aiohttp", "sqlite3", "ssl", "_hashlib")
    code = f"import sys, chargepoint.safety.__main__; print([name for name in {heavy!r} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
