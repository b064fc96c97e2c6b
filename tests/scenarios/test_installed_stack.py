"""Plug and charge in a run as an operator makes it: a package is installed, and station.toml names it."""

import os
from pathlib import Path

import pytest

from dev_csms import DevCsms
from scenarios.test_processes import in_thread
from support.installed_stack import install_stack
from support.processes import RunningStation, until


@pytest.mark.ocpp_1_6("ISO15118PnCEnabled")
async def test_a_stack_that_station_toml_names_runs_and_the_csms_finds_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, packages = tmp_path / "told", tmp_path / "packages"
    packages.mkdir()
    install_stack(packages)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")]))
    async with DevCsms() as csms:
        station = RunningStation(tmp_path, csms.url)
        text = station.config.read_text().replace("[csms]", "[csms]\nsubprotocols = ['ocpp1.6']")
        station.config.write_text(f"{text}[iso15118]\ndriver = 'theirs'\noptions = {{ told = '{told}' }}\n")
        try:
            await in_thread(station.start)
            await in_thread(until, lambda: told.exists() and told.read_text() != "", "the stack runs")
            assert told.read_text() == "enabled: True, chain: None"
            await in_thread(until, lambda: csms.station("CP-0001").is_boot_accepted, "the boot")
            answer = await csms.call("CP-0001", "GetConfiguration", {"key": ["ISO15118PnCEnabled"]})
            assert answer.payload == {
                "configurationKey": [{"key": "ISO15118PnCEnabled", "readonly": False, "value": "true"}]
            }
            assert await in_thread(station.stop) == 0
        finally:
            station.clean_up()
