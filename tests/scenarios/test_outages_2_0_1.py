"""Outages in block B of OCPP 2.0.1 by the steps of part 6: how the connection is sought, and what is told after it."""

from datetime import datetime
from pathlib import Path

import pytest

from chargepoint.csms.backoff import STABLE_AFTER_SECONDS
from chargepoint.settings import catalogue
from chargepoint.settings.setting import AnySetting
from scenarios.stories import Operator, calls_of_station, tell
from support.rig import Rig

WAIT_SECONDS = 10.0
TRAVEL_SECONDS = 1.0
"""What a connection may take beside the waiting."""


async def configured(rig: Rig, *changes: tuple[AnySetting, float]) -> None:
    for setting, value in ((catalogue.RETRY_BACK_OFF_RANDOM_RANGE, 0), *changes):
        assert await Operator(rig).change(setting, f"{value:g}") == "Accepted", setting.name


async def after_an_outage(rig: Rig, threshold_seconds: float, wait_seconds: float) -> list[tuple[int, int, str]]:
    """Somebody plugs in at EVSE 1 while the CSMS is away; what is told of which connector when it is back."""
    await configured(
        rig,
        (catalogue.OFFLINE_THRESHOLD, threshold_seconds),
        (catalogue.RETRY_BACK_OFF_WAIT_MINIMUM, wait_seconds),
    )
    before = len(calls_of_station(rig, "StatusNotification"))
    rig.csms.go_offline()
    rig.plug_in(1)
    await rig.wait(2)
    rig.csms.come_back()
    await rig.until(lambda: rig.csms.channel is not None, 2 * wait_seconds, "it is back")
    await rig.wait(5)
    assert len(rig.csms.record.boots) == 1, "who was only away does not boot"
    notes = calls_of_station(rig, "StatusNotification")[before:]
    return [(note["evseId"], note["connectorId"], note["connectorStatus"]) for note in notes]


@pytest.mark.requirement("B04.FR.01")
def test_after_a_long_outage_every_connector_is_told(tmp_path: Path) -> None:
    """TC_B_51_CS"""

    async def story(rig: Rig) -> None:
        told = await after_an_outage(rig, threshold_seconds=WAIT_SECONDS, wait_seconds=WAIT_SECONDS + 2)
        assert sorted(told) == [(1, 1, "Occupied"), (2, 1, "Available"), (3, 1, "Available")]

    tell(tmp_path, "2.0.1", story, evses=3)


@pytest.mark.requirement("B04.FR.02")
def test_after_a_short_outage_only_the_connector_that_changed_is_told(tmp_path: Path) -> None:
    """TC_B_52_CS"""

    async def story(rig: Rig) -> None:
        told = await after_an_outage(rig, threshold_seconds=WAIT_SECONDS, wait_seconds=WAIT_SECONDS - 2)
        assert told == [(1, 1, "Occupied")]

    tell(tmp_path, "2.0.1", story, evses=3)


@pytest.mark.parametrize("stayed_seconds", [5.0, 90.0])
def test_a_lost_connection_is_sought_after_a_wait_that_doubles(tmp_path: Path, stayed_seconds: float) -> None:
    """TC_B_57_CS: also where the CSMS closes again before the link counts as one that works."""

    async def story(rig: Rig) -> None:
        await configured(
            rig, (catalogue.RETRY_BACK_OFF_REPEAT_TIMES, 2), (catalogue.RETRY_BACK_OFF_WAIT_MINIMUM, WAIT_SECONDS)
        )
        rig.csms.cut()
        first = await attempt_after(rig, rig.utc_now())
        await rig.until(lambda: rig.csms.channel is not None, 5, "step 3: it is let in")
        await rig.wait(stayed_seconds)
        rig.csms.go_offline()
        second = await attempt_after(rig, rig.utc_now())
        refused_at = rig.csms.attempts[-1]
        await rig.wait(1)
        rig.csms.come_back()
        third = await attempt_after(rig, refused_at)
        await rig.until(lambda: rig.csms.channel is not None, 5, "step 8: it is let in")
        assert WAIT_SECONDS <= first <= WAIT_SECONDS + TRAVEL_SECONDS
        waited = WAIT_SECONDS if stayed_seconds > STABLE_AFTER_SECONDS else 2 * WAIT_SECONDS
        assert waited <= second <= waited + TRAVEL_SECONDS
        assert 2 * waited <= third <= 2 * waited + TRAVEL_SECONDS
        await rig.wait(2)
        assert len(rig.csms.record.boots) == 1

    tell(tmp_path, "2.0.1", story)


async def attempt_after(rig: Rig, moment: datetime) -> float:
    """How long after it the station tries to connect, in seconds."""
    before = len(rig.csms.attempts)
    await rig.until(lambda: len(rig.csms.attempts) > before, 60, "an attempt")
    return float((rig.csms.attempts[-1] - moment).total_seconds())
