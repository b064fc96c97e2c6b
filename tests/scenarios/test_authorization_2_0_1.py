"""Block C of OCPP 2.0.1 by the steps of part 6: who may charge, what is remembered of tokens, and who is asked."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.commands import EnterPin, VerdictStatus
from chargepoint.charging.effects import Notice
from chargepoint.model.identifiers import EvseId
from chargepoint.model.tokens import IdToken
from chargepoint_hal.bench.ev import EvChange
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.part6 import TestTool, ask, id_token, put
from scenarios.stories import all_told, assert_all_billed, calls_of_station, reconnect, tell
from support.rig import KNOWN_TOKEN, Rig

OTHER = "04FFEEDD"
MASTER = "04AA55AA"
GROUP = {"idToken": "FLEET", "type": "Central"}
REFUSALS = {"Invalid": TokenStatus.INVALID, "Blocked": TokenStatus.BLOCKED, "Expired": TokenStatus.EXPIRED}
every_refusal = pytest.mark.parametrize("word", sorted(REFUSALS))
SHORT = {"connection_time_out_seconds": "5"}


def asked(rig: Rig, card: str = KNOWN_TOKEN) -> int:
    """How often the CSMS was asked about a card."""
    return sum(payload["idToken"]["idToken"] == card for payload in calls_of_station(rig, "Authorize"))


def judge(rig: Rig, card: str, status: TokenStatus = TokenStatus.ACCEPTED, **rule: Any) -> None:
    rig.csms.core.tokens.set(card, TokenRule(status, **rule))


async def cached(rig: Rig, card: str = KNOWN_TOKEN, status: TokenStatus = TokenStatus.ACCEPTED, **rule: Any) -> None:
    """Memory state IdTokenCached: presented once, and nobody plugged in."""
    judge(rig, card, status, **rule)
    await rig.swipe(card)
    await rig.wait(10)
    assert asked(rig, card) == 1


async def left_in_the_cache(rig: Rig) -> list[str]:
    """The keys of its tokens on the disk, once the power is cut: the story ends here."""
    await rig.power_cut()
    with closing(sqlite3.connect(rig.directory / "chargepoint.db")) as database:
        return [key for (key,) in database.execute("SELECT token_key FROM verdicts ORDER BY token_key")]


async def listed(rig: Rig, *cards: str, status: str = "Accepted", group: Mapping[str, str] | None = None) -> None:
    """Memory state IdTokenLocalAuthList."""
    info: dict[str, Any] = {"status": status} | ({"groupIdToken": dict(group)} if group else {})
    entries = [{"idToken": id_token(card), "idTokenInfo": info} for card in cards]
    update = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": entries}
    assert (await ask(rig, "SendLocalList", update))["status"] == "Accepted"


async def is_refused(rig: Rig, tool: TestTool, card: str = KNOWN_TOKEN) -> None:
    """Asked about, refused, and nothing of it is told."""
    before = asked(rig, card)
    await rig.swipe(card)
    assert asked(rig, card) == before + 1
    await tool.nothing(30)
    assert not rig.is_live()


# C01: the card


@every_refusal
@pytest.mark.requirement("C01.FR.02", "C01.FR.01")
def test_a_card_that_the_csms_refuses(tmp_path: Path, word: str) -> None:
    """TC_C_02_CS, TC_C_06_CS, TC_C_07_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"]).configure(AuthCtrlr__DisableRemoteAuthorization=False)
        judge(rig, KNOWN_TOKEN, REFUSALS[word])
        await tool.ev_connected_pre_session()
        await is_refused(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C01.FR.02")
def test_a_card_that_the_csms_does_not_know(tmp_path: Path) -> None:
    """TC_C_56_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig).configure()
        judge(rig, KNOWN_TOKEN, TokenStatus.UNKNOWN)
        await tool.ev_connected_pre_session()
        await is_refused(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C01.FR.02", "C01.FR.03", "C01.FR.23")
def test_another_card_stops_nothing(tmp_path: Path) -> None:
    """TC_C_04_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"], ["EVConnected"]).configure()
        await tool.energy_transfer_started()
        await rig.swipe(OTHER)
        await tool.nothing(30)
        assert rig.is_live()
        await tool.stop_authorized()
        await tool.ev_connected_post_session()
        await rig.swipe(OTHER)
        await tool.nothing(20)
        assert not rig.is_live(), "the transaction is somebody else's"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C04.FR.02", "C04.FR.04")
def test_a_pin_is_typed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """C04: the station's own logs say nothing of it."""
    pin = "739146"

    async def typed(rig: Rig) -> None:
        assert rig.assembly is not None
        verdict = await rig.assembly.controller.execute(EnterPin(pin, EvseId(1)))
        assert verdict.status is VerdictStatus.ACCEPTED
        await rig.wait(2)

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"], ["EVConnected"]).configure()
        judge(rig, pin, TokenStatus.INVALID)
        await tool.ev_connected_pre_session()
        await typed(rig)
        assert not rig.is_live()
        judge(rig, pin)
        await typed(rig)
        (first, second) = calls_of_station(rig, "Authorize")
        assert first["idToken"] == second["idToken"] == {"idToken": pin, "type": "KeyCode"}
        event = await tool.event()
        assert (event["triggerReason"], event["idToken"]["type"]) == ("Authorized", "KeyCode")
        assert rig.assembly is not None
        assert not [frame.text for frame in rig.assembly.frame_log.last() if pin in frame.text]
        assert not [record for record in caplog.records if pin in record.getMessage()]

    with caplog.at_level("DEBUG", "chargepoint"):
        tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C01.FR.20", "C01.FR.21")
def test_a_card_for_a_part_of_the_station(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        def only_two(text: str) -> str:
            return text.replace('"idTokenInfo":{"status":"Accepted"', '"idTokenInfo":{"evseId":[2],"status":"Accepted"')

        rig.csms.rewrite = lambda text: only_two(text.replace('": ', '":').replace(', "', ',"'))
        rig.plug_in(1)
        await rig.wait(3)
        await rig.swipe(evses=None)
        await rig.wait(20)
        assert not rig.is_live(1)
        rig.plug_in(2)
        await rig.until(lambda: rig.is_live(2), 20)
        assert not rig.is_live(1)

    tell(tmp_path, "2.0.1", story, evses=2, settings={"local_pre_authorize": "false"})


@pytest.mark.requirement("C01.FR.26")
def test_the_authorisation_ends_when_nobody_plugs_in(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.swipe()
        await rig.wait(10)
        rig.plug_in()
        await rig.wait(20)
        assert not rig.is_live()

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C02.FR.01", "C02.FR.03")
def test_a_start_without_a_card_names_nobody_and_is_not_remembered(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await cached(rig)
        tool = TestTool(rig, ["EVConnected"])
        await tool.configure(AuthCtrlr__FreeVendActive=True)
        rig.plug_in()
        started, authorised = await tool.event(), await tool.event()
        assert started["eventType"] == "Started"
        assert authorised["idToken"] == {"idToken": "", "type": "NoAuthorization"}
        assert authorised["triggerReason"] == "Authorized"
        await rig.until(rig.is_live, 20)
        await rig.wait(10)
        rig.plug_out()
        await all_told(rig)
        assert asked(rig, "") == 0
        assert_all_billed(rig)
        assert await left_in_the_cache(rig) == [IdToken(KNOWN_TOKEN).key]

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C03.FR.01", "C05.FR.01", "C05.FR.02", "C05.FR.03", "C05.FR.05", "C03.FR.02")
def test_a_token_that_the_csms_made_is_neither_asked_about_nor_remembered(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await cached(rig)
        await put(rig, AuthCtrlr__AuthorizeRemoteStart=True, AuthCtrlr__LocalPreAuthorize=True)
        rig.plug_in()
        await rig.wait(3)
        start = {"idToken": id_token("APP-7", "Central"), "remoteStartId": 5, "evseId": 1}
        assert (await ask(rig, "RequestStartTransaction", start))["status"] == "Accepted"
        await rig.until(rig.is_live, 20)
        await rig.drained()
        first = calls_of_station(rig, "TransactionEvent")[0]
        assert first["idToken"] == id_token("APP-7", "Central")
        assert first["transactionInfo"]["remoteStartId"] == 5
        rig.plug_out()
        await all_told(rig)
        assert asked(rig, "APP-7") == 0
        assert await left_in_the_cache(rig) == [IdToken(KNOWN_TOKEN).key]

    tell(tmp_path, "2.0.1", story, settings=SHORT)


# C09: groups


@pytest.mark.parametrize("known_by", ["csms", "cache", "list"])
@pytest.mark.requirement("C09.FR.03", "C09.FR.05", "C09.FR.07", "C01.FR.03", "E07.FR.01", "E07.FR.02")
@pytest.mark.requirement("C01.FR.04", "C09.FR.04")
def test_a_friend_of_the_group_stops_it(tmp_path: Path, known_by: str) -> None:
    """TC_C_39_CS, TC_C_40_CS, TC_C_41_CS"""

    async def story(rig: Rig) -> None:
        for card in (KNOWN_TOKEN, OTHER):
            judge(rig, card, group_id="FLEET")
        if known_by == "cache":
            await cached(rig, group_id="FLEET")
            await cached(rig, OTHER, group_id="FLEET")
        if known_by == "list":
            await listed(rig, KNOWN_TOKEN, OTHER, group=GROUP)
        await put(rig, AuthCtrlr__LocalPreAuthorize=True)
        before = asked(rig), asked(rig, OTHER)
        tool = await TestTool(rig, ["EVConnected"], ["Authorized"]).configure()
        await tool.ev_connected_pre_session()
        await tool.authorized(asks=known_by == "csms")
        await tool.energy_transfer_started()
        await rig.wait(10)
        await rig.swipe(OTHER)
        event = await tool.event()
        assert event["triggerReason"] == "StopAuthorized"
        assert event["idToken"]["idToken"] == OTHER
        more = 1 if known_by == "csms" else 0
        assert (asked(rig), asked(rig, OTHER)) == (before[0] + more, before[1] + more)
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.parametrize("known_by", ["csms", "cache", "list"])
@pytest.mark.requirement("C09.FR.11", "C10.FR.03", "C14.FR.03")
def test_a_refused_friend_of_the_group_stops_nothing(tmp_path: Path, known_by: str) -> None:
    """TC_C_42_CS, TC_C_43_CS, TC_C_44_CS"""

    async def story(rig: Rig) -> None:
        if known_by == "list":
            entries = [
                {"idToken": id_token(KNOWN_TOKEN), "idTokenInfo": {"status": "Accepted", "groupIdToken": GROUP}},
                {"idToken": id_token(OTHER), "idTokenInfo": {"status": "Invalid", "groupIdToken": GROUP}},
            ]
            update = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": entries}
            assert (await ask(rig, "SendLocalList", update))["status"] == "Accepted"
        judge(rig, KNOWN_TOKEN, group_id="FLEET")
        judge(rig, OTHER, TokenStatus.INVALID, group_id="FLEET")
        if known_by == "cache":
            await cached(rig, group_id="FLEET")
            await cached(rig, OTHER, TokenStatus.INVALID, group_id="FLEET")
        await put(rig, AuthCtrlr__LocalPreAuthorize=True)
        tool = await TestTool(rig, ["EVConnected"], ["Authorized"]).configure()
        await tool.ev_connected_pre_session()
        await tool.authorized(asks=known_by == "csms")
        await tool.energy_transfer_started()
        before = asked(rig, OTHER)
        await rig.swipe(OTHER)
        assert asked(rig, OTHER) == before + 1
        await tool.nothing(20)
        assert rig.is_live()

    tell(tmp_path, "2.0.1", story, settings=SHORT)


# C10, C11, C12: the cache


@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed"])
@pytest.mark.requirement("C12.FR.02", "C12.FR.04")
def test_a_card_that_the_cache_accepts(tmp_path: Path, start: str) -> None:
    """TC_C_08_CS, TC_C_13_CS"""

    async def story(rig: Rig) -> None:
        await cached(rig)
        tool = await TestTool(rig, [start]).configure(AuthCacheCtrlr__Enabled=True, AuthCtrlr__LocalPreAuthorize=True)
        await tool.ev_connected_pre_session()  # TC_C_08
        await tool.authorized(asks=False)
        await tool.energy_transfer_started()
        rig.plug_out()
        await all_told(rig)
        tool = TestTool(rig, [start])
        tool.forget()
        await tool.authorized(asks=False)  # TC_C_13
        await tool.nothing(3)
        await tool.ev_connected_pre_session()
        await tool.energy_transfer_started()
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings={"connection_time_out_seconds": "9"})


@every_refusal
@pytest.mark.requirement("C10.FR.01", "C10.FR.03", "C12.FR.05")
def test_a_card_that_the_cache_refuses_is_asked_about(tmp_path: Path, word: str) -> None:
    """TC_C_09_CS, TC_C_10_CS, TC_C_11_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"]).configure(AuthCtrlr__LocalPreAuthorize=True)
        await cached(rig, status=REFUSALS[word])
        await tool.ev_connected_pre_session()
        await is_refused(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C12.FR.05", "C12.FR.06", "C10.FR.04")
def test_a_card_that_the_cache_refused_and_the_csms_takes(tmp_path: Path) -> None:
    """TC_C_12_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig).configure(AuthCtrlr__LocalPreAuthorize=True)
        await cached(rig, status=TokenStatus.INVALID)
        judge(rig, KNOWN_TOKEN)
        await tool.ev_connected_pre_session()
        await tool.authorized()
        await tool.energy_transfer_started()

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C10.FR.03", "C12.FR.05")
def test_what_the_cache_refuses_is_not_asked_about_where_that_is_turned_off(tmp_path: Path) -> None:
    """TC_C_57_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, ["EVConnected"])
        await tool.configure(AuthCtrlr__LocalPreAuthorize=True, AuthCacheCtrlr__DisablePostAuthorize=True)
        await cached(rig, status=TokenStatus.INVALID)
        judge(rig, KNOWN_TOKEN)
        await tool.ev_connected_pre_session()
        await rig.swipe()
        await tool.nothing(30)
        assert asked(rig) == 1
        assert not rig.is_live()

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C01.FR.02", "C01.FR.05")
def test_nobody_is_asked_where_that_is_turned_off(tmp_path: Path) -> None:
    """TC_E_52_CS"""

    async def story(rig: Rig) -> None:
        await cached(rig, OTHER)
        tool = await TestTool(rig, ["Authorized"]).configure(AuthCtrlr__DisableRemoteAuthorization=True)
        await rig.swipe()
        await rig.wait(5)
        assert asked(rig) == 0
        rig.plug_in()
        await tool.status("Occupied")
        await tool.nothing(20)
        assert not rig.is_live()
        await rig.swipe(OTHER)
        await rig.until(rig.is_live, 20, "the cache knows this one")
        assert asked(rig, OTHER) == 1

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C10.FR.02")
def test_the_cache_outlives_a_reboot(tmp_path: Path) -> None:
    """TC_C_32_CS"""

    async def story(rig: Rig) -> None:
        await put(rig, AuthCtrlr__LocalPreAuthorize=True)
        await cached(rig)
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.wait(5)
        tool = TestTool(rig)
        await tool.ev_connected_pre_session()
        await tool.authorized(asks=False)
        await tool.energy_transfer_started()

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.parametrize("by", ["AuthorizeResponse", "TransactionEventResponse"])
@pytest.mark.requirement("C10.FR.04", "C10.FR.05", "C12.FR.06")
def test_each_answer_about_a_token_is_the_newest(tmp_path: Path, by: str) -> None:
    """TC_C_33_CS, TC_C_34_CS"""

    async def story(rig: Rig) -> None:
        await put(rig, AuthCtrlr__LocalPreAuthorize=by == "TransactionEventResponse")
        await cached(rig)
        judge(rig, KNOWN_TOKEN, TokenStatus.INVALID)
        tool = TestTool(rig)
        await tool.ev_connected_pre_session()
        await rig.swipe()
        await rig.wait(20)
        assert not rig.is_live()
        if rig.truth()["locked"]:  # reusable state Deauthorized, steps 5 and 6
            assert await ask(rig, "UnlockConnector", {"evseId": 1, "connectorId": 1}) == {"status": "Unlocked"}
        rig.plug_out()
        await all_told(rig)
        await put(rig, AuthCtrlr__LocalPreAuthorize=True)
        before = asked(rig)
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe()
        assert asked(rig) == before + 1, "the cache does not accept it any more"
        await rig.wait(10)
        assert not rig.is_live()

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C10.FR.11")
def test_without_local_authorisation_the_csms_is_asked_all_the_same(tmp_path: Path) -> None:
    """TC_C_36_CS"""

    async def story(rig: Rig) -> None:
        await put(rig, AuthCacheCtrlr__Enabled=True, AuthCtrlr__LocalPreAuthorize=False)
        await cached(rig)
        judge(rig, KNOWN_TOKEN, TokenStatus.INVALID)
        await rig.swipe()
        assert asked(rig) == 2

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C11.FR.01", "C11.FR.02", "C11.FR.03")
def test_a_cleared_cache_knows_nobody(tmp_path: Path) -> None:
    """TC_C_37_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig).configure(AuthCtrlr__LocalPreAuthorize=True)
        await cached(rig)
        assert await ask(rig, "ClearCache") == {"status": "Accepted"}
        await tool.ev_connected_pre_session()
        await tool.authorized(asks=True)
        await tool.energy_transfer_started()

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C11.FR.04")
def test_a_cache_that_is_turned_off_is_not_cleared(tmp_path: Path) -> None:
    """TC_C_38_CS"""

    async def story(rig: Rig) -> None:
        await cached(rig)
        await put(rig, AuthCacheCtrlr__Enabled=False)
        assert (await ask(rig, "ClearCache"))["status"] == "Rejected"

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C10.FR.08", "C10.FR.10")
def test_a_cached_token_is_too_old_after_its_life_time(tmp_path: Path) -> None:
    """TC_C_46_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig)
        await tool.configure(AuthCacheCtrlr__LifeTime=60, AuthCtrlr__LocalPreAuthorize=True)
        await cached(rig)
        await rig.swipe()
        await rig.wait(10)
        assert asked(rig) == 1, "young enough"
        await tool.ev_connected_pre_session()
        await rig.wait(60)
        await tool.authorized(asks=True)

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C10.FR.13")
def test_a_cached_token_with_an_end_of_its_own(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await put(rig, AuthCacheCtrlr__LifeTime=10, AuthCtrlr__LocalPreAuthorize=True)
        await cached(rig, valid_until=rig.utc_now() + timedelta(seconds=120))
        await rig.wait(60)
        await rig.swipe()
        assert asked(rig) == 1, "its own end counts"
        await rig.wait(60)
        await rig.swipe()
        assert asked(rig) == 2

    tell(tmp_path, "2.0.1", story, settings=SHORT)


OFFLINE = {"allow_offline_tx_for_unknown_id": "true", "local_authorize_offline": "true"}


async def charges_offline(rig: Rig, tool: TestTool) -> None:
    """Authorised without the CSMS, and back again after a while."""
    judge(rig, KNOWN_TOKEN, TokenStatus.INVALID)
    await tool.ev_connected_pre_session()
    rig.csms.go_offline()
    await rig.wait(2)
    await rig.swipe()
    await rig.until(rig.is_live, 20)
    await rig.wait(5)
    await reconnect(rig)


@pytest.mark.parametrize("allowance", [0, 500])
@pytest.mark.requirement("C12.FR.02", "C12.FR.04", "C15.FR.02", "C15.FR.04", "C15.FR.05")
@pytest.mark.requirement("E05.FR.11")
def test_a_token_that_is_refused_later_ends_it(tmp_path: Path, allowance: int) -> None:
    """TC_C_16_CS, TC_C_18_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, ["EVConnected"])
        await tool.configure(
            AuthCtrlr__LocalPreAuthorize=True,
            TxCtrlr__StopTxOnInvalidId=True,
            TxCtrlr__MaxEnergyOnInvalidId=allowance,
        )
        await cached(rig)
        await charges_offline(rig, tool)
        await rig.until(lambda: not rig.is_live(), 20)
        await rig.drained()
        await rig.wait(3)
        events = tool.waiting()
        authorised = next(event for event in events if event["triggerReason"] == "Authorized")
        assert authorised["offline"] is True
        charging = next(event for event in events if event["transactionInfo"]["chargingState"] == "Charging")
        assert charging["offline"] is True
        assert events[-1]["triggerReason"] == "Deauthorized"
        assert "offline" not in events[-1]
        assert rig.truth()["locked"] is True, "until its owner comes"
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings=OFFLINE | SHORT)


