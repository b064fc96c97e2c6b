"""A card and a tag of the same number are two tokens (2.0.1 C01.FR.25); what 1.6 names has no type and is either."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.effects import Notice
from dev_csms.core import CsmsCore
from dev_csms.records import AnomalyKind
from dev_csms.tokens import TokenRule
from scenarios.part6 import id_token, put, read
from scenarios.stories import (
    all_told,
    ask,
    assert_all_billed,
    calls_of_station,
    is_1_6,
    only_transaction,
    reconnect,
    tell,
    under_both,
)
from support.rig import KNOWN_TOKEN, Rig

CARD, TAG = "ISO14443", "ISO15693"
FOLDED = KNOWN_TOKEN.lower()
each_of_them = pytest.mark.parametrize("kind", [CARD, TAG, "Local", "eMAID"])
OFFLINE_BY_LIST = {"local_authorize_offline": "true", "allow_offline_tx_for_unknown_id": "false"}


async def show(rig: Rig, kind: str, uid: str = KNOWN_TOKEN) -> None:
    await rig.swipe(uid, kind=kind)


async def offline(rig: Rig) -> None:
    rig.csms.go_offline()
    await rig.wait(3)


async def charges(rig: Rig, kind: str, uid: str = KNOWN_TOKEN) -> bool:
    """Plug in, present it, look, and leave everything as it was."""
    rig.plug_in()
    await rig.wait(2)
    await show(rig, kind, uid)
    await rig.wait(12)
    is_let_in = rig.is_live()
    rig.plug_out()
    await rig.wait(12)
    return is_let_in


async def stops(rig: Rig, kind: str, uid: str = KNOWN_TOKEN) -> bool:
    """Presented to the transaction that runs."""
    assert rig.is_live()
    await show(rig, kind, uid)
    await rig.wait(10)
    return not rig.is_live()


def entry(kind: str, status: str | None = "Accepted", uid: str = KNOWN_TOKEN, **info: Any) -> dict[str, Any]:
    wire: dict[str, Any] = {"idToken": id_token(uid, kind)}
    return wire if status is None else wire | {"idTokenInfo": {"status": status, **info}}


async def send(rig: Rig, version: int, *entries: dict[str, Any], is_full: bool = True) -> str:
    update: dict[str, Any] = {"updateType": "Full" if is_full else "Differential"}
    update["listVersion" if is_1_6(rig) else "versionNumber"] = version
    if entries:
        update["localAuthorizationList"] = list(entries)
    return str((await ask(rig, "SendLocalList", update))["status"])


@pytest.mark.requirement("C01.FR.25", "C01.FR.03")
@under_both
def test_the_tag_with_the_number_of_a_card_does_not_stop_what_the_card_has_started(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        assert not await stops(rig, TAG)
        assert await stops(rig, CARD, FOLDED)
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)
        assert only_transaction(rig).stop_reason == "Local"

    tell(tmp_path, version, story)


@pytest.mark.requirement("C01.FR.25", "C01.FR.02", "C10.FR.04")
@under_both
def test_the_cache_knows_the_card_and_not_the_tag(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        await rig.finish()
        await rig.drained()
        await offline(rig)
        assert not await charges(rig, TAG)
        assert await charges(rig, CARD, FOLDED)
        await reconnect(rig)
        await all_told(rig)
        asked = len(calls_of_station(rig, "Authorize"))
        rig.plug_in()
        await rig.wait(2)
        await show(rig, TAG)
        assert len(calls_of_station(rig, "Authorize")) == asked + 1, "the CSMS is asked about the tag"
        await rig.until(rig.is_live, 20, "and lets it charge")

    tell(tmp_path, version, story, settings=OFFLINE_BY_LIST)


@pytest.mark.requirement("C01.FR.25", "D01.FR.10", "D01.FR.12", "D01.FR.15", "C13.FR.05")
@pytest.mark.parametrize(("good", "bad"), [(CARD, TAG), (TAG, CARD)])
def test_a_list_may_have_both_and_has_a_word_for_each(tmp_path: Path, good: str, bad: str) -> None:
    async def story(rig: Rig) -> None:
        await put(rig, LocalAuthListCtrlr__Enabled=True)
        assert await send(rig, 1, entry(good), entry(bad, "Blocked", FOLDED)) == "Accepted"
        assert await read(rig, "LocalAuthListCtrlr", "Entries") == "2"
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(2)
        assert await read(rig, "LocalAuthListCtrlr", "Entries") == "2"
        await offline(rig)
        assert await charges(rig, good)
        assert not await charges(rig, bad)

    tell(tmp_path, "2.0.1", story, settings=OFFLINE_BY_LIST)


@pytest.mark.requirement("C01.FR.25", "D01.FR.16", "D01.FR.17")
def test_an_update_changes_the_one_that_it_names(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await put(rig, LocalAuthListCtrlr__Enabled=True)
        assert await send(rig, 1, entry(CARD), entry(TAG)) == "Accepted"
        assert await send(rig, 2, entry(TAG, "Blocked"), is_full=False) == "Accepted"
        assert await read(rig, "LocalAuthListCtrlr", "Entries") == "2"
        await offline(rig)
        assert not await charges(rig, TAG)
        assert await charges(rig, CARD)
        await reconnect(rig)
        await rig.wait(2)
        assert await send(rig, 3, entry(CARD, None), is_full=False) == "Accepted"
        assert await read(rig, "LocalAuthListCtrlr", "Entries") == "1"
        assert await send(rig, 4, entry(CARD), entry(CARD, uid=FOLDED), is_full=False) == "Failed", "one type twice"

    tell(tmp_path, "2.0.1", story, settings=OFFLINE_BY_LIST)


async def start_remotely(rig: Rig, kind: str) -> None:
    rig.plug_in()
    await rig.wait(3)
    if is_1_6(rig):
        answer = await ask(rig, "RemoteStartTransaction", {"idTag": KNOWN_TOKEN, "connectorId": 1})
    else:
        wanted = {"idToken": id_token(KNOWN_TOKEN, kind), "remoteStartId": 7, "evseId": 1}
        answer = await ask(rig, "RequestStartTransaction", wanted)
    assert answer["status"] == "Accepted"
    await rig.until(rig.is_live, 20)
    await rig.wait(10)


@pytest.mark.requirement("C01.FR.25", "F01.FR.04")
def test_what_was_started_remotely_for_a_tag_the_tag_stops(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await start_remotely(rig, TAG)
        assert not await stops(rig, CARD)
        assert await stops(rig, TAG, FOLDED)
        types = {each["idToken"]["type"] for each in calls_of_station(rig, "TransactionEvent") if "idToken" in each}
        assert types == {TAG}

    tell(tmp_path, "2.0.1", story)


@pytest.mark.ocpp_1_6("RemoteStartTransaction")
@each_of_them
def test_what_was_started_remotely_for_an_idtag_any_type_of_it_stops(tmp_path: Path, kind: str) -> None:
    async def story(rig: Rig) -> None:
        await start_remotely(rig, kind)
        assert await stops(rig, kind, FOLDED)

    tell(tmp_path, "1.6", story)


async def reserve(rig: Rig, kind: str, **more: Any) -> None:
    until = (rig.utc_now() + timedelta(hours=1)).isoformat()
    if is_1_6(rig):
        wanted: dict[str, Any] = {"connectorId": 1, "expiryDate": until, "idTag": FOLDED, "reservationId": 7}
    else:
        wanted = {"id": 7, "expiryDateTime": until, "idToken": id_token(FOLDED, kind), "evseId": 1, **more}
    assert (await ask(rig, "ReserveNow", wanted))["status"] == "Accepted"
    await rig.wait(2)


@pytest.mark.requirement("C01.FR.25", "H03.FR.01")
def test_what_is_reserved_for_the_tag_is_not_for_the_card(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig, TAG)
        await show(rig, CARD)
        assert rig.shown.notices[-1][0] is Notice.RESERVED
        assert not await charges(rig, CARD)
        assert await charges(rig, TAG)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.ocpp_1_6("ReserveNow")
@each_of_them
def test_what_is_reserved_for_an_idtag_is_for_any_type_of_it(tmp_path: Path, kind: str) -> None:
    async def story(rig: Rig) -> None:
        await reserve(rig, kind)
        assert await charges(rig, kind)
        assert calls_of_station(rig, "StartTransaction")[0]["reservationId"] == 7

    tell(tmp_path, "1.6", story)


@pytest.mark.requirement("C01.FR.25", "C09.FR.07")
def test_the_same_group_name_of_another_type_is_another_group(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await put(rig, LocalAuthListCtrlr__Enabled=True, AuthCtrlr__LocalPreAuthorize=True)
        entries = [
            entry(CARD, groupIdToken=id_token("FLEET", "Central")),
            entry(CARD, uid="04AA0001", groupIdToken=id_token("FLEET", "Local")),
            entry(CARD, uid="04AA0002", groupIdToken=id_token("fleet", "Central")),
        ]
        assert await send(rig, 1, *entries) == "Accepted"
        await rig.charge(10)
        assert not await stops(rig, CARD, "04AA0001")
        assert await stops(rig, CARD, "04AA0002")

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C01.FR.25", "C09.FR.05")
@under_both
def test_a_group_that_the_csms_names_is_that_of_its_answers(tmp_path: Path, version: str) -> None:
    """The group of the first comes with the answer of the CSMS in either version, that of the second is asked for."""

    async def story(rig: Rig) -> None:
        for card in (KNOWN_TOKEN, "04AA0002"):
            rig.csms.core.tokens.set(card, TokenRule(group_id="FLEET"))
        await rig.charge(10)
        assert await stops(rig, TAG, "04AA0002")

    tell(tmp_path, version, story)


# From 1.6 to 2.0.1


async def migrate(rig: Rig) -> None:
    """Another CSMS answers at the station's URL, and speaks 2.0.1 alone."""
    await offline(rig)
    rig.csms.core = CsmsCore()
    rig.csms.versions = ("ocpp2.0.1",)
    await reconnect(rig)
    await rig.until(lambda: rig.csms.record.is_boot_accepted, 20, "the new CSMS has accepted it")
    await rig.wait(3)


