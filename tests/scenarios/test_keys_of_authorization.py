"""Configuration keys of 1.6 about who may charge: changed over the wire, seen at the contactor and on the bill."""

from pathlib import Path

import pytest

from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.keys_of_1_6 import accepted, change, tell_1_6
from scenarios.stories import all_told, calls_of_station, only_transaction, reconnect, start_offline
from support.rig import KNOWN_TOKEN, Rig

STRANGER = "04FFEEDD"


async def leave(rig: Rig) -> None:
    rig.plug_out()
    await rig.until(lambda: rig.snapshot().transaction is None, 30)
    await rig.wait(3)


@pytest.mark.ocpp_1_6("AllowOfflineTxForUnknownId")
@pytest.mark.parametrize("value", ["true", "false"])
def test_an_unknown_card_charges_offline_only_where_it_may(tmp_path: Path, value: str) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, AllowOfflineTxForUnknownId=value)
        await start_offline(rig)
        await rig.wait(10)
        assert rig.is_live() == (value == "true")
        await leave(rig)
        await reconnect(rig)
        await all_told(rig)

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("AuthorizationCacheEnabled")
def test_a_cache_that_is_turned_off_knows_nobody_and_learns_nobody(tmp_path: Path) -> None:
    async def charges_offline(rig: Rig) -> bool:
        await start_offline(rig)
        await rig.wait(10)
        is_live = rig.is_live()
        await leave(rig)
        await reconnect(rig)
        await all_told(rig)
        return is_live

    async def story(rig: Rig) -> None:
        await accepted(rig, AuthorizationCacheEnabled="true")
        await rig.charge(6)
        await rig.finish()
        assert await charges_offline(rig)
        await accepted(rig, AuthorizationCacheEnabled="false")
        assert not await charges_offline(rig)
        answer = await rig.csms.call("ClearCache", {})
        assert answer.payload == {"status": "Rejected"}, "there is none to clear"
        await accepted(rig, AuthorizationCacheEnabled="true")
        answer = await rig.csms.call("ClearCache", {})
        assert answer.payload == {"status": "Accepted"}
        await accepted(rig, AuthorizationCacheEnabled="false")
        await rig.charge(6)
        await rig.finish()
        await accepted(rig, AuthorizationCacheEnabled="true")
        assert not await charges_offline(rig), "nothing was learnt while it was off"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("AuthorizationTimeout")
@pytest.mark.parametrize(("seconds", "is_waited_for"), [(30, True), (5, False)])
def test_a_slow_verdict_is_waited_for_as_long_as_the_key_says(
    tmp_path: Path, seconds: int, is_waited_for: bool
) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, AuthorizationTimeout=seconds, AllowOfflineTxForUnknownId="false")
        rig.csms.core.faults.add(CsmsFault(FaultKind.DELAY, "Authorize", seconds=15.0))
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe()
        await rig.wait(30)
        assert rig.is_live() == is_waited_for
        assert await change(rig, "AuthorizationTimeout", 0) == "Rejected"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("FreeVendActive", "FreeVendIdTag")
