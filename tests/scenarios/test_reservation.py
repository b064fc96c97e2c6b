"""Reservations from the CSMS to the plug and back: who may charge, what is told, what outlives what."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.effects import Notice
from dev_csms.tokens import TokenRule
from scenarios.stories import Operator, calls_of_station, is_1_6, under_both
from support.rig import KNOWN_TOKEN, Rig
from support.virtual_time import run_virtual

Story = Callable[[Rig], Awaitable[None]]
STRANGER = "04FFEEDD"
GROUP = "FLEET"
AN_HOUR = 3600.0


def tell(directory: Path, version: str, story: Story, **options: Any) -> None:
    async def whole() -> None:
        async with Rig(directory, version, **options) as rig:
            await rig.wait(2)
            await story(rig)
            assert rig.csms.record.anomalies == []
            assert rig.csms.record.schema_errors == []

    run_virtual(whole())


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> str:
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return str((answer.payload or {})["status"])


async def reserve(
    rig: Rig, connector: int = 1, number: int = 7, *, card: str = KNOWN_TOKEN, seconds: float = AN_HOUR, **parent: str
) -> str:
    """In the words of the version that is spoken; connector 0 is none in particular."""
    until = (rig.utc_now() + timedelta(seconds=seconds)).isoformat()
    if is_1_6(rig):
        wire = {"connectorId": connector, "expiryDate": until, "idTag": card, "reservationId": number, **parent}
        return await ask(rig, "ReserveNow", wire)
    wanted: dict[str, Any] = {
        "id": number,
        "expiryDateTime": until,
        "idToken": {"idToken": card, "type": "ISO14443"},
    }
    if connector:
        wanted["evseId"] = connector
    if parent:
        wanted["groupIdToken"] = {"idToken": parent["parentIdTag"], "type": "Central"}
    return await ask(rig, "ReserveNow", wanted)


async def cancel(rig: Rig, number: int = 7) -> str:
    return await ask(rig, "CancelReservation", {"reservationId": number})


async def told(rig: Rig, status: str, connector: int = 1) -> None:
    await rig.until(lambda: rig.csms.record.status(connector) == status, 10, f"{connector} is told as {status}")


def reservations_of_starts(rig: Rig) -> list[int | None]:
    """The reservation that each start tells, in order."""
    if is_1_6(rig):
        return [start.get("reservationId") for start in calls_of_station(rig, "StartTransaction")]
    events = calls_of_station(rig, "TransactionEvent")
    return [event.get("reservationId") for event in events if event["eventType"] == "Started"]


def refused_as_reserved(rig: Rig) -> bool:
    return rig.shown.notices[-1][0] is Notice.RESERVED


@pytest.mark.ocpp_1_6("ReserveNow")
@under_both
def test_a_reserved_connector_refuses_a_stranger_and_serves_its_own_card(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert await reserve(rig) == "Accepted"
        await told(rig, "Reserved")
        await rig.swipe(STRANGER)
        assert refused_as_reserved(rig)
        assert "Authorize" not in rig.csms.actions()
        await rig.swipe()
        await told(rig, "Preparing" if is_1_6(rig) else "Available")
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        await rig.drained()
        assert reservations_of_starts(rig) == [7]
        assert rig.csms.record.reservations == {}, "used up"
        assert await cancel(rig) == "Rejected"
        await rig.wait(10)
        await rig.finish()
        await told(rig, "Available")
        await rig.charge(5)
        await rig.drained()
        assert reservations_of_starts(rig)[-1] is None

    tell(tmp_path, version, story)


@under_both
def test_an_ev_plugged_in_before_the_card_leaves_the_connector_reserved(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig)
        rig.plug_in()
        await rig.wait(3)
        assert rig.csms.record.status(1) == "Reserved"
        await rig.swipe(STRANGER)
        assert refused_as_reserved(rig)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.drained()
        assert reservations_of_starts(rig)[0] == 7
        assert ("Preparing" if is_1_6(rig) else "Occupied") in [note.status for note in rig.csms.record.statuses]

    tell(tmp_path, version, story)


def test_every_reason_not_to_reserve_has_its_word(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await reserve(rig, seconds=-1) == "Rejected"
        rig.plug_in()
        await rig.wait(2)
        assert await reserve(rig) == "Occupied"
        rig.plug_out()
        await rig.wait(5)
        rig.world.set_fault(1, "over_temperature", True)
        await told(rig, "Faulted")
        assert await reserve(rig) == "Faulted"
        rig.world.set_fault(1, "over_temperature", False)
        await told(rig, "Available")
        await ask(rig, "ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
        assert await reserve(rig) == "Unavailable"
        await ask(rig, "ChangeAvailability", {"connectorId": 1, "type": "Operative"})
        assert await reserve(rig) == "Accepted"
        assert await reserve(rig, number=8) == "Occupied"
        assert await ask(rig, "ChangeConfiguration", {"key": "ReservationEnabled", "value": "false"}) == "Accepted"
        assert await reserve(rig) == "Rejected"
        nowhere = await rig.csms.call("ReserveNow", {**_WIRE, "connectorId": 2})
        assert nowhere.error is not None
        assert nowhere.error.code == "PropertyConstraintViolation"

    tell(tmp_path, "1.6", story)


_WIRE = {"connectorId": 1, "expiryDate": "2030-01-01T00:00:00Z", "idTag": KNOWN_TOKEN, "reservationId": 1}


@under_both
def test_the_same_id_replaces_the_reservation(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig, seconds=60)
        assert await reserve(rig, card=STRANGER, seconds=600) == "Accepted"
        await rig.wait(120)
        await rig.swipe()
        assert refused_as_reserved(rig)
        await rig.swipe(STRANGER)
        await told(rig, "Preparing" if is_1_6(rig) else "Available")

    tell(tmp_path, version, story)


@pytest.mark.ocpp_1_6("ReserveNow", "CancelReservation")
@under_both
def test_it_ends_with_its_time_and_with_its_cancellation(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig, seconds=60)
        await told(rig, "Reserved")
        await rig.wait(50)
        assert rig.csms.record.status(1) == "Reserved"
        await told(rig, "Available")
        assert await cancel(rig) == "Rejected"
        await reserve(rig)
        await told(rig, "Reserved")
        assert await cancel(rig, 8) == "Rejected"
        assert await cancel(rig) == "Accepted"
        await told(rig, "Available")
        await rig.charge(5)

    tell(tmp_path, version, story)


@under_both
def test_a_card_of_the_reserved_group_is_known_by_the_answer_of_the_csms(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(STRANGER, TokenRule(group_id=GROUP))
        await reserve(rig, parentIdTag=GROUP)
        await rig.swipe("04OTHER1")
        assert refused_as_reserved(rig)
        await rig.swipe(STRANGER)
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        await rig.drained()
        assert reservations_of_starts(rig)[0] == 7
        assert rig.csms.actions().count("Authorize") == 2, "a group has to be asked for"

    tell(tmp_path, version, story)


@under_both
def test_a_remote_start_uses_the_reservation_or_is_rejected(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig, number=0)
        operator = Operator(rig)
        assert await operator.start(1, STRANGER) == "Rejected"
        assert await operator.start(None, STRANGER) == "Rejected"
        assert await operator.start(1, KNOWN_TOKEN) == "Accepted"
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        await rig.drained()
        assert reservations_of_starts(rig)[0] == 0

    tell(tmp_path, version, story)


@pytest.mark.ocpp_1_6("ReserveConnectorZeroSupported")
@under_both
def test_connector_0_keeps_the_last_free_connector(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert await reserve(rig, 0) == "Accepted"
        rig.plug_in(1)
        await rig.wait(2)
        await rig.swipe(STRANGER, evses=(1,))
        await rig.until(lambda: rig.is_live(1), 20)
        await told(rig, "Reserved", 2)
        assert await reserve(rig, 2, 8) == "Occupied"
        await rig.swipe("04OTHER1")
        assert refused_as_reserved(rig)
        rig.plug_in(2)
        await rig.wait(2)
        await rig.swipe()
        await rig.until(lambda: rig.is_live(2), 20)
        await rig.drained()
        assert reservations_of_starts(rig) == [None, 7]

    tell(tmp_path, version, story, evses=2)


@pytest.mark.ocpp_1_6("ReserveConnectorZeroSupported")
def test_connector_0_is_rejected_where_it_is_not_supported(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        asked = {"key": ["ReserveConnectorZeroSupported", "SupportedFeatureProfiles"]}
        answer = await rig.csms.call("GetConfiguration", asked)
        assert answer.payload is not None
        values = {one["key"]: one["value"] for one in answer.payload["configurationKey"]}
        assert values["ReserveConnectorZeroSupported"] == "false"
        assert "Reservation" in values["SupportedFeatureProfiles"].split(",")
        assert await reserve(rig, 0) == "Rejected"
        assert await reserve(rig, 1) == "Accepted"

    tell(tmp_path, "1.6", story, settings={"reserve_connector_zero_supported": "false"})


@pytest.mark.parametrize("how", ["Faulted", "Unavailable"])
@under_both
def test_a_connector_that_fails_or_is_taken_out_of_service_ends_the_reservation(
    tmp_path: Path, version: str, how: str
) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig)
        if how == "Faulted":
            rig.world.set_fault(1, "over_temperature", True)
            await told(rig, how)
            rig.world.set_fault(1, "over_temperature", False)
        else:
            await Operator(rig).make("Inoperative", 1)
            await told(rig, how)
            await Operator(rig).make("Operative", 1)
        await told(rig, "Available")
        assert await cancel(rig) == "Rejected"

    tell(tmp_path, version, story)


@under_both
def test_a_power_cut_ends_no_reservation(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig, seconds=600)
        await told(rig, "Reserved")
        await rig.power_cut()
        await rig.wait(60)
        before = len(rig.csms.record.statuses)
        await rig.power_up()
        await rig.wait(10)
        since = [note.status for note in rig.csms.record.statuses[before:] if note.evse_id == 1]
        assert since == ["Reserved"]
        await rig.swipe(STRANGER)
        assert refused_as_reserved(rig)
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.drained()
        assert reservations_of_starts(rig)[0] == 7

    tell(tmp_path, version, story)


@under_both
def test_what_expired_during_a_power_cut_is_over(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig, seconds=60)
        await rig.power_cut()
        await rig.wait(120)
        await rig.power_up()
        await told(rig, "Available")
        assert await cancel(rig) == "Rejected"

    tell(tmp_path, version, story)


@under_both
def test_without_a_clock_it_holds_until_the_csms_tells_the_time(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig, seconds=300)
        await rig.power_cut()
        rig.csms.go_offline()
        await rig.wait(400)
        rig.system_clock_error = timedelta(days=-900)
        await rig.power_up(wait=False)
        await rig.wait(30)
        await rig.swipe(STRANGER)
        assert refused_as_reserved(rig)
        rig.csms.come_back()
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 300, "it is told the time")

    tell(tmp_path, version, story, clock_is_trusted=False)


@under_both
def test_offline_the_reserved_card_charges_if_the_list_knows_it_and_the_bill_tells_the_reservation(
    tmp_path: Path,
    version: str,
) -> None:
    async def story(rig: Rig) -> None:
        if is_1_6(rig):
            listed: dict[str, Any] = {"idTag": KNOWN_TOKEN, "idTagInfo": {"status": "Accepted"}}
        else:
            listed = {
                "idToken": {"idToken": KNOWN_TOKEN, "type": "ISO14443"},
                "idTokenInfo": {"status": "Accepted"},
            }
        number = "listVersion" if is_1_6(rig) else "versionNumber"
        whole = {number: 1, "updateType": "Full", "localAuthorizationList": [listed]}
        assert await ask(rig, "SendLocalList", whole) == "Accepted"
        await reserve(rig)
        rig.csms.go_offline()
        await rig.wait(5)
        await rig.swipe(STRANGER)
        assert refused_as_reserved(rig)
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        rig.csms.come_back()
        await rig.drained()
        assert reservations_of_starts(rig)[0] == 7

    tell(tmp_path, version, story)


@under_both
def test_where_one_outlet_is_left_for_two_reservations_the_particular_one_is_kept(tmp_path: Path, version: str) -> None:
    """Each would keep it from the other, and nobody could charge."""

    async def story(rig: Rig) -> None:
        assert await reserve(rig, 2, 8, card=STRANGER) == "Accepted"
        assert await reserve(rig, 0, 7) == "Accepted"
        rig.world.set_fault(1, "pe_lost", True)
        await rig.wait(5)
        await rig.swipe(STRANGER, evses=(2,))
        rig.plug_in(2)
        await rig.until(lambda: rig.is_live(2), 20, "its own card charges there")
        if not is_1_6(rig):
            updates = calls_of_station(rig, "ReservationStatusUpdate")
            assert [(each["reservationId"], each["reservationUpdateStatus"]) for each in updates] == [(7, "Removed")]

    tell(tmp_path, version, story, evses=2)
