"""GetCompositeSchedule of OCPP 2.0.1 by the steps of part 6: what results from all profiles, over time."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.share_handover import HANDOVER_SECONDS
from dev_csms.tokens import TokenRule
from scenarios.profiles_2_0_1 import (
    DEVIATION,
    EV_RULE_SECONDS,
    ask,
    both_units,
    charging,
    composite,
    install,
    offered,
    profile,
    wire_time,
)
from scenarios.stories import tell
from support.rig import KNOWN_TOKEN, Rig

SECOND = "04CCDDEE"
SLACK_SECONDS = 2
"""Between what the test reckons and the whole second that the station answers from."""


def is_after(found: tuple[int, float], seconds: float, limit: float) -> bool:
    """A period that starts so many seconds after the moment of the question, with this limit."""
    return abs(found[0] - seconds) <= SLACK_SECONDS and found[1] == limit


def valid(now: datetime, seconds: int = 401) -> dict[str, Any]:
    return {"validFrom": wire_time(now - DEVIATION), "validTo": wire_time(now + DEVIATION + timedelta(seconds=seconds))}


@both_units
@pytest.mark.requirement("K01.FR.36")
def test_a_profile_counts_from_when_it_is_valid(tmp_path: Path, unit: str) -> None:
    """TC_K_21_CS"""

    async def story(rig: Rig) -> None:
        later = wire_time(rig.utc_now() + timedelta(seconds=300))
        assert await install(rig, profile((0, 6), unit=unit, validFrom=later)) == "Accepted"
        before, after = await composite(rig, duration=400, unit=unit)
        assert before[0] == 0
        assert before[1] > 6.0
        assert is_after(after, 300, 6.0)

    tell(tmp_path, "2.0.1", story)


@both_units
@pytest.mark.requirement("K01.FR.37", "K08.FR.03", "K08.FR.06")
def test_a_profile_counts_until_it_is_not_valid_any_more_at_each_evse_and_at_all_together(
    tmp_path: Path, unit: str
) -> None:
    """TC_K_22_CS"""

    async def story(rig: Rig) -> None:
        now = rig.utc_now()
        wire = profile(
            (0, 6),
            kind="Absolute",
            unit=unit,
            startSchedule=wire_time(now),
            validFrom=wire_time(now - DEVIATION),
            validTo=wire_time(now + timedelta(seconds=300)),
        )
        assert await install(rig, wire, 0) == "Accepted"
        for evse, expected in ((0, 12.0), (1, 6.0), (2, 6.0)):
            first, then = await composite(rig, evse, 400, unit)
            assert first == (0, expected)
            assert abs(then[0] - 300) <= SLACK_SECONDS
            assert then[1] > expected

    tell(tmp_path, "2.0.1", story, evses=2)


@both_units
@pytest.mark.requirement("K01.FR.30")
def test_a_schedule_counts_from_its_start(tmp_path: Path, unit: str) -> None:
    """TC_K_23_CS"""

    async def story(rig: Rig) -> None:
        now = rig.utc_now()
        wire = profile(
            (0, 6),
            kind="Absolute",
            unit=unit,
            startSchedule=wire_time(now + timedelta(seconds=60)),
            validFrom=wire_time(now - DEVIATION + timedelta(seconds=50)),
            validTo=wire_time(now + DEVIATION + timedelta(seconds=400)),
        )
        assert await install(rig, wire) == "Accepted"
        before, after = await composite(rig, duration=300, unit=unit)
        assert before[0] == 0
        assert before[1] > 6.0
        assert is_after(after, 60, 6.0)

    tell(tmp_path, "2.0.1", story)


@both_units
@pytest.mark.requirement("K04.FR.02", "K08.FR.02", "K08.FR.03", "K08.FR.06")
def test_without_profiles_the_station_tells_what_it_is_built_for(tmp_path: Path, unit: str) -> None:
    """TC_K_39_CS"""

    async def story(rig: Rig) -> None:
        ((start, limit),) = await composite(rig, 0, 300, unit)
        assert start == 0
        assert limit == (32.0 if unit == "A" else 22.08)

    tell(tmp_path, "2.0.1", story)


@both_units
@pytest.mark.requirement("K01.FR.11", "K01.FR.12", "K01.FR.17", "K08.FR.02", "K08.FR.06")
def test_a_higher_level_overrules_while_its_schedule_runs(tmp_path: Path, unit: str) -> None:
    """TC_K_40_CS"""

    async def story(rig: Rig) -> None:
        now = rig.utc_now()
        start = wire_time(now - DEVIATION)
        lower = profile(
            (0, 6), (100, 8), (200, 10), kind="Absolute", unit=unit, startSchedule=start, duration=400, **valid(now)
        )
        higher = profile(
            (0, 7),
            (100, 9),
            (160, 1),
            number=2,
            level=1,
            kind="Absolute",
            unit=unit,
            startSchedule=start,
            duration=150,
            **valid(now),
        )
        assert await install(rig, lower) == "Accepted"
        assert await install(rig, higher) == "Accepted"
        passed = 5.0
        first, second, third, fourth = await composite(rig, duration=350, unit=unit)
        assert first == (0, 7.0)
        assert is_after(second, 100 - passed, 9.0)
        assert is_after(third, 150 - passed, 8.0), "a period past the duration never runs"
        assert is_after(fourth, 200 - passed, 10.0)

    tell(tmp_path, "2.0.1", story)


@both_units
@pytest.mark.requirement("K08.FR.02", "K08.FR.04", "K02.FR.08")
def test_the_lowest_of_all_purposes_holds_and_a_transactions_own_profile_before_the_default(
    tmp_path: Path, unit: str
) -> None:
    """TC_K_41_CS"""

    async def story(rig: Rig) -> None:
        running = await charging(rig)
        now = rig.utc_now()
        common: dict[str, Any] = {"kind": "Absolute", "unit": unit, "startSchedule": wire_time(now - DEVIATION)}
        station = profile((0, 10), purpose="ChargingStationMaxProfile", duration=86400, **common)
        default = profile(
            (0, 6), (60, 10), (120, 8), (180, 15), (260, 8), number=2, duration=300, **common, **valid(now)
        )
        own = profile(
            (0, 8),
            (50, 11),
            (140, 16),
            (200, 6),
            (240, 12),
            number=3,
            purpose="TxProfile",
            transactionId=running,
            duration=260,
            **common,
            **valid(now),
        )
        assert await install(rig, station, 0) == "Accepted"
        assert await install(rig, default) == "Accepted"
        assert await install(rig, own) == "Accepted"
        passed = 5.0
        found = await composite(rig, duration=400, unit=unit)
        expected = [(50, 10.0), (200, 6.0), (240, 10.0), (260, 8.0), (300, 10.0)]
        assert found[0] == (0, 8.0)
        assert len(found) == 1 + len(expected), found
        for one, (seconds, limit) in zip(found[1:], expected, strict=True):
            assert is_after(one, seconds - passed, limit), found
        await offered(rig, 8.0 if unit == "A" else 11.5, within_seconds=HANDOVER_SECONDS + EV_RULE_SECONDS)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K08.FR.05")
def test_no_schedule_is_told_of_an_evse_that_is_not_there(tmp_path: Path) -> None:
    """TC_K_47_CS"""

    async def story(rig: Rig) -> None:
        wanted = {"evseId": 2, "duration": 300, "chargingRateUnit": "A"}
        answer = await ask(rig, "GetCompositeSchedule", wanted)
        assert answer["status"] == "Rejected"
        assert "schedule" not in answer

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K04.FR.01", "K04.FR.05")
def test_the_stations_limit_is_shared_by_those_who_charge(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        start = wire_time(rig.utc_now())
        wire = profile((0, 20), purpose="ChargingStationMaxProfile", kind="Absolute", startSchedule=start)
        assert await install(rig, wire, 0) == "Accepted"
        await charging(rig)
        await offered(rig, 20)
        rig.plug_in(2)
        await rig.swipe("04CCDDEE", evses=(2,))
        await rig.until(lambda: rig.is_live(2), 40, "the second charges")
        for _ in range(60):
            assert max(rig.truth(1)["amps"]) + max(rig.truth(2)["amps"]) <= 20.0
            await rig.wait(0.5)
        await offered(rig, 10, 1)
        await offered(rig, 10, 2)
        assert await composite(rig, 0) == [(0, 20.0)]

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("K03.FR.04", "K03.FR.05", "K03.FR.06")
@pytest.mark.parametrize(
    ("first", "second", "served"),
    [
        (TokenRule(), TokenRule(), 1),
        (TokenRule(), TokenRule(charging_priority=3), 2),
        (TokenRule(charging_priority=3), TokenRule(charging_priority=3), 1),
        (TokenRule(charging_priority=-1), TokenRule(), 2),
        (TokenRule(charging_priority=9, transaction_priority=1), TokenRule(charging_priority=2), 2),
        (TokenRule(transaction_priority=2), TokenRule(charging_priority=1), 1),
    ],
)
def test_where_there_is_not_enough_for_two_who_has_the_higher_priority_goes_on_and_the_other_waits(
    tmp_path: Path, first: TokenRule, second: TokenRule, served: int
) -> None:
    async def story(rig: Rig) -> None:
        start = wire_time(rig.utc_now())
        wire = profile((0, 10), purpose="ChargingStationMaxProfile", kind="Absolute", startSchedule=start)
        assert await install(rig, wire, 0) == "Accepted"
        rig.csms.core.tokens.set(KNOWN_TOKEN, first)
        rig.csms.core.tokens.set(SECOND, second)
        await charging(rig)
        await offered(rig, 10)
        rig.plug_in(2)
        await rig.swipe(SECOND, evses=(2,))
        for _ in range(120):
            assert max(rig.truth(1)["amps"]) + max(rig.truth(2)["amps"]) <= 10.0
            await rig.wait(0.5)
        assert [rig.is_live(evse) for evse in (1, 2)] == [served == 1, served == 2]
        await offered(rig, 10, served)
        assert all(rig.snapshot(evse).transaction is not None for evse in (1, 2)), "waiting is no end"

    tell(tmp_path, "2.0.1", story, evses=2)
