"""The way from a clone to the two services on a Raspberry Pi: what its page has people type is there and fits."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from chargepoint_hal.boards.raspberry_pi.options import EVSE_RULES, RULES
from unit.systemd.test_unit_files import read_unit

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "hardware" / "raspberry-pi.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TYPED = [line for language, block in BLOCKS if not language for line in block.splitlines()]
AS_CHARGEPOINT = ROOT / "systemd" / "as-chargepoint"


def test_every_file_that_is_installed_or_run_is_in_the_clone() -> None:
    named = {word for line in TYPED for word in shlex.split(line) if re.match(r"(\./)?(systemd|tools)/", word)}
    assert all((ROOT / name).exists() for name in named)
    shipped = {path.name for path in (ROOT / "systemd").iterdir() if path.is_file()}
    assert {Path(name).name for name in named if "systemd/" in name} == shipped, "and nothing is left behind"


def test_the_units_start_what_is_installed_where_it_is_installed() -> None:
    assert "sudo python3 -m venv /opt/chargepoint" in TYPED
    for name in ("chargepoint-safety.service", "chargepoint.service"):
        command = shlex.split(read_unit(name)["Service"]["ExecStart"])
        assert Path(command[0]).parent == Path("/opt/chargepoint/bin")
        assert command[command.index("--config") + 1] == "/etc/chargepoint/station.toml"
    (install,) = (line for line in TYPED if "pip install" in line)
    (extras,) = re.findall(r"'\.\[([\w,-]+)\]'", install)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


@pytest.mark.parametrize("name", sorted({*RULES.options, *EVSE_RULES.options}))
def test_every_pin_and_channel_is_in_the_wiring_table(name: str) -> None:
    if name.endswith(("_pin", "_channel")):
        (table,) = re.findall(r"^\| signal \| option \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
        assert f"`{name}`" in table


def as_chargepoint(folder: Path, *words: str) -> list[str]:
    """What it would have the service manager start."""
    fake = folder / "systemd-run"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        [AS_CHARGEPOINT, *words], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()


def test_work_at_the_board_has_the_rights_of_the_safety_service(tmp_path: Path) -> None:
    words = as_chargepoint(tmp_path, "board", "calibrate", "--evse", "2")
    place = words.index("/opt/chargepoint/bin/chargepoint")
    assert words[place + 1 :] == ["board", "calibrate", "--evse", "2", "--config", "/etc/chargepoint/station.toml"]
    given = dict(word.removeprefix("--property=").split("=", 1) for word in words if word.startswith("--property="))
    service = read_unit("chargepoint-safety.service")["Service"]
    for key in ("User", "Group", "UMask", "SupplementaryGroups", "AmbientCapabilities", "LimitRTPRIO", "LimitMEMLOCK"):
        assert given[key] == service[key]
    assert given["RuntimeDirectory"] == service["RuntimeDirectory"], "where the lock of the board is"


def test_other_commands_are_started_as_they_are_typed(tmp_path: Path) -> None:
    assert as_chargepoint(tmp_path, "meter", "scan")[-2:] == ["meter", "scan"]


def test_the_rule_of_udev_hands_the_pwm_to_the_group_of_the_pins() -> None:
    (rule,) = (
        line
        for line in (ROOT / "systemd" / "60-chargepoint-pwm.rules").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    assert "chgrp -R gpio /sys%p" in rule
    assert 'ACTION!="remove"' in rule, "an exported channel is a change of its chip"
    assert "gpio" in read_unit("chargepoint-safety.service")["Service"]["SupplementaryGroups"].split()
    if (udevadm := shutil.which("udevadm")) is not None:
        verified = subprocess.run([udevadm, "verify", "--help"], capture_output=True, check=False, timeout=60)
        if verified.returncode == 0:
            subprocess.run([udevadm, "verify", ROOT / "systemd" / "60-chargepoint-pwm.rules"], check=True, timeout=60)
