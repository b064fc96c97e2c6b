"""The log that keeps every security event, and the table of what is told."""

import stat
from pathlib import Path

import pytest

from chargepoint.model.errors import StorageError
from chargepoint.security.security_events import CRITICALITY, SecurityEvent, name_in_1_6
from chargepoint.security.security_log import LogLimits, SecurityLog
from unit.security.authority import NOW

BOOT = SecurityEvent.STARTUP_OF_THE_DEVICE


@pytest.mark.requirement("A04.FR.04", "N01.FR.05")
def test_a04_fr_04_every_event_is_kept_in_order(tmp_path: Path) -> None:
    log = SecurityLog(tmp_path / "log")
    assert list(log.events()) == []
    log.write(BOOT, NOW, False)
    log.write(SecurityEvent.INVALID_MESSAGES, NOW, True, "a\nframe " + "x" * 400)
    first, second = SecurityLog(tmp_path / "log").events()
    assert (first.event, first.utc, first.utc_trusted, first.text) == ("StartupOfTheDevice", NOW, False, "")
    assert second.text.startswith("a\nframe x")
    assert len(second.text) == 255
    assert stat.S_IMODE((tmp_path / "log" / "security.log").stat().st_mode) == 0o600


def test_a04_fr_04_the_log_rolls_within_its_bounds(tmp_path: Path) -> None:
    log = SecurityLog(tmp_path, LogLimits(file_bytes=1000, files=3))
    for number in range(100):
        log.write(BOOT, NOW, True, f"event {number}")
    files = log.files()
    assert [path.name for path in files] == ["security.log.2", "security.log.1", "security.log"]
    assert all(path.stat().st_size <= 1000 for path in files)
    kept = [event.text for event in log.events()]
    assert kept == [f"event {number}" for number in range(100 - len(kept), 100)]
    assert len(kept) > 15


def test_a_line_cut_by_a_power_failure_spoils_no_other(tmp_path: Path) -> None:
    log = SecurityLog(tmp_path)
    log.write(BOOT, NOW, True, "before")
    with (tmp_path / "security.log").open("ab") as file:
        file.write(b'{"event": "Sta')
    log.write(BOOT, NOW, True, "after")
    assert [event.text for event in log.events()] == ["before", "after"]


def test_clearing_leaves_the_event_that_says_so(tmp_path: Path) -> None:
    log = SecurityLog(tmp_path)
    log.write(BOOT, NOW, True)
    log.clear(NOW, True)
    assert [event.event for event in log.events()] == ["SecurityLogWasCleared"]


def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("in the way")
    with pytest.raises(StorageError, match="StartupOfTheDevice"):
        SecurityLog(tmp_path / "log").write(BOOT, NOW, True)


CRITICAL_IN_1_6 = {
    "FirmwareUpdated",
    "SettingSystemTime",
    "StartupOfTheDevice",
    "ResetOrReboot",
    "SecurityLogWasCleared",
    "MemoryExhaustion",
    "TamperDetectionActivated",
}


@pytest.mark.requirement("A04.FR.01")
def test_e01_a04_fr_01_criticality_is_that_of_each_version() -> None:
    assert set(CRITICALITY) == set(SecurityEvent)
    assert {event.value for event, row in CRITICALITY.items() if row.in_1_6} == CRITICAL_IN_1_6
    assert sum(row.in_1_6 is not None for row in CRITICALITY.values()) == 18
    assert sum(row.in_2_0_1 is True for row in CRITICALITY.values()) == 16
    assert sum(row.in_2_0_1 is False for row in CRITICALITY.values()) == 5
    assert CRITICALITY[SecurityEvent.INVALID_TLS_VERSION].is_reported
    assert not CRITICALITY[SecurityEvent.INVALID_MESSAGES].is_reported


def test_the_older_spelling_of_1_6() -> None:
    assert name_in_1_6(SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE) == "InvalidChargePointCertificate"
    assert name_in_1_6(SecurityEvent.STARTUP_OF_THE_DEVICE) == "StartupOfTheDevice"
    assert name_in_1_6(SecurityEvent.MAINTENANCE_LOGIN_FAILED) is None
    assert all(len(event) <= 50 for event in SecurityEvent)
