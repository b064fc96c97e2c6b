"""Messages on the display of 2.0.1 beyond the steps of part 6: limits, an untrusted clock, bad input, no display."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.display_cycle import TURN_SECONDS
from chargepoint.charging.message_desk import MOST_MESSAGES
from chargepoint.model.display import MessageFormat, MessagePriority, MessageState
from scenarios.displays import ask, charging, info, later, on_display, put, seen_over, told, variables, wanted
from scenarios.stories import reconnect, tell
from support.rig import Rig

PRIORITIES = [each.value for each in MessagePriority]


@pytest.mark.requirement("O01.FR.11", "O02.FR.11")
def test_more_messages_than_the_station_says_are_not_taken(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        transaction = await charging(rig)
        rows = await variables(rig)
        about = rows["DisplayMessageCtrlr.DisplayMessages"]
        assert about["variableCharacteristics"]["maxLimit"] == MOST_MESSAGES
        for number in range(MOST_MESSAGES - 1):
            answer = await ask(rig, "SetDisplayMessage", {"message": info(number)})
            assert answer["status"] == "Accepted"
        assert await put(rig, 100, priority="AlwaysFront") == "Accepted"
        assert await put(rig, 101) == "Rejected"
        assert await put(rig, 102, transactionId=transaction) == "Rejected"
        assert await put(rig, 3, "another text for number 3") == "Accepted"
        assert await put(rig, 103, priority="AlwaysFront") == "Accepted", "it takes the place of the other one"
        rows = await variables(rig)
        assert rows["DisplayMessageCtrlr.DisplayMessages"]["variableAttribute"][0]["value"] == str(MOST_MESSAGES)
        too_many = {"requestId": 1, "id": list(range(MOST_MESSAGES + 1))}
        refused = await rig.csms.call("GetDisplayMessages", too_many)
        assert refused.error is not None
        assert refused.error.code == "OccurrenceConstraintViolation"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O01.FR.21")
def test_the_device_model_says_what_the_display_can_do_and_what_it_says(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, 7, "Welcome to the station") == "Accepted"
        rows = await variables(rig)

        def value(name: str) -> str:
            return str(rows[name]["variableAttribute"][0]["value"])

        assert value("DisplayMessageCtrlr.Available") == "true"
        assert value("DisplayMessageCtrlr.DisplayMessages") == "1"
        assert value("DisplayMessageCtrlr.SupportedFormats") == "ASCII,UTF8"
        assert value("DisplayMessageCtrlr.SupportedPriorities") == ",".join(PRIORITIES)
        assert value("DisplayMessageCtrlr.PersonalMessageSize") == "512"
        assert value("Display.DataText") == "Welcome to the station"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O01.FR.06", "O01.FR.07")
def test_without_a_trusted_clock_no_message_is_shown_by_guess(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, 1, "always") == "Accepted"
        assert await put(rig, 7, priority="InFront", endDateTime=later(rig, 3600)) == "Accepted"
        assert await put(rig, 8, priority="InFront", endDateTime=later(rig, 600)) == "Accepted"
        assert await put(rig, 9, priority="InFront", startDateTime=later(rig, 7200)) == "Accepted"
        await rig.power_cut()
        rig.csms.go_offline()
        rig.system_clock_error = timedelta(days=-400)
        await rig.wait(1200)
        await rig.power_up(wait=False)
        await rig.wait(1)
        assert await seen_over(rig, 2 * TURN_SECONDS) == {1}, "who knows what time it is?"
        await reconnect(rig)
        await rig.wait(5)
        assert await seen_over(rig, 2 * TURN_SECONDS) == {7}
        assert [message["id"] for message in await told(rig)] == [1, 7, 9], "what ended meanwhile is gone"

    tell(tmp_path, "2.0.1", story, clock_is_trusted=False)


def test_while_messages_are_turned_off_none_is_taken_and_none_is_seen(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        async def turn(value: str) -> None:
            item = {"component": {"name": "DisplayMessageCtrlr"}, "variable": {"name": "Enabled"}}
            answer = await ask(rig, "SetVariables", {"setVariableData": [item | {"attributeValue": value}]})
            assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
            await rig.wait(1)

        assert await put(rig, 7) == "Accepted"
        await turn("false")
        assert on_display(rig) is None
        answer = await ask(rig, "SetDisplayMessage", {"message": info(8)})
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "NotEnabled")
        assert [message["id"] for message in await told(rig)] == [7]
        await turn("true")
        assert on_display(rig) == 7

    tell(tmp_path, "2.0.1", story)


def test_a_station_without_a_display_says_so(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        for action, payload in (
            ("SetDisplayMessage", {"message": info()}),
            ("GetDisplayMessages", {"requestId": 1}),
            ("ClearDisplayMessage", {"id": 1}),
        ):
            refused = await rig.csms.call(action, payload)
            assert refused.error is not None
            assert refused.error.code == "NotSupported"
        rows = {name for name in await variables(rig) if name.startswith("Display")}
        assert rows == {"DisplayMessageCtrlr.Available"}

    tell(tmp_path, "2.0.1", story, settings={"display_messages_available": "false"})


BAD: list[tuple[dict[str, Any], str]] = [
    ({"id": -1}, "PropertyConstraintViolation"),
    ({"id": 2**40}, "PropertyConstraintViolation"),
    ({"id": "7"}, "TypeConstraintViolation"),
    ({"priority": "Sometimes"}, "PropertyConstraintViolation"),
    ({"state": "Asleep"}, "PropertyConstraintViolation"),
    ({"endDateTime": "tomorrow"}, "PropertyConstraintViolation"),
    ({"message": {"format": "UTF8", "content": "x" * 513}}, "PropertyConstraintViolation"),
]
UNSHOWABLE: list[dict[str, Any]] = [
    {"endDateTime": "2020-01-01T00:00:00Z"},
    {"startDateTime": "2030-01-02T00:00:00Z", "endDateTime": "2030-01-01T00:00:00Z"},
    {"message": {"format": "ASCII", "content": "Grüße"}},
    {"message": {"format": "ASCII", "content": "bell \x07"}},
    {"display": {"name": "Display", "instance": "second"}},
    {"display": {"name": "Connector"}},
]


@pytest.mark.requirement("O01.FR.22", "O01.FR.23")
def test_what_is_wrong_in_a_message_is_said_and_nothing_is_set(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        for fields, code in BAD:
            refused = await rig.csms.call("SetDisplayMessage", {"message": info(7) | fields}, strict=False)
            assert refused.error is not None, fields
            assert refused.error.code == code, fields
        for fields in UNSHOWABLE:
            answer = await ask(rig, "SetDisplayMessage", {"message": info(7) | fields})
            assert answer["status"] == "Rejected", fields
            assert answer["statusInfo"]["additionalInfo"], fields
        assert await wanted(rig) == "Unknown"
        assert await put(rig, 7, display={"name": "display"}) == "Accepted"
        (message,) = await told(rig)
        assert message["display"] == {"name": "Display"}
        assert on_display(rig) == 7

    tell(tmp_path, "2.0.1", story)


def test_the_words_of_the_wire_are_those_of_the_model() -> None:
    assert {each.value for each in MessageFormat} == {"ASCII", "HTML", "URI", "UTF8"}
    assert {each.value for each in MessageState} == {"Charging", "Faulted", "Idle", "Unavailable"}
