"""Settings that change while the station runs."""

import pytest

from chargepoint.charging.events import (
    SettingChanged,
)
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SetOutcome
from chargepoint.settings.store import SettingsStore
from unit.csms.fake_neighbours import FakeStation
from unit.daemon.neighbours import FakeDisk


@pytest.fixture
def live() -> tuple[LiveSettings, FakeDisk, FakeStation]:
    disk, station = FakeDisk(), FakeStation()
    settings = LiveSettings(SettingsStore(), disk)
    settings.attach_station(station)
    return settings, disk, station


async def test_a_change_is_stored_applied_and_told(live: tuple[LiveSettings, FakeDisk, FakeStation]) -> None:
    settings, disk, station = live
    setting = catalogue.CONNECTION_TIME_OUT
    assert await settings.change(setting, "45") == (SetOutcome.ACCEPTED, "")
    assert settings.get(setting) == 45
    assert disk.saved == {setting.name: "45"}
    assert station.events == [SettingChanged(setting.name)]


async def test_what_can_not_be_stored_is_not_applied(live: tuple[LiveSettings, FakeDisk, FakeStation]) -> None:
    settings, disk, station = live
    disk.is_full = True
    outcome, why = await settings.change(catalogue.CONNECTION_TIME_OUT, "45")
    assert outcome is SetOutcome.REJECTED
    assert "disk is full" in why
    assert settings.get(catalogue.CONNECTION_TIME_OUT) == 60
    assert not station.events


@pytest.mark.parametrize("text", ["", "-1", "soon", "1e9"])
async def test_a_wrong_value_reaches_neither_disk_nor_core(
    live: tuple[LiveSettings, FakeDisk, FakeStation], text: str
) -> None:
    settings, disk, station = live
    outcome, why = await settings.change(catalogue.CONNECTION_TIME_OUT, text)
    assert outcome is SetOutcome.REJECTED
    assert why
    assert not disk.saved
    assert not station.events