def test_free_charging_is_turned_on_and_off_and_billed_to_its_own_id_tag(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.wait(10)
        assert not rig.is_live()
        await accepted(rig, FreeVendIdTag="GUEST", FreeVendActive="true")
        await rig.until(rig.is_live, 20, "the EV that waits already is served")
        await rig.wait(5)
        await leave(rig)
        await all_told(rig)
        (start,) = calls_of_station(rig, "StartTransaction")
        assert start["idTag"] == "GUEST"
        assert "Authorize" not in rig.csms.actions()
        await accepted(rig, FreeVendActive="false")
        rig.plug_in()
        await rig.wait(20)
        assert not rig.is_live()
        assert await change(rig, "FreeVendIdTag", "X" * 21) == "Rejected"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("ReservationEnabled")
def test_reservations_are_turned_off_and_on(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        async def reserve(number: int) -> str:
            until = rig.utc_now().replace(year=2027).isoformat()
            wire = {"connectorId": 1, "expiryDate": until, "idTag": KNOWN_TOKEN, "reservationId": number}
            answer = await rig.csms.call("ReserveNow", wire)
            assert answer.payload is not None
            return str(answer.payload["status"])

        await accepted(rig, ReservationEnabled="false")
        assert await reserve(1) == "Rejected"
        await rig.wait(5)
        assert rig.csms.record.status(1) == "Available"
        await accepted(rig, ReservationEnabled="true")
        assert await reserve(2) == "Accepted"
        await rig.until(lambda: rig.csms.record.status(1) == "Reserved", 10)

    tell_1_6(tmp_path, story)


async def refused_late(rig: Rig) -> None:
    """An unknown card starts offline, and the CSMS refuses it afterwards."""
    rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
    await start_offline(rig)
    await rig.until(rig.is_live, 20)
    await rig.wait(5)
    await reconnect(rig)
    await rig.until(lambda: len(rig.csms.core.transactions) == 1, 20, "the start is told")


@pytest.mark.ocpp_1_6("StopTransactionOnInvalidId")
@pytest.mark.parametrize("value", ["true", "false"])
def test_a_late_refusal_ends_the_transaction_or_only_its_energy(tmp_path: Path, value: str) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, AllowOfflineTxForUnknownId="true", StopTransactionOnInvalidId=value)
        await refused_late(rig)
        await rig.until(lambda: not rig.is_live(), 20, "no more energy")
        await rig.wait(20)
        assert only_transaction(rig).has_ended == (value == "true")
        await leave(rig)
        await all_told(rig)
        assert only_transaction(rig).stop_reason == ("DeAuthorized" if value == "true" else "EVDisconnected")

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("MaxEnergyOnInvalidId")
def test_after_a_late_refusal_the_allowance_is_given_and_no_more(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, AllowOfflineTxForUnknownId="true", StopTransactionOnInvalidId="false")
        await accepted(rig, MaxEnergyOnInvalidId=100)
        await refused_late(rig)
        refused_at_wh = rig.energy_wh()
        await rig.until(lambda: not rig.is_live(), 60, "the allowance is used up")
        assert rig.energy_wh() - refused_at_wh == pytest.approx(100, abs=30)
        await accepted(rig, MaxEnergyOnInvalidId=200)
        await rig.until(rig.is_live, 30, "a greater allowance counts at once")
        await rig.until(lambda: not rig.is_live(), 60)
        assert rig.energy_wh() - refused_at_wh == pytest.approx(200, abs=30)
        assert await change(rig, "MaxEnergyOnInvalidId", -1) == "Rejected"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("ConnectionTimeOut")
def test_somebody_who_does_not_plug_in_has_as_long_as_the_key_says(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, ConnectionTimeOut=20)
        await rig.swipe()
        await rig.until(lambda: rig.csms.record.status(1) == "Preparing", 5)
        await rig.wait(15)
        assert rig.csms.record.status(1) == "Preparing"
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 6, "back to where it was")
        rig.plug_in()
        await rig.wait(15)
        assert not rig.is_live()
        assert rig.csms.core.transactions == []
        assert await change(rig, "ConnectionTimeOut", -5) == "Rejected"
        assert await change(rig, "ConnectionTimeOut", "1.5") == "Rejected"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("ConnectionTimeOut")
def test_a_time_out_of_0_waits_for_as_long_as_it_takes(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, ConnectionTimeOut=0)
        await rig.swipe()
        await rig.rest(900)
        rig.plug_in()
        await rig.until(rig.is_live, 20)

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("ConnectionTimeOut")
def test_a_new_time_out_counts_for_somebody_who_waits_already(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, ConnectionTimeOut=600)
        await rig.swipe()
        await rig.wait(30)
        await accepted(rig, ConnectionTimeOut=60)
        await rig.wait(20)
        assert rig.csms.record.status(1) == "Preparing"
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 20, "60 s since the card")

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("AuthorizeRemoteTxRequests")
def test_a_remote_start_is_judged_or_simply_done(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(STRANGER, TokenRule(TokenStatus.BLOCKED))
        rig.plug_in()
        await rig.wait(3)
        for value, is_live in (("true", False), ("false", True)):
            await accepted(rig, AuthorizeRemoteTxRequests=value)
            asked = rig.csms.actions().count("Authorize")
            answer = await rig.csms.call("RemoteStartTransaction", {"connectorId": 1, "idTag": STRANGER})
            assert answer.payload == {"status": "Accepted"}
            await rig.wait(10)
            assert rig.csms.actions().count("Authorize") - asked == (1 if value == "true" else 0)
            assert (rig.snapshot().transaction is not None) == is_live

    tell_1_6(tmp_path, story, settings={"stop_transaction_on_invalid_id": "false"})
