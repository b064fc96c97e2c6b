"""`GET /api/status`, the page and the frames, as a program or a person gets them."""

from dataclasses import replace

import pytest

from chargepoint.model.display import DisplayMessage, MessageBoard, MessageFormat, MessagePriority
from chargepoint.model.faults import Fault
from chargepoint.panel.ports import TransferShown
from chargepoint.panel.status import energy_so_far_wh
from unit.panel.conftest import Visitor
from unit.panel.fakes import BILL, CHARGING_EVSE, IDLE_EVSE, READING


async def test_a_charging_evse_says_what_it_does_and_who_limits_it(visitor: Visitor) -> None:
    visitor.world.station.evse = CHARGING_EVSE
    async with visitor.http.get(f"{visitor.url}/api/status") as response:
        assert response.status == 200
        status = await response.json()
    evse = status["evses"]["1"]
    assert (evse["pilot_state"], evse["pilot_signal"], evse["duty_percent"]) == ("C", "pwm", 53.33)
    assert (evse["contactor"], evse["contactor_commanded"], evse["lock"]) == ("closed", True, "locked")
    assert (evse["limit_amps"], evse["limit_set_by"], evse["cable_rating_amps"]) == (32.0, "cable", 32.0)
    assert (evse["session"], evse["charging_state"], evse["why_not_charging"]) == ("transaction", "Charging", None)
    assert evse["transaction"]["energy_wh"] == pytest.approx(3456.5)
    assert evse["transaction"]["seq"] == 3
    assert evse["meter"]["currents_amps"] == [31.8, 31.7, None]
    assert evse["meter"]["age_seconds"] == pytest.approx(0.5)
    assert status["csms"]["state"] == "accepted"
    assert status["csms"]["subprotocol"] == "ocpp2.0.1"
    assert status["outbox"] == {"pending": 3, "dead": 1}
    assert status["station"]["uptime_seconds"] == pytest.approx(3600.0)
    assert status["station"]["clock"] == {"utc": "2026-07-01T12:00:00+00:00", "trusted": True, "source": "csms"}
    assert status["safety"]["loop"]["late_ticks"] == 2


@pytest.mark.requirement("G05.FR.04")
async def test_a_fault_is_shown_with_what_to_do_about_it(visitor: Visitor) -> None:
    visitor.world.station.has_latched(Fault.LOCK_JAMMED)
    async with visitor.http.get(f"{visitor.url}/api/status") as response:
        evse = (await response.json())["evses"]["1"]
    assert evse["faults"] == ["lock_jammed"]
    (text,) = evse["fault_texts"]
    assert "can not be locked" in text
    assert "try again" in text


async def test_a_token_is_never_shown_whole(visitor: Visitor) -> None:
    visitor.world.station.evse = CHARGING_EVSE
    async with visitor.http.get(f"{visitor.url}/api/status") as response:
        text = await response.text()
    assert "…E6F7" in (await response.json())["evses"]["1"]["transaction"]["token"]
    assert BILL.id_token is not None
    assert BILL.id_token.value not in text


async def test_what_is_unknown_is_null_and_never_zero(visitor: Visitor) -> None:
    visitor.world.station.evse = replace(IDLE_EVSE, observation=None, meter=None)
    visitor.world.outbox.is_broken = True
    visitor.world.safety.is_connected = False
    visitor.world.safety.statistics = None
    async with visitor.http.get(f"{visitor.url}/api/status") as response:
        status = await response.json()
    evse = status["evses"]["1"]
    assert evse["meter"] is None
    for name in ("pilot_state", "contactor", "contactor_commanded", "lock", "duty_percent", "lease_remaining_seconds"):
        assert evse[name] is None
    assert status["outbox"] == {"pending": None, "dead": None}
    assert status["safety"] == {"connected": False, "board": "mock", "why_lost": None, "loop": None}


def test_energy_so_far_without_a_start_or_a_reading_is_unknown() -> None:
    assert energy_so_far_wh(replace(BILL, start_energy_wh=None), READING) is None
    assert energy_so_far_wh(BILL, None) is None
    assert energy_so_far_wh(replace(BILL, last_energy_wh=120_500.0), None) == 500.0


async def test_files_on_their_way_are_told_with_how_far_they_are(visitor: Visitor) -> None:
    visitor.world.transfers.append(TransferShown("upload of log.zip", 1000, None))
    async with visitor.http.get(f"{visitor.url}/api/status") as response:
        shown = (await response.json())["transfers"]
    assert shown == [{"what": "upload of log.zip", "done_bytes": 1000, "total_bytes": None}]


async def test_the_last_frames_come_oldest_first_and_as_many_as_asked(visitor: Visitor) -> None:
    for number in range(5):
        visitor.world.frames.send(f'[2,"{number}","Heartbeat",{{}}]')
    async with visitor.http.get(f"{visitor.url}/api/frames?limit=2") as response:
        frames = (await response.json())["frames"]
    assert [frame["number"] for frame in frames] == [4, 5]
    assert frames[0] == {
        "number": 4,
        "direction": "sent",
        "utc": "2026-07-01T12:00:00.000+00:00",
        "text": '[2,"3","Heartbeat",{}]',
    }


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1001", "1e3", "٣", "9" * 40, ""])
async def test_a_limit_that_is_none_is_explained(visitor: Visitor, limit: str) -> None:
    async with visitor.http.get(f"{visitor.url}/api/frames", params={"limit": limit}) as response:
        assert response.status == 400
        problem = await response.json()
    assert problem["where"] == "GET /api/frames"
    assert "limit" in problem["error"]
    assert problem["what_to_do"] == "give 1 to 1000"


async def test_a_message_of_the_csms_is_text_that_nobody_runs(visitor: Visitor) -> None:
    hostile = '<img src=x onerror="alert(1)">\n\x1b[2J'
    message = DisplayMessage(7, MessagePriority.ALWAYS_FRONT, hostile, MessageFormat.HTML, "de")
    visitor.world.station.display = MessageBoard((message,), (message,), message)
    async with visitor.http.get(f"{visitor.url}/api/status") as response:
        assert response.content_type == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        display = (await response.json())["display"]
    assert display == {
        "message": {
            "id": 7,
            "text": '<img src=x onerror="alert(1)"> �[2J',
            "format": "HTML",
            "language": "de",
            "priority": "AlwaysFront",
        },
        "taking_turns": [7],
        "is_alone": True,
        "messages_set": 1,
    }


async def test_without_a_message_the_display_is_empty(visitor: Visitor) -> None:
    async with visitor.http.get(f"{visitor.url}/api/status") as response:
        display = (await response.json())["display"]
    assert display == {"message": None, "taking_turns": [], "is_alone": False, "messages_set": 0}


async def test_the_page_is_one_file_that_loads_nothing_from_elsewhere(visitor: Visitor) -> None:
    async with visitor.http.get(visitor.url) as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        page = await response.text()
    assert "/api/events" in page
    for way_to_run_a_text in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way_to_run_a_text not in page
    assert 'src="' not in page
    assert "https://" not in page


async def test_an_unknown_path_names_the_calls_there_are(visitor: Visitor) -> None:
    async with visitor.http.get(f"{visitor.url}/api/statuses") as response:
        assert response.status == 404
        problem = await response.json()
    assert problem["where"] == "GET /api/statuses"
    assert "GET /api/status " in problem["what_to_do"]