@pytest.mark.parametrize("allowance", [0, 3_000])
@pytest.mark.requirement("C15.FR.06", "C15.FR.07", "E05.FR.02", "E05.FR.03")
def test_a_token_that_is_refused_later_without_the_stop(tmp_path: Path, allowance: int) -> None:
    """TC_C_15_CS, TC_C_17_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, ["EVConnected"])
        await tool.configure(
            AuthCtrlr__LocalPreAuthorize=True,
            TxCtrlr__StopTxOnInvalidId=False,
            TxCtrlr__MaxEnergyOnInvalidId=allowance,
        )
        await cached(rig)
        await charges_offline(rig, tool)
        await rig.drained()
        await rig.wait(20)
        told = [event["transactionInfo"]["chargingState"] for event in tool.waiting()]
        assert rig.is_live() is (allowance > 0)
        assert ("SuspendedEVSE" in told) is (allowance == 0)
        assert all(event["triggerReason"] != "Deauthorized" for event in tool.waiting())
        if allowance:
            refused_at_wh = rig.energy_wh()
            await rig.until(lambda: not rig.is_live(), 3600, "the allowance is used up")
            assert rig.energy_wh() - refused_at_wh == pytest.approx(allowance, abs=300)
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings=OFFLINE | SHORT)


# C13, C14, C15: the local list, and who is unknown


async def offline_try(rig: Rig, *, charges: bool) -> None:
    """A card at the reader while there is no CSMS; afterwards the queue is told."""
    rig.csms.go_offline()
    await rig.wait(2)
    rig.plug_in()
    await rig.wait(3)
    await rig.swipe()
    await rig.wait(20)
    assert rig.is_live() is charges
    if charges:
        await rig.swipe()
        await rig.until(lambda: not rig.is_live(), 10)
    rig.plug_out()
    await rig.wait(10)
    await reconnect(rig)
    await rig.drained()
    events = calls_of_station(rig, "TransactionEvent")
    assert bool(events) is charges
    assert all(event["offline"] for event in events)
    assert any(event["triggerReason"] == "StopAuthorized" for event in events) is charges
    await all_told(rig)
    assert_all_billed(rig)


@pytest.mark.requirement("C13.FR.02", "C13.FR.05")
@pytest.mark.requirement("C13.FR.03")
def test_offline_the_list_accepts(tmp_path: Path) -> None:
    """TC_C_21_CS"""

    async def story(rig: Rig) -> None:
        await put(rig, AuthCtrlr__OfflineTxForUnknownIdEnabled=False, AuthCtrlr__LocalAuthorizeOffline=True)
        await listed(rig, KNOWN_TOKEN)
        await offline_try(rig, charges=True)

    tell(tmp_path, "2.0.1", story)


@every_refusal
@pytest.mark.requirement("C13.FR.02", "C13.FR.05")
def test_offline_the_list_refuses(tmp_path: Path, word: str) -> None:
    """TC_C_22_CS, TC_C_23_CS, TC_C_24_CS"""

    async def story(rig: Rig) -> None:
        await put(rig, AuthCtrlr__OfflineTxForUnknownIdEnabled=False, AuthCtrlr__LocalAuthorizeOffline=True)
        await listed(rig, KNOWN_TOKEN, status=word)
        await offline_try(rig, charges=False)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C13.FR.01", "C14.FR.01")
def test_the_list_comes_before_the_cache(tmp_path: Path) -> None:
    """TC_C_25_CS"""

    async def story(rig: Rig) -> None:
        await cached(rig)
        await listed(rig, KNOWN_TOKEN, status="Invalid")
        await offline_try(rig, charges=False)

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C15.FR.01", "C15.FR.02", "C15.FR.08", "C13.FR.06")
def test_offline_somebody_unknown_may_charge_where_that_is_allowed(tmp_path: Path) -> None:
    """TC_C_26_CS"""

    async def story(rig: Rig) -> None:
        await put(rig, AuthCtrlr__OfflineTxForUnknownIdEnabled=True)
        await offline_try(rig, charges=True)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C14.FR.02", "C14.FR.04")
def test_online_the_list_accepts(tmp_path: Path) -> None:
    """TC_C_27_CS"""

    async def story(rig: Rig) -> None:
        await listed(rig, KNOWN_TOKEN)
        tool = await TestTool(rig).configure(AuthCtrlr__LocalPreAuthorize=True)
        await tool.ev_connected_pre_session()
        await tool.authorized(asks=False)
        await tool.energy_transfer_started()

    tell(tmp_path, "2.0.1", story)


@every_refusal
@pytest.mark.requirement("C14.FR.03")
def test_online_what_the_list_refuses_is_asked_about(tmp_path: Path, word: str) -> None:
    """TC_C_28_CS, TC_C_29_CS, TC_C_30_CS"""

    async def story(rig: Rig) -> None:
        await listed(rig, KNOWN_TOKEN, status=word)
        judge(rig, KNOWN_TOKEN, REFUSALS[word])
        tool = await TestTool(rig, ["EVConnected"]).configure(AuthCtrlr__LocalPreAuthorize=True)
        await tool.ev_connected_pre_session()
        await is_refused(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C14.FR.03")
def test_online_what_the_list_refuses_the_csms_may_take(tmp_path: Path) -> None:
    """TC_C_31_CS"""

    async def story(rig: Rig) -> None:
        await listed(rig, KNOWN_TOKEN, status="Invalid")
        tool = await TestTool(rig).configure(AuthCtrlr__LocalPreAuthorize=True)
        await tool.ev_connected_pre_session()
        await tool.authorized(asks=True)
        await tool.energy_transfer_started()

    tell(tmp_path, "2.0.1", story, provoked=())


@pytest.mark.requirement("C14.FR.03")
def test_online_what_the_list_refuses_is_not_asked_about_where_that_is_turned_off(tmp_path: Path) -> None:
    """TC_C_58_CS"""

    async def story(rig: Rig) -> None:
        await listed(rig, KNOWN_TOKEN, status="Invalid")
        tool = TestTool(rig, ["EVConnected"])
        await tool.configure(AuthCtrlr__LocalPreAuthorize=True, LocalAuthListCtrlr__DisablePostAuthorize=True)
        await tool.ev_connected_pre_session()
        await rig.swipe()
        await tool.nothing(20)
        assert asked(rig) == 0
        assert not rig.is_live()

    tell(tmp_path, "2.0.1", story)


# C16: the master pass


@pytest.mark.parametrize("known_by", ["csms", "cache", "list"])
@pytest.mark.requirement("C16.FR.02", "C16.FR.07", "C12.FR.09", "C16.FR.03")
@pytest.mark.requirement("C16.FR.04", "C16.FR.05")
@pytest.mark.requirement("C16.FR.08")
@pytest.mark.requirement("C16.FR.09")
def test_a_master_pass_stops_every_transaction(tmp_path: Path, known_by: str) -> None:
    """TC_C_14_CS, TC_C_49_CS"""

    async def story(rig: Rig) -> None:
        judge(rig, MASTER, group_id="POLICE")
        if known_by == "cache":
            await cached(rig, MASTER, group_id="POLICE")
        if known_by == "list":
            await listed(rig, MASTER, group={"idToken": "POLICE", "type": "Central"})
        await put(rig, AuthCtrlr__MasterPassGroupId="POLICE")
        for evse, card in ((1, KNOWN_TOKEN), (2, OTHER)):
            rig.plug_in(evse)
            await rig.wait(3)
            await rig.swipe(card)
        await rig.until(lambda: rig.is_live(1) and rig.is_live(2), 20)
        await rig.wait(10)
        await rig.swipe(MASTER)
        await rig.until(lambda: not rig.is_live(1) and not rig.is_live(2), 10)
        await rig.drained()
        await rig.wait(5)
        assert asked(rig, MASTER) == (known_by != "list")
        ends = [event for event in calls_of_station(rig, "TransactionEvent") if event["eventType"] == "Ended"]
        assert len(ends) == 2
        for end in ends:
            assert end["triggerReason"] == "StopAuthorized"
            assert end["transactionInfo"]["stoppedReason"] == "MasterPass"
            assert end["idToken"]["idToken"] == MASTER
        for evse in (1, 2):
            rig.plug_out(evse)
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, evses=2, settings=SHORT)


@pytest.mark.requirement("C16.FR.03", "C12.FR.09")
@pytest.mark.parametrize("start", ["Authorized", "PowerPathClosed"])
def test_a_master_pass_starts_nothing(tmp_path: Path, start: str) -> None:
    """TC_C_45_CS"""

    async def story(rig: Rig) -> None:
        judge(rig, MASTER, group_id="POLICE")
        tool = await TestTool(rig, [start]).configure(AuthCtrlr__MasterPassGroupId="POLICE")
        await rig.swipe(MASTER)
        assert asked(rig, MASTER) == 1
        await tool.nothing(5)
        rig.plug_in()
        await tool.status("Occupied")
        await tool.nothing(20)
        rig.ev(EvChange(ready=True))
        assert not rig.is_live()
        start_request = {
            "idToken": id_token(MASTER),
            "groupIdToken": {"idToken": "POLICE", "type": "Central"},
            "remoteStartId": 3,
            "evseId": 1,
        }
        assert (await ask(rig, "RequestStartTransaction", start_request))["status"] == "Rejected"

    tell(tmp_path, "2.0.1", story)


# C06: what is known by a kind of its own


@pytest.mark.requirement("C01.FR.13", "C06.FR.01", "C06.FR.02", "C06.FR.03")
def test_a_token_of_the_station_s_own_kind_is_asked_about(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        judge(rig, OTHER, TokenStatus.BLOCKED)
        rig.plug_in()
        await rig.wait(3)
        for card in (OTHER, KNOWN_TOKEN):
            assert not rig.is_live()
            rig.world.present_token(card, "Local")
            await rig.wait(3)
        assert (Notice.REFUSED, "the CSMS says Blocked") in [(kind, text) for kind, _, text in rig.shown.notices]
        await rig.until(rig.is_live, 20)
        told = [payload["idToken"] for payload in calls_of_station(rig, "Authorize")]
        assert told == [id_token(OTHER, "Local"), id_token(KNOWN_TOKEN, "Local")]
        await rig.drained()
        assert calls_of_station(rig, "TransactionEvent")[0]["idToken"] == id_token(KNOWN_TOKEN, "Local")

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C15.FR.03")
def test_a_token_that_is_refused_later_has_no_energy_where_the_plug_ends_the_transaction(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        tool = TestTool(rig, ["EVConnected"], ["EVConnected"])
        await tool.configure(TxCtrlr__StopTxOnInvalidId=True)
        await charges_offline(rig, tool)
        await rig.until(lambda: not rig.is_live(), 20)
        await rig.drained()
        await rig.wait(5)
        (refused,) = [event for event in tool.waiting() if event["triggerReason"] == "Deauthorized"]
        assert refused["eventType"] == "Updated"
        assert tool.waiting()[-1]["transactionInfo"]["chargingState"] in ("EVConnected", "SuspendedEVSE")
        assert rig.snapshot().transaction is not None
        rig.plug_out()
        await all_told(rig)
        assert calls_of_station(rig, "TransactionEvent")[-1]["eventType"] == "Ended"
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings=OFFLINE | SHORT)


@pytest.mark.requirement("C11.FR.05")
def test_a_cache_that_the_disk_does_not_let_go_is_not_said_to_be_cleared(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await cached(rig)
        rig.commit_watch = take_nothing
        rig.plug_in()
        await rig.wait(1)
        await rig.swipe()
        await rig.wait(10)
        assert (await ask(rig, "ClearCache"))["status"] == "Rejected"
        rig.commit_watch = lambda when: None
        await rig.until(rig.is_live, 60)
        assert (await ask(rig, "ClearCache"))["status"] == "Accepted"

    tell(tmp_path, "2.0.1", story, settings=SHORT)


@pytest.mark.requirement("C04.FR.03")
def test_a_pin_that_the_csms_took_opens_the_station_offline_too(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        pin = "739146"
        judge(rig, pin)
        for is_online in (True, False):
            if not is_online:
                rig.csms.go_offline()
                await rig.wait(2)
            rig.plug_in()
            await rig.wait(3)
            assert rig.assembly is not None
            await rig.assembly.controller.execute(EnterPin(pin, EvseId(1)))
            await rig.until(rig.is_live, 20)
            rig.plug_out()
            await rig.wait(10)
        assert asked(rig, pin) == 1
        await reconnect(rig)
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


def take_nothing(when: str) -> None:
    if when == "before_commit":
        raise sqlite3.OperationalError("disk I/O error")
