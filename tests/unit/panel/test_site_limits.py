"""The site's limit by the local interface: what is understood, what is not, and what is shown."""

from typing import Any

import pytest

from chargepoint.charging.commands import ImposeSiteLimit, ReleaseSiteLimit
from chargepoint.model.charging_profiles import ChargingSchedule, LimitSource, RateUnit, SchedulePeriod
from chargepoint.smart_charging.profile_set import ProfileSet
from unit.panel.conftest import Visitor
from unit.panel.fakes import NOON

PATH = "/api/site-limit"
SINGLE = ChargingSchedule(RateUnit.AMPS, (SchedulePeriod(0, 16.0),))
ON_ONE_PHASE = ChargingSchedule(RateUnit.AMPS, (SchedulePeriod(0, 16.0, phases=1),))
STEPS = ChargingSchedule(
    RateUnit.WATTS, (SchedulePeriod(0, 11000.0), SchedulePeriod(600, 4000.0)), start=NOON, duration_seconds=1200
)


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ({"limit": 16}, ImposeSiteLimit(LimitSource.EMS, SINGLE)),
        ({"limit": 16, "phases": 1}, ImposeSiteLimit(LimitSource.EMS, ON_ONE_PHASE)),
        (
            {"source": "SO", "unit": "A", "limit": 16.0, "grid_critical": True},
            ImposeSiteLimit(LimitSource.SYSTEM_OPERATOR, SINGLE, True),
        ),
        (
            {
                "unit": "W",
                "steps": [{"after_seconds": 0, "limit": 11000}, {"after_seconds": 600, "limit": 4000}],
                "duration_seconds": 1200,
            },
            ImposeSiteLimit(LimitSource.EMS, STEPS),
        ),
    ],
)
async def test_a_limit_is_handed_to_the_core(visitor: Visitor, body: dict[str, Any], command: ImposeSiteLimit) -> None:
    async with visitor.http.post(visitor.url + PATH, json=body) as response:
        assert response.status == 200
        assert (await response.json())["status"] == "accepted"
    assert visitor.world.station.commands == [command]


@pytest.mark.parametrize(
    ("query", "source"), [("", None), ("?source=EMS", LimitSource.EMS), ("?source=SO", LimitSource.SYSTEM_OPERATOR)]
)
async def test_a_limit_is_released(visitor: Visitor, query: str, source: LimitSource | None) -> None:
    async with visitor.http.delete(visitor.url + PATH + query) as response:
        assert response.status == 200
    assert visitor.world.station.commands == [ReleaseSiteLimit(source)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"limit": "16"},
        {"limit": -1},
        {"limit": None},
        {"limit": True},
        {"limit": 16, "steps": [{"after_seconds": 0, "limit": 16}]},
        {"limit": 16, "unit": "kW"},
        {"limit": 16, "source": "CSO"},
        {"limit": 16, "until": "noon"},
        {"limit": 16, "duration_seconds": 0},
        {"limit": 16, "phases": 2},
        {"phases": 1, "steps": [{"after_seconds": 0, "limit": 16}]},
        {"steps": []},
        {"steps": [{"after_seconds": -1, "limit": 16}]},
        [],
        16,
    ],
)
async def test_what_is_not_understood_is_told_and_changes_nothing(visitor: Visitor, body: object) -> None:
    async with visitor.http.post(visitor.url + PATH, json=body) as response:
        assert response.status == 400
        assert '"limit": 16' in (await response.json())["what_to_do"]
    assert visitor.world.station.commands == []


async def test_numbers_that_are_none_are_refused(visitor: Visitor) -> None:
    for text in ('{"limit": NaN}', '{"limit": Infinity}', '{"limit": 1e400}', '{"limit"', "\xff"):
        async with visitor.http.post(visitor.url + PATH, data=text.encode("latin-1")) as response:
            assert response.status == 400
    async with visitor.http.delete(f"{visitor.url}{PATH}?source=CSO") as response:
        assert response.status == 400
    assert visitor.world.station.commands == []


async def test_another_page_can_not_set_a_limit(visitor: Visitor) -> None:
    async with visitor.http.post(
        visitor.url + PATH, json={"limit": 32}, headers={"Origin": "http://evil.example"}
    ) as response:
        assert response.status == 403
    assert visitor.world.station.commands == []


async def test_limits_of_the_site_are_shown(visitor: Visitor) -> None:
    visitor.world.station.profiles = ProfileSet().impose(SINGLE, LimitSource.EMS, NOON).installed
    async with visitor.http.get(visitor.url + "/api/status") as response:
        assert (await response.json())["site_limits"] == [
            {
                "source": "EMS",
                "unit": "A",
                "start": None,
                "duration_seconds": None,
                "steps": [{"after_seconds": 0, "limit": 16.0, "phases": None}],
            }
        ]