@pytest.mark.requirement("C01.FR.25")
@each_of_them
def test_what_was_kept_under_1_6_is_known_of_any_type_after_the_migration(tmp_path: Path, kind: str) -> None:
    """The list and a reservation, over a power cut as well; a word with a type takes the place of the one without."""

    async def story(rig: Rig) -> None:
        wire = {"idTag": KNOWN_TOKEN, "idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}}
        assert await send(rig, 3, wire) == "Accepted"
        await reserve(rig, kind)
        await migrate(rig)
        assert await read(rig, "LocalAuthListCtrlr", "Entries") == "1"
        await offline(rig)
        await rig.power_cut()
        await rig.power_up(wait=False)
        await rig.wait(15)
        await show(rig, CARD, "04BAD000")
        assert rig.shown.notices[-1][0] is Notice.RESERVED
        assert await charges(rig, kind, FOLDED)
        assert await charges(rig, kind, FOLDED), "and by the list alone"
        await reconnect(rig)
        await rig.wait(5)
        assert await send(rig, 4, entry(kind, "Blocked"), is_full=False) == "Accepted"
        assert await read(rig, "LocalAuthListCtrlr", "Entries") == "1"
        await offline(rig)
        assert not await charges(rig, kind)

    tell(tmp_path, "1.6", story, settings=OFFLINE_BY_LIST, provoked={AnomalyKind.UNKNOWN_RESERVATION})


@pytest.mark.requirement("C01.FR.25")
@each_of_them
def test_what_a_csms_of_1_6_has_started_a_token_of_any_type_stops_after_the_migration(
    tmp_path: Path, kind: str
) -> None:
    async def story(rig: Rig) -> None:
        await start_remotely(rig, kind)
        await migrate(rig)
        assert await stops(rig, kind, FOLDED)
        rig.plug_out()
        await all_told(rig)

    tell(tmp_path, "1.6", story, provoked={AnomalyKind.SEQUENCE_GAP})


@pytest.mark.requirement("C01.FR.25")
def test_what_a_card_has_cached_under_1_6_is_that_cards_after_the_migration(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        await rig.finish()
        await rig.drained()
        await migrate(rig)
        await offline(rig)
        assert await charges(rig, CARD)
        assert not await charges(rig, TAG)

    tell(tmp_path, "1.6", story, settings=OFFLINE_BY_LIST)
