"""Block G of OCPP 2.0.1 by the steps of part 6: statuses, availability by station, EVSE and connector, lock failure."""

from pathlib import Path
from typing import Any

import pytest

from scenarios.part6 import TestTool, ask
from scenarios.stories import all_told, assert_all_billed, calls_of_station, tell, told_statuses
from support.rig import Rig

SHORT = {"connection_time_out_seconds": "5"}
PLACES: dict[str, dict[str, Any]] = {
    "station": {},
    "EVSE": {"evse": {"id": 1}},
    "connector": {"evse": {"id": 1, "connectorId": 1}},
}
of_every_place = pytest.mark.parametrize("place", sorted(PLACES))


async def make(rig: Rig, word: str, place: str) -> str:
    answer = await ask(rig, "ChangeAvailability", {"operationalStatus": word, **PLACES[place]})
    return str(answer["status"])


async def told(rig: Rig, word: str, evse: int = 1) -> None:
    await rig.until(lambda: rig.csms.record.status(evse) == word, 15, f"EVSE {evse} is told as {word}")


def others(place: str) -> str:
    """What the EVSE beside it is while the place is out of service."""
    return "Unavailable" if place == "station" else "Available"


async def is_dead(rig: Rig, evse: int = 1) -> None:
    rig.plug_in(evse)
    await rig.wait(3)
    await rig.swipe(evses=(evse,))
    await rig.wait(15)
    assert not rig.is_live(evse)
    rig.plug_out(evse)
    await rig.wait(3)


@pytest.mark.requirement("G01.FR.01")
@pytest.mark.requirement("G01.FR.03", "G01.FR.04")
def test_a_plug_makes_it_occupied_and_leaves_it_available(tmp_path: Path) -> None:
    """TC_G_01_CS, TC_G_02_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig)
        await tool.ev_connected_pre_session()
        rig.plug_out()
        await tool.status("Available")
        assert told_statuses(rig) == ["Available", "Occupied", "Available"]

    tell(tmp_path, "2.0.1", story)


@of_every_place
@pytest.mark.requirement("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.06", "G03.FR.07")
@pytest.mark.requirement("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.07", "G04.FR.08")
@pytest.mark.requirement("G01.FR.07")
def test_out_of_service_and_back(tmp_path: Path, place: str) -> None:
    """TC_G_03_CS, TC_G_04_CS, TC_G_05_CS, TC_G_06_CS, TC_G_07_CS, TC_G_08_CS"""

    async def story(rig: Rig) -> None:
        assert await make(rig, "Inoperative", place) == "Accepted"
        await told(rig, "Unavailable")
        await told(rig, others(place), 2)
        await is_dead(rig)
        assert await make(rig, "Operative", place) == "Accepted"
        await told(rig, "Available")
        await told(rig, "Available", 2)
        tool = TestTool(rig)
        await tool.ev_connected_pre_session()
        await tool.energy_transfer_started()

    tell(tmp_path, "2.0.1", story, evses=2, settings=SHORT)


@of_every_place
@pytest.mark.requirement("G03.FR.03", "G04.FR.04")
def test_what_is_so_already_is_accepted(tmp_path: Path, place: str) -> None:
    """TC_G_09_CS, TC_G_10_CS, TC_G_12_CS, TC_G_13_CS, TC_G_15_CS, TC_G_16_CS"""

    async def story(rig: Rig) -> None:
        assert await make(rig, "Operative", place) == "Accepted"
        assert rig.csms.record.status(1) == rig.csms.record.status(2) == "Available"
        assert await make(rig, "Inoperative", place) == "Accepted"
        await told(rig, "Unavailable")
        assert await make(rig, "Inoperative", place) == "Accepted"
        await rig.wait(5)
        assert rig.csms.record.status(1) == "Unavailable"
        assert rig.csms.record.status(2) == others(place)

    tell(tmp_path, "2.0.1", story, evses=2)


@of_every_place
@pytest.mark.parametrize("stop", ["Authorized", "EVConnected"])
@pytest.mark.requirement("G03.FR.05", "G04.FR.06")
@pytest.mark.requirement("G01.FR.05")
def test_it_waits_for_the_transaction(tmp_path: Path, place: str, stop: str) -> None:
    """TC_G_11_CS, TC_G_14_CS, TC_G_17_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, stop=[stop]).configure()
        await tool.energy_transfer_started()
        assert await make(rig, "Inoperative", place) == "Scheduled"
        await told(rig, others(place), 2)
        await rig.wait(10)
        assert rig.is_live()
        await tool.stop_authorized()
        if stop == "Authorized":
            await told(rig, "Unavailable")
        await tool.ev_connected_post_session()
        if stop == "EVConnected":
            assert rig.csms.record.status(1) == "Occupied", "the transaction goes on"
        rig.plug_out()
        await told(rig, "Unavailable")
        await is_dead(rig)
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, evses=2)


@of_every_place
@pytest.mark.requirement("G03.FR.08", "G04.FR.09")
@pytest.mark.requirement("G01.FR.02")
def test_it_outlives_a_reboot(tmp_path: Path, place: str) -> None:
    """TC_G_18_CS, TC_G_19_CS, TC_G_21_CS"""

    async def story(rig: Rig) -> None:
        assert await make(rig, "Inoperative", place) == "Accepted"
        await told(rig, "Unavailable")
        before = len(rig.csms.record.statuses)
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.until(lambda: len(rig.csms.record.statuses) >= before + 2, 20)
        notes = rig.csms.record.statuses[before:]
        assert {note.evse_id: note.status for note in notes} == {1: "Unavailable", 2: others(place)}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("G05.FR.01", "G05.FR.02")
def test_without_a_locked_plug_there_is_no_energy(tmp_path: Path) -> None:
    """TC_G_20_CS"""

    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "lock_jammed", True)
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe()
        await rig.wait(30)
        assert not rig.is_live()
        told_events = [event for call in calls_of_station(rig, "NotifyEvent") for event in call["eventData"]]
        jammed = [event for event in told_events if event["component"]["name"] == "ConnectorPlugRetentionLock"]
        assert [(event["variable"]["name"], event["actualValue"]) for event in jammed] == [("Problem", "true")]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("G03.FR.01")
@pytest.mark.parametrize("evse", [{"id": 9}, {"id": 1, "connectorId": 9}])
def test_a_place_that_is_not_there_is_refused(tmp_path: Path, evse: dict[str, int]) -> None:
    async def story(rig: Rig) -> None:
        answer = await ask(rig, "ChangeAvailability", {"operationalStatus": "Inoperative", "evse": evse})
        assert answer["status"] == "Rejected"
        await rig.wait(3)
        assert rig.csms.record.status(1) == "Available"

    tell(tmp_path, "2.0.1", story)
