"""GetChargingProfiles of OCPP 2.0.1 by the steps of part 6: what is installed is told, and only what was asked for."""

from pathlib import Path
from typing import Any

import pytest

from scenarios.profiles_2_0_1 import charging, install, profile, reported, wire_time
from scenarios.stories import tell
from support.rig import Rig

Reported = list[tuple[int, dict[str, Any]]]


async def two_profiles(rig: Rig, level: int = 0) -> tuple[Reported, Reported]:
    """The memory state of these cases: one of the station, and a default of EVSE 1."""
    start = wire_time(rig.utc_now())
    station = profile((0, 16), purpose="ChargingStationMaxProfile", kind="Absolute", startSchedule=start)
    default = profile((0, 10), number=2, level=level)
    assert await install(rig, station, 0) == "Accepted"
    assert await install(rig, default, 1) == "Accepted"
    return [(0, station)], [(1, default)]


@pytest.mark.requirement("K09.FR.01", "K09.FR.02", "K09.FR.04", "K09.FR.05", "K09.FR.06")
def test_profiles_are_told_by_their_place(tmp_path: Path) -> None:
    """TC_K_29_CS, TC_K_30_CS, TC_K_31_CS"""

    async def story(rig: Rig) -> None:
        of_station, of_evse = await two_profiles(rig)
        assert await reported(rig, 0) == of_station
        assert await reported(rig, 1) == of_evse
        assert await reported(rig, 2) == []
        assert await reported(rig) == of_station + of_evse

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("K09.FR.01", "K09.FR.02")
def test_profiles_are_told_by_their_ids(tmp_path: Path) -> None:
    """TC_K_32_CS"""

    async def story(rig: Rig) -> None:
        of_station, of_evse = await two_profiles(rig)
        assert await reported(rig, chargingProfileId=[1]) == of_station
        assert await reported(rig, chargingProfileId=[1, 2, 3]) == of_station + of_evse
        assert await reported(rig, chargingProfileId=[3]) == []

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K09.FR.02", "K09.FR.04")
def test_profiles_of_an_evse_are_told_by_level_and_purpose(tmp_path: Path) -> None:
    """TC_K_33_CS, TC_K_35_CS, TC_K_36_CS"""

    async def story(rig: Rig) -> None:
        await charging(rig)
        _, of_evse = await two_profiles(rig, level=2)
        assert await reported(rig, 1, stackLevel=2) == of_evse
        assert await reported(rig, 1, stackLevel=0) == []
        assert await reported(rig, 1, chargingProfilePurpose="TxDefaultProfile") == of_evse
        assert await reported(rig, 1, chargingProfilePurpose="ChargingStationMaxProfile") == []
        assert await reported(rig, 1, chargingProfilePurpose="TxDefaultProfile", stackLevel=2) == of_evse
        assert await reported(rig, 1, chargingProfilePurpose="TxDefaultProfile", stackLevel=0) == []

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K09.FR.02", "K09.FR.04")
def test_profiles_of_an_evse_are_told_by_who_set_them(tmp_path: Path) -> None:
    """TC_K_34_CS"""

    async def story(rig: Rig) -> None:
        _, of_evse = await two_profiles(rig, level=1)
        assert await reported(rig, 1, chargingLimitSource=["CSO"]) == of_evse
        assert await reported(rig, 1, chargingLimitSource=["EMS", "Other", "SO"]) == []

    tell(tmp_path, "2.0.1", story)


def test_many_profiles_are_told_in_parts_and_none_is_left_out(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        wires = [profile(*((at, 16) for at in range(60)), number=number, level=number) for number in range(1, 9)]
        for wire in wires:
            assert await install(rig, wire) == "Accepted"
        found = await reported(rig)
        assert sorted(one["id"] for _, one in found) == list(range(1, 9))
        assert {evse for evse, _ in found} == {1}

    tell(tmp_path, "2.0.1", story)
