"""The bench as a process of its own, driven as any other program would."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from chargepoint_hal.bench.__main__ import main
from chargepoint_hal.boards.mock import MockBoard
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.registry import BOARDS, TOKEN_READERS, find_driver


@pytest.fixture
def bench(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    config = tmp_path / "bench.toml"
    config.write_text('supply_volts = 230\n[[evse]]\n[[evse]]\noutlet = "tethered"\n')
    command = [sys.executable, "-m", "chargepoint_hal.bench", "--config", str(config), "--directory", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


async def test_a_whole_life(bench: "subprocess.Popen[str]", tmp_path: Path) -> None:
    assert bench.stdout is not None
    url = bench.stdout.readline().removeprefix("bench: ").strip()
    described = json.loads((tmp_path / "bench.json").read_text())
    assert described["url"] == url
    assert described["pid"] == bench.pid
    assert described["meters"]["2"] == {"unit": 2, "map": "eastron-sdm630"}
    assert url.endswith(":" + (tmp_path / "bench.port").read_text().strip())

    board: MockBoard = find_driver(BOARDS, "mock")({"wires": described["wires"], "wait_seconds": 10})
    assert board.evses[1].proximity_pilot is not None
    assert board.evses[2].proximity_pilot is None
    assert board.evses[2].connector_lock is None
    assert board.evses[1].contactor.is_closed() is False
    async with ClientSession() as session:
        answer = await session.post(f"{url}/bench/evse/1/plug-in", json={"ready_after_seconds": 0})
        assert (await answer.json())["plugged"] is True
        assert board.evses[1].control_pilot.sample().high_volts == pytest.approx(9.0, abs=0.1)

    reader = find_driver(TOKEN_READERS, "bench")({"bench_directory": str(tmp_path), "evses": [1]})
    assert reader.wait_for_token(0.05) is None
    reader.close()

    bench.send_signal(signal.SIGTERM)
    assert bench.wait(timeout=20) == 0
    assert bench.stderr is not None
    assert bench.stderr.read() == ""
    assert not (tmp_path / "bench.json").exists()
    assert not (tmp_path / "bench.port").exists()
    with pytest.raises(HardwareError) as raised:
        board.evses[1].control_pilot.sample()
    assert raised.value.fault is Fault.BOARD_SILENT
    board.close()


def test_wrong_settings_end_with_every_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "bench.toml"
    config.write_text("prot = 1\nsupply_volts = 'x'\n")
    assert main(["--config", str(config), "--directory", str(tmp_path)]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert all(line.startswith("bench: ") for line in errors)
