"""The two units: clean to systemd-analyze where it is present, and with what the stations in the field taught."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[3] / "systemd"
NAMES = ("chargepoint-safety.service", "chargepoint.service")
GROUPS_OF_EVERY_DEBIAN = {"dialout", "input"}

Unit = configparser.RawConfigParser


def read_unit(name: str) -> Unit:
    """systemd's format, as far as these units use it; a repeated key keeps every value, one a line."""
    lines: list[str] = []
    seen: dict[str, int] = {}
    for line in (UNITS / name).read_text().splitlines():
        key = line.split("=", 1)[0]
        if line.startswith(("[", "#")) or "=" not in line:
            lines.append(line)
        elif key in seen:
            lines[seen[key]] += "\n\t" + line.split("=", 1)[1]
        else:
            seen[key] = len(lines)
            lines.append(line)
    parser = Unit(delimiters=("=",), comment_prefixes=("#",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep the case of keys
    parser.read_string("\n".join(lines))
    return parser


@pytest.fixture(params=NAMES)
def unit(request: pytest.FixtureRequest) -> Unit:
    return read_unit(request.param)


def units_in(folder: Path, *, is_installed: bool) -> list[str]:
    """Copies of the units with their drop-in; installed: what they start is there."""
    units = shutil.copytree(UNITS, folder / "units")
    if is_installed:
        for file in (*units.glob("*.service"), *units.glob("*.d/*.conf")):
            file.write_text(
                re.sub(r"(?m)^(Exec\w+=-?)/opt/chargepoint/\S+", rf"\1{shutil.which('true')}", file.read_text())
            )
    return [str(units / name) for name in NAMES]


def complaints(units: list[str]) -> list[str]:
    """What systemd-analyze says of them."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    done = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode == 0) or done.stderr
    return (done.stdout + done.stderr).splitlines()


def test_systemd_analyze_finds_nothing_to_say_once_the_station_is_installed(tmp_path: Path) -> None:
    assert complaints(units_in(tmp_path, is_installed=True)) == []


def test_in_a_plain_clone_it_misses_nothing_but_the_station_itself(tmp_path: Path) -> None:
    found = complaints(units_in(tmp_path, is_installed=False))
    assert all(re.search(r"Command /opt/chargepoint/\S+ is not executable", line) for line in found)


def test_systemd_analyze_would_say_it(tmp_path: Path) -> None:
    units = units_in(tmp_path, is_installed=True)
    drop_in = Path(units[1] + ".d") / "slots.conf"
    drop_in.write_text(drop_in.read_text() + "RestartSoc=1\n")
    (line,) = complaints(units)
    assert "RestartSoc" in line


def test_the_units_have_the_usual_sections(unit: Unit) -> None:
    assert unit.sections() == ["Unit", "Service", "Install"]


def test_a_dead_service_is_restarted_for_ever(unit: Unit) -> None:
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"
    assert int(unit["Service"]["RestartSec"]) >= 1


def test_a_loop_that_hangs_is_killed(unit: Unit) -> None:
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["NotifyAccess"] == "main"
    assert 0 < int(unit["Service"]["WatchdogSec"]) <= 20


def test_neither_runs_as_root_and_neither_gains_rights(unit: Unit) -> None:
    assert unit["Service"]["User"] == "chargepoint"
    assert unit["Service"]["NoNewPrivileges"] == "yes"
    assert unit["Service"]["ProtectSystem"] == "strict"


def test_the_safety_process_has_no_network_and_comes_first() -> None:
    safety, controller = (read_unit(name) for name in NAMES)
    assert safety["Service"]["PrivateNetwork"] == "yes"
    assert safety["Service"]["RestrictAddressFamilies"] == "AF_UNIX"
    assert safety["Service"]["CPUSchedulingPolicy"] == "fifo"
    assert "chargepoint-safety.service" in controller["Unit"]["After"].split()
    assert controller["Service"]["ExecStart"].endswith("--attach")


def test_what_a_killed_safety_process_leaves_on_is_switched_off() -> None:
    """Its failure stops no restart."""
    service = read_unit("chargepoint-safety.service")["Service"]
    assert service["ExecStopPost"] == f"-{service['ExecStart']} --make-safe"


def test_what_faces_the_network_can_not_open_the_contactors_pins() -> None:
    safety, controller = (read_unit(name)["Service"]["DeviceAllow"] for name in NAMES)
    assert "char-gpiochip rw" in safety
    for device in ("gpio", "spi", "i2c"):
        assert device not in controller
    assert read_unit("chargepoint.service")["Service"]["DevicePolicy"] == "closed"


def test_every_group_that_debian_may_lack_is_made(unit: Unit) -> None:
    rows = [line.split() for line in (UNITS / "chargepoint.sysusers.conf").read_text().splitlines()]
    made = {row[1] for row in rows if row and row[0] in ("u", "g")}
    assert set(unit["Service"]["SupplementaryGroups"].split()) <= made | GROUPS_OF_EVERY_DEBIAN
    assert unit["Service"]["User"] in made
