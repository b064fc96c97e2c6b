"""Charging profiles are remembered as installed, in their precedence, and forgotten when they are gone."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from chargepoint.charging.effects import RememberProfiles
from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    ChargingProfile,
    ChargingSchedule,
    InstalledProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.moment import Moment
from chargepoint.smart_charging.composite_schedule import Circumstances, limit_at
from chargepoint.smart_charging.profile_set import ProfileSet
from unit.storage.station_life import NOON, open_inline

MOMENT = Moment(1000.0, NOON, True)
OLD_DATABASE = Path(__file__).parent / "databases" / "v2.sql"


def of_a_transaction(number: int, level: int = 0) -> InstalledProfile:
    schedule = ChargingSchedule(RateUnit.AMPS, (SchedulePeriod(0, 10.0), SchedulePeriod(600, 6.5, 1)))
    profile = ChargingProfile(number, level, ProfilePurpose.TX, ProfileKind.RELATIVE, schedule)
    return InstalledProfile(profile, EvseId(1), NOON, TransactionId("open"))


def weekly(number: int) -> InstalledProfile:
    schedule = ChargingSchedule(RateUnit.WATTS, (SchedulePeriod(0, 11_000.0),), NOON, 3600, 1.5)
    profile = ChargingProfile(
        number, 0, ProfilePurpose.STATION_MAX, ProfileKind.RECURRING, schedule, Recurrency.WEEKLY, NOON
    )
    return InstalledProfile(profile, WHOLE_STATION, NOON)


async def recovered_after(path: Path, *steps: tuple[InstalledProfile, ...]) -> tuple[InstalledProfile, ...]:
    storage = await open_inline(path)
    for installed in steps:
        await storage.commit([RememberProfiles(installed)], MOMENT)
    await storage.close()
    again = await open_inline(path)
    await again.close()
    return again.recovered.profiles


async def test_what_is_installed_comes_back_in_its_order(tmp_path: Path) -> None:
    both = (of_a_transaction(0, level=3), weekly(8))
    assert await recovered_after(tmp_path / "a.db", both) == both
    assert await recovered_after(tmp_path / "b.db", both, both[::-1]) == both[::-1]


async def test_what_was_replaced_or_cleared_is_gone(tmp_path: Path) -> None:
    changed = replace(weekly(8), evse_id=EvseId(2))
    assert await recovered_after(tmp_path / "a.db", (of_a_transaction(0), weekly(8)), (changed,)) == (changed,)
    assert await recovered_after(tmp_path / "b.db", (weekly(8),), ()) == ()


async def test_a_profile_that_can_not_be_read_is_left_out_and_the_rest_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.db"
    await recovered_after(path, (of_a_transaction(0), weekly(8)))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE profiles SET body = '{}' WHERE profile_id = 0")
    connection.commit()
    connection.close()
    assert await recovered_after(path) == (weekly(8),)
    assert "charging profile 0 is left out" in caplog.text


async def test_an_old_databases_profiles_are_still_there(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path)
    connection.executescript(OLD_DATABASE.read_text(encoding="utf-8"))
    connection.close()
    assert await recovered_after(path) == (of_a_transaction(0, level=3), weekly(8))


OLD_ROW = (
    '{"profile":{"profile_id":%d,"stack_level":%d,"purpose":"tx_default","kind":"absolute","schedule":{"unit":"A",'
    '"periods":[{"start_seconds":0,"limit":%f}],"start":"2025-06-01T12:00:00Z"%s}},"evse_id":%d,'
    '"installed_at":"2025-06-01T12:00:00Z"}'
)
"""As it was written before the stacks of both versions were told apart."""
IN_2_0_1 = ',"schedule_id":0,"counts_stated_phases":true'


@pytest.mark.parametrize(("words", "limit_amps"), [(IN_2_0_1, 10.0), ("", 20.0)])
async def test_an_old_default_of_an_evse_holds_as_its_version_means_it(
    tmp_path: Path, words: str, limit_amps: float
) -> None:
    path = tmp_path / "a.db"
    await recovered_after(path, ())
    connection = sqlite3.connect(path)
    for place, row in enumerate([(1, 5, 10.0, words, 0), (2, 1, 20.0, words, 1)]):
        connection.execute("INSERT INTO profiles VALUES (?, ?, 1, ?)", (row[0], place, OLD_ROW % row))
    connection.commit()
    connection.close()
    recovered = await recovered_after(path)
    assert limit_amps_of(recovered) == limit_amps
    assert limit_amps_of(await recovered_after(path, recovered)) == limit_amps, "also when stored anew"


def limit_amps_of(recovered: tuple[InstalledProfile, ...]) -> float | None:
    charging = Circumstances(EvseId(1), TransactionId("open"), NOON)
    limit = limit_at(ProfileSet.of(recovered), charging, NOON)
    return None if limit is None else limit.amps
