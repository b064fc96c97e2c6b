"""Block H of OCPP 2.0.1 by the steps of part 6: reserving, using, ending, and who is told what."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.effects import Notice
from chargepoint.settings import catalogue
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.local_lists import entry, send
from scenarios.stories import Operator, ask, calls_of_station, reconnect, tell, told_statuses
from support.rig import KNOWN_TOKEN, Rig

Story = Callable[[Rig], Awaitable[None]]
STRANGER = "04FFEEDD"
THIRD = "04CCDDEE"
GROUP = {"idToken": "FLEET", "type": "Central"}
AN_HOUR = 3600.0


def id_token(card: str) -> dict[str, str]:
    return {"idToken": card, "type": "ISO14443"}


async def reserve(
    rig: Rig, number: int = 7, card: str = KNOWN_TOKEN, seconds: float = AN_HOUR, **more: Any
) -> dict[str, Any]:
    until = (rig.utc_now() + timedelta(seconds=seconds)).isoformat()
    return await ask(rig, "ReserveNow", {"id": number, "expiryDateTime": until, "idToken": id_token(card), **more})


async def told(rig: Rig, status: str, evse: int = 1) -> None:
    await rig.until(lambda: rig.csms.record.status(evse) == status, 10, f"{evse} is told as {status}")


async def reserved(rig: Rig, evse: int = 1, **more: Any) -> None:
    """Reusable state Reserved."""
    assert (await reserve(rig, evseId=evse, **more))["status"] == "Accepted"
    await told(rig, "Reserved", evse)


async def charges(rig: Rig, card: str, evse: int = 1) -> None:
    """Reusable states Authorized and EnergyTransferStarted, the card first."""
    await rig.swipe(card, evses=(evse,))
    rig.plug_in(evse)
    await rig.until(lambda: rig.is_live(evse), 20, "it charges")
    await rig.drained()


def ends(rig: Rig) -> list[tuple[int, str]]:
    updates = calls_of_station(rig, "ReservationStatusUpdate")
    return [(update["reservationId"], update["reservationUpdateStatus"]) for update in updates]


def started(rig: Rig) -> list[int | None]:
    """The reservation of each transaction, from the first event that tells of it."""
    events = calls_of_station(rig, "TransactionEvent")
    return [event.get("reservationId") for event in events if event["eventType"] == "Started"]


def is_refused(rig: Rig) -> bool:
    return rig.shown.notices[-1][0] is Notice.RESERVED


@pytest.mark.requirement("H01.FR.03", "H01.FR.15", "H01.FR.23", "H03.FR.01", "H03.FR.09", "H03.FR.10")
@pytest.mark.requirement("E03.FR.03")
def test_the_card_it_is_reserved_for_uses_it_up_at_once(tmp_path: Path) -> None:
    """TC_H_01_CS"""

    async def story(rig: Rig) -> None:
        await reserved(rig)
        await rig.swipe()
        await told(rig, "Available")
        assert rig.csms.record.reservations.keys() == {7}, "the CSMS hears of it with the transaction"
        assert (await ask(rig, "CancelReservation", {"reservationId": 7}))["status"] == "Rejected"
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        await rig.drained()
        assert started(rig) == [7]
        assert ends(rig) == []
        await rig.wait(10)
        await rig.finish()
        assert told_statuses(rig) == ["Available", "Reserved", "Available", "Occupied", "Available"]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H03.FR.09")
def test_a_used_reservation_does_not_come_back_when_nobody_plugs_in(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await reserved(rig)
        await rig.swipe()
        await rig.wait(120)
        await charges(rig, STRANGER)
        assert started(rig) == [None]
        rig.csms.record.reservations.clear()

    tell(tmp_path, "2.0.1", story, settings={"connection_time_out_seconds": "30"})


@pytest.mark.requirement("H03.FR.01", "F01.FR.22")
@pytest.mark.requirement("F01.FR.21", "F02.FR.23", "G01.FR.09", "G03.FR.09")
def test_another_card_is_refused_at_the_reader_and_from_afar(tmp_path: Path) -> None:
    """TC_H_02_CS"""

    async def story(rig: Rig) -> None:
        await reserved(rig)
        rig.plug_in()
        await rig.wait(3)
        assert rig.csms.record.status(1) == "Reserved"
        await rig.swipe(STRANGER)
        await rig.wait(30)
        assert is_refused(rig)
        assert not rig.is_live()
        assert await Operator(rig).start(1, STRANGER) == "Rejected"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H01.FR.01", "H01.FR.11", "H01.FR.12", "H01.FR.14")
def test_every_reason_not_to_reserve_has_its_word(tmp_path: Path) -> None:
    """TC_H_03_CS, TC_H_04_CS, TC_H_06_CS, TC_H_22_CS"""

    async def story(rig: Rig) -> None:
        operator = Operator(rig)

        async def status(**more: Any) -> str:
            return str((await reserve(rig, 8, STRANGER, evseId=1, **more))["status"])

        await reserved(rig)
        assert await status() == "Occupied"
        await ask(rig, "CancelReservation", {"reservationId": 7})
        await charges(rig, STRANGER)
        assert await status() == "Occupied"
        await rig.swipe(STRANGER)
        rig.plug_out()
        await told(rig, "Available")
        rig.world.set_fault(1, "over_temperature", True)
        await told(rig, "Faulted")
        assert await status() == "Faulted"
        rig.world.set_fault(1, "over_temperature", False)
        await told(rig, "Available")
        await operator.make("Inoperative", 1)
        assert await status() == "Unavailable"
        await operator.make("Operative", 1)
        assert await status(seconds=-1) == "Rejected"
        assert (await reserve(rig, evseId=2))["statusInfo"]["reasonCode"] == "UnknownEvse"
        assert await operator.change(catalogue.RESERVATION_ENABLED, "false") == "Accepted"
        assert await status() == "Rejected"
        odd = {"id": 1, "expiryDateTime": "tomorrow", "idToken": id_token(KNOWN_TOKEN)}
        refused = await rig.csms.call("ReserveNow", odd)
        assert refused.error is not None
        assert refused.error.code == "PropertyConstraintViolation"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H04.FR.01", "H04.FR.02", "H04.FR.03")
def test_one_that_is_not_used_expires_and_the_csms_is_told(tmp_path: Path) -> None:
    """TC_H_07_CS"""

    async def story(rig: Rig) -> None:
        await reserved(rig, seconds=60)
        await rig.wait(50)
        assert rig.csms.record.status(1) == "Reserved"
        await told(rig, "Available")
        await rig.until(lambda: ends(rig) == [(7, "Expired")], 5, "it is told")
        actions = rig.csms.actions()
        last_status = len(actions) - 1 - actions[::-1].index("StatusNotification")
        assert last_status < actions.index("ReservationStatusUpdate")
        await charges(rig, STRANGER)
        assert started(rig) == [None]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H04.FR.01")
def test_one_that_expires_offline_is_told_afterwards(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await reserved(rig, seconds=60)
        rig.csms.go_offline()
        await rig.wait(90)
        await rig.power_cut()
        await rig.wait(5)
        rig.csms.come_back()
        await rig.power_up()
        await rig.until(lambda: ends(rig) == [(7, "Expired")], 60, "it is told")

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H01.FR.04", "H01.FR.07", "H01.FR.15", "H01.FR.18", "H03.FR.03")
def test_no_evse_in_particular_keeps_the_last_free_one(tmp_path: Path) -> None:
    """TC_H_08_CS"""

    async def story(rig: Rig) -> None:
        assert (await reserve(rig))["status"] == "Accepted"
        assert rig.csms.record.status(1) == rig.csms.record.status(2) == "Available"
        await charges(rig, STRANGER, evse=1)
        await told(rig, "Reserved", 2)
        await rig.swipe(THIRD)
        assert is_refused(rig)
        await charges(rig, KNOWN_TOKEN, evse=2)
        assert started(rig) == [None, 7]

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("H01.FR.11", "H01.FR.14", "H01.FR.20", "H02.FR.05", "H02.FR.06")
def test_as_many_reservations_as_evses_make_all_of_them_reserved(tmp_path: Path) -> None:
    """TC_H_09_CS, TC_H_10_CS, TC_H_12_CS, TC_H_14_CS"""

    async def story(rig: Rig) -> None:
        assert (await reserve(rig, 1, KNOWN_TOKEN))["status"] == "Accepted"
        assert (await reserve(rig, 2, STRANGER))["status"] == "Accepted"
        await told(rig, "Reserved", 1)
        await told(rig, "Reserved", 2)
        assert (await reserve(rig, 3, THIRD))["status"] == "Occupied"
        assert (await ask(rig, "CancelReservation", {"reservationId": 1}))["status"] == "Accepted"
        for number in (1, 2):
            await told(rig, "Available", number)
        assert (await ask(rig, "CancelReservation", {"reservationId": 2}))["status"] == "Accepted"
        for number, card in ((1, KNOWN_TOKEN), (2, STRANGER)):
            await charges(rig, card, number)
        assert (await reserve(rig, 3, THIRD))["status"] == "Occupied"
        for number, card in ((1, KNOWN_TOKEN), (2, STRANGER)):
            await rig.swipe(card, evses=(number,))
            rig.plug_out(number)
            await told(rig, "Available", number)
        assert await Operator(rig).make("Inoperative") == "Accepted"
        await told(rig, "Unavailable", 2)
        assert (await reserve(rig, 3, THIRD))["status"] == "Unavailable"

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("H01.FR.19")
def test_no_evse_in_particular_is_rejected_where_that_is_not_supported(tmp_path: Path) -> None:
    """TC_H_13_CS"""

    async def story(rig: Rig) -> None:
        assert await Operator(rig).read(catalogue.RESERVE_CONNECTOR_ZERO_SUPPORTED) == "false"
        assert (await reserve(rig))["status"] == "Rejected"
        assert (await reserve(rig, evseId=1))["status"] == "Accepted"

    tell(tmp_path, "2.0.1", story, settings={"reserve_connector_zero_supported": "false"})


@pytest.mark.requirement("H01.FR.06", "H01.FR.09", "H01.FR.15", "H01.FR.24", "H03.FR.02")
def test_a_connector_of_a_type_is_kept(tmp_path: Path) -> None:
    """TC_H_15_CS, TC_H_16_CS"""

    async def story(rig: Rig) -> None:
        wanted = {"component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}}
        asked = {"getVariableData": [{**wanted, "variable": {"name": "ConnectorType"}}]}
        (found,) = (await ask(rig, "GetVariables", asked))["getVariableResult"]
        here = found["attributeValue"]
        elsewhere = "cCCS2"
        assert (await reserve(rig, 8, connectorType=elsewhere))["status"] == "Rejected"
        assert (await reserve(rig, 8, evseId=1, connectorType=elsewhere))["status"] == "Rejected"
        assert (await reserve(rig, connectorType=here))["status"] == "Accepted"
        await told(rig, "Reserved")
        assert (await reserve(rig, 8, STRANGER, connectorType=here))["status"] == "Occupied"
        await rig.swipe(STRANGER)
        assert is_refused(rig)
        await charges(rig, KNOWN_TOKEN)
        assert started(rig) == [7]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H02.FR.01", "H02.FR.02", "H02.FR.03", "H02.FR.04")
def test_a_cancelled_one_is_over_and_an_unknown_one_is_rejected(tmp_path: Path) -> None:
    """TC_H_17_CS, TC_H_18_CS"""

    async def story(rig: Rig) -> None:
        await reserved(rig)
        unknown = await ask(rig, "CancelReservation", {"reservationId": 8})
        assert unknown["status"] == "Rejected"
        assert unknown["statusInfo"]["reasonCode"] == "NotFound"
        assert (await ask(rig, "CancelReservation", {"reservationId": 7}))["status"] == "Accepted"
        await told(rig, "Available")
        await charges(rig, STRANGER)
        assert ends(rig) == [], "the CSMS knows"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H01.FR.15", "H03.FR.04", "H03.FR.05", "H03.FR.06", "H03.FR.08")
@pytest.mark.parametrize("place", [{"evseId": 1}, {}, {"connectorType": "sType2"}])
@pytest.mark.requirement("E02.FR.03")
def test_a_card_of_the_group_uses_it(tmp_path: Path, place: dict[str, Any]) -> None:
    """TC_H_19_CS, TC_H_24_CS"""

    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(STRANGER, TokenRule(group_id=GROUP["idToken"]))
        assert (await reserve(rig, groupIdToken=GROUP, **place))["status"] == "Accepted"
        await told(rig, "Reserved")
        await rig.swipe(THIRD)
        assert is_refused(rig)
        await charges(rig, STRANGER)
        assert started(rig) == [7]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H03.FR.07")
def test_offline_the_local_list_says_of_which_group_a_card_is(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert (await send(rig, 1, entry(STRANGER, groupIdToken=GROUP)))["status"] == "Accepted"
        assert (await reserve(rig, groupIdToken=GROUP, evseId=1))["status"] == "Accepted"
        await told(rig, "Reserved")
        rig.csms.go_offline()
        await rig.wait(5)
        await rig.swipe(STRANGER)
        rig.plug_in()
        await rig.until(rig.is_live, 20, "it charges")
        await reconnect(rig)
        await rig.drained()
        assert started(rig) == [7]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H01.FR.16", "H01.FR.17")
@pytest.mark.parametrize("how", ["Faulted", "Unavailable"])
def test_an_evse_that_can_not_be_used_any_more_ends_it_and_the_csms_is_told(tmp_path: Path, how: str) -> None:
    """TC_H_21_CS"""

    async def story(rig: Rig) -> None:
        await reserved(rig)
        if how == "Faulted":
            rig.world.set_fault(1, "over_temperature", True)
        else:
            assert await Operator(rig).make("Inoperative", 1) == "Accepted"
        await told(rig, how)
        await rig.until(lambda: ends(rig) == [(7, "Removed")], 5, "it is told")
        if how == "Faulted":
            rig.world.set_fault(1, "over_temperature", False)
        else:
            assert await Operator(rig).make("Operative", 1) == "Accepted"
        await told(rig, "Available")
        await charges(rig, STRANGER)
        assert started(rig) == [None]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H01.FR.02")
def test_the_same_id_replaces_the_reservation(tmp_path: Path) -> None:
    """TC_H_23_CS"""

    async def story(rig: Rig) -> None:
        await reserved(rig)
        assert (await reserve(rig, card=STRANGER, evseId=1))["status"] == "Accepted"
        await rig.swipe(KNOWN_TOKEN)
        assert is_refused(rig)
        await charges(rig, STRANGER)
        assert started(rig) == [7]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("H03.FR.09")
@pytest.mark.requirement("F02.FR.06")
def test_a_refused_card_uses_nothing_up_and_a_remote_start_does(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await reserved(rig)
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.BLOCKED))
        await rig.swipe()
        await rig.wait(3)
        assert rig.csms.record.status(1) == "Reserved"
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule())
        assert await Operator(rig).start(1, KNOWN_TOKEN) == "Accepted"
        await told(rig, "Available")
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        await rig.drained()
        assert started(rig) == [7]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("G01.FR.06", "G01.FR.09")
def test_a_reserved_outlet_is_occupied_once_the_right_card_has_come_to_the_plug(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await reserved(rig)
        rig.plug_in()
        await rig.wait(10)
        assert rig.csms.record.status(1) == "Reserved"
        await rig.swipe()
        await told(rig, "Occupied")
        await rig.until(rig.is_live, 20)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F01.FR.22", "F02.FR.24")
@pytest.mark.parametrize("is_plugged_in", [False, True])
def test_from_afar_neither_another_card_nor_another_group_may_use_it(tmp_path: Path, is_plugged_in: bool) -> None:
    async def story(rig: Rig) -> None:
        await reserved(rig, groupIdToken=GROUP)
        if is_plugged_in:
            rig.plug_in()
            await rig.wait(3)
        token = {"idToken": STRANGER, "type": "ISO14443"}
        start = {"idToken": token, "remoteStartId": 4, "evseId": 1}
        other = {"groupIdToken": {"idToken": "OTHERS", "type": "Central"}}
        assert (await ask(rig, "RequestStartTransaction", start | other))["status"] == "Rejected"
        assert (await ask(rig, "RequestStartTransaction", start | {"groupIdToken": GROUP}))["status"] == "Accepted"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("target", [{}, {"evseId": 2}])
@pytest.mark.requirement("H01.FR.07", "H01.FR.17")
def test_of_two_reservations_that_one_evse_is_left_for_the_vaguest_and_newest_ends(
    tmp_path: Path, target: dict[str, Any]
) -> None:
    async def story(rig: Rig) -> None:
        assert (await reserve(rig, number=8, card=STRANGER, **target))["status"] == "Accepted"
        assert (await reserve(rig, number=7))["status"] == "Accepted"
        out_of_service = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
        assert (await ask(rig, "ChangeAvailability", out_of_service))["status"] == "Accepted"
        await rig.until(lambda: ends(rig) == [(7, "Removed")], 10)
        await told(rig, "Reserved", 2)
        await charges(rig, STRANGER, 2)
        assert started(rig) == [8]

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("H01.FR.14")
def test_an_evse_that_is_being_reset_is_unavailable_for_a_reservation(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await ask(rig, "Reset", {"type": "Immediate", "evseId": 1}) == {"status": "Accepted"}
        await told(rig, "Unavailable")
        assert (await reserve(rig, evseId=1))["status"] == "Unavailable"
        await told(rig, "Available")
        assert (await reserve(rig, evseId=1))["status"] == "Accepted"

    tell(tmp_path, "2.0.1", story)
