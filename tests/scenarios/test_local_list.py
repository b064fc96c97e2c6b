"""The local authorisation list from the CSMS to the plug: on the line, off it, and over power cuts."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.effects import Notice
from chargepoint.settings.catalogue import CATALOGUE
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.power_cuts import DATABASE_FILES
from scenarios.stories import Operator, is_1_6, under_both
from support.rig import KNOWN_TOKEN, START_UTC, Rig
from support.virtual_time import run_virtual

Story = Callable[[Rig], Awaitable[None]]
OTHER_TOKEN = "04FFEEDD"  # an idTag
LIST_OF = 10_000
CHUNK = 1000
NEXT_YEAR = START_UTC.replace(year=START_UTC.year + 1).isoformat()


def tell(directory: Path, version: str, story: Story, **options: Any) -> None:
    async def whole() -> None:
        async with Rig(directory, version, **options) as rig:
            await rig.wait(2)
            await story(rig)
            assert rig.csms.record.schema_errors == []

    run_virtual(whole())


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


def entry(id_tag: str, status: str | None = "Accepted", **info: str) -> dict[str, Any]:
    """In 1.6's words."""
    return {"idTag": id_tag} if status is None else {"idTag": id_tag, "idTagInfo": {"status": status, **info}}


def entry_2_0_1(entry_1_6: dict[str, Any]) -> dict[str, Any]:
    wire: dict[str, Any] = {"idToken": {"idToken": entry_1_6["idTag"], "type": "ISO14443"}}
    info = entry_1_6.get("idTagInfo")
    if info is not None:
        wire["idTokenInfo"] = {"status": info["status"]}
        if "expiryDate" in info:
            wire["idTokenInfo"]["cacheExpiryDateTime"] = info["expiryDate"]
        if "parentIdTag" in info:
            wire["idTokenInfo"]["groupIdToken"] = {"idToken": info["parentIdTag"], "type": "Central"}
    return wire


async def send(rig: Rig, version: int, *entries: dict[str, Any], kind: str = "Full") -> str:
    number = "listVersion" if is_1_6(rig) else "versionNumber"
    payload: dict[str, Any] = {number: version, "updateType": kind}
    if entries:
        payload["localAuthorizationList"] = list(entries) if is_1_6(rig) else [entry_2_0_1(each) for each in entries]
    return str((await ask(rig, "SendLocalList", payload))["status"])


async def version_of(rig: Rig) -> int:
    answer = await ask(rig, "GetLocalListVersion", {})
    return int(answer["listVersion" if is_1_6(rig) else "versionNumber"])


async def change(rig: Rig, key: str, value: str) -> str:
    """`key` as 1.6 names it."""
    (setting,) = (each for each in CATALOGUE if each.key_1_6 == key)
    return await Operator(rig).change(setting, value)


async def charges(rig: Rig, card: str) -> bool:
    """Plug in, present the card, look, and leave everything as it was."""
    rig.plug_in()
    await rig.wait(2)
    await rig.swipe(card)
    await rig.wait(12)
    does = rig.is_live()
    rig.plug_out()
    await rig.wait(8)
    return does


async def reconnect(rig: Rig) -> None:
    rig.csms.come_back()
    await rig.until(lambda: rig.assembly is not None and rig.assembly.controller.snapshot().is_online, 300)
    await rig.drained()


def conflicts(rig: Rig) -> list[int]:
    return [note.evse_id for note in rig.csms.record.statuses if note.error_code == "LocalListConflict"]


@under_both
def test_ten_thousand_entries_in_chunks_let_their_owners_charge_offline_and_over_a_power_cut(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig) -> None:
        for number in range(LIST_OF // CHUNK):
            tags = (f"TAG{number * CHUNK + index:06d}" for index in range(CHUNK))
            chunk = [entry(tag, expiryDate=NEXT_YEAR, parentIdTag="FLEET") for tag in tags]
            kind = "Full" if number == 0 else "Differential"
            assert await send(rig, number + 1, *chunk, kind=kind) == "Accepted"
        assert await version_of(rig) == LIST_OF // CHUNK
        assert rig.csms.record.local_list_version == LIST_OF // CHUNK
        assert await send(rig, 11, entry("ONE MORE"), kind="Differential") == "Failed", "the list is full"
        rig.csms.go_offline()
        await rig.wait(5)
        assert await charges(rig, "TAG000000")
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up(wait=False)
        await rig.wait(10)
        assert await charges(rig, "tag009999")
        assert not await charges(rig, "ONE MORE")
        await reconnect(rig)
        assert await version_of(rig) == 10

    tell(tmp_path, version, story)


@pytest.mark.parametrize("pre_authorize", ["true", "false"])
@under_both
@pytest.mark.ocpp_1_6("LocalPreAuthorize")
def test_the_list_starts_without_asking_only_where_it_may(tmp_path: Path, version: str, pre_authorize: str) -> None:
    async def story(rig: Rig) -> None:
        await send(rig, 1, entry(KNOWN_TOKEN))
        assert await change(rig, "LocalPreAuthorize", pre_authorize) == "Accepted"
        assert await charges(rig, KNOWN_TOKEN)
        assert ("Authorize" in rig.csms.actions()) == (pre_authorize == "false")

    tell(tmp_path, version, story)


@under_both
@pytest.mark.ocpp_1_6("LocalAuthorizeOffline", "LocalPreAuthorize")
def test_offline_the_list_counts_whatever_local_pre_authorize_says_and_not_without_local_authorize_offline(
    tmp_path: Path,
    version: str,
) -> None:
    async def story(rig: Rig) -> None:
        await change(rig, "LocalPreAuthorize", "false")
        await change(rig, "AllowOfflineTxForUnknownId", "false")
        await send(rig, 1, entry(KNOWN_TOKEN), entry(OTHER_TOKEN, "Blocked"))
        rig.csms.go_offline()
        await rig.wait(5)
        assert await charges(rig, KNOWN_TOKEN)
        assert not await charges(rig, OTHER_TOKEN)
        assert not await charges(rig, "04UNKNOWN")
        await reconnect(rig)
        assert await change(rig, "LocalAuthorizeOffline", "false") == "Accepted"
        rig.csms.go_offline()
        await rig.wait(5)
        assert not await charges(rig, KNOWN_TOKEN)

    tell(tmp_path, version, story)


@under_both
def test_the_list_is_stronger_than_the_cache_and_what_leaves_it_is_unknown_again(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert await charges(rig, KNOWN_TOKEN), "the cache knows it now"
        await send(rig, 1, entry(KNOWN_TOKEN, "Blocked"))
        rig.csms.go_offline()
        await rig.wait(5)
        assert not await charges(rig, KNOWN_TOKEN)
        await reconnect(rig)
        await send(rig, 2, entry(KNOWN_TOKEN, None), kind="Differential")
        rig.csms.go_offline()
        await rig.wait(5)
        assert not await charges(rig, KNOWN_TOKEN), "what the cache once said does not come back"

    tell(tmp_path, version, story)


@pytest.mark.ocpp_1_6("SendLocalList", "GetLocalListVersion")
def test_versions_and_bad_updates_over_the_wire(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await version_of(rig) == 0
        assert await send(rig, 5, entry(KNOWN_TOKEN)) == "Accepted"
        assert await send(rig, 5, entry(OTHER_TOKEN), kind="Differential") == "VersionMismatch"
        assert await send(rig, 4, entry(OTHER_TOKEN), kind="Differential") == "VersionMismatch"
        for bad in (
            [entry(OTHER_TOKEN), entry(OTHER_TOKEN.lower())],
            [entry(OTHER_TOKEN), entry("GONE", None)],
        ):
            assert await send(rig, 6, *bad) == "Failed"
        assert await send(rig, 0, entry(OTHER_TOKEN)) == "Failed"
        assert await send(rig, -1, entry(OTHER_TOKEN)) == "Failed"
        assert await version_of(rig) == 5
        assert (await ask(rig, "SendLocalList", {"listVersion": 6, "updateType": "Differential"}))[
            "status"
        ] == "Accepted"
        assert await version_of(rig) == 6
        assert (await ask(rig, "SendLocalList", {"listVersion": 7, "updateType": "Full"}))["status"] == "Accepted"
        assert await version_of(rig) == 0, "an empty list"
        assert await send(rig, 1, entry(OTHER_TOKEN), kind="Differential") == "Accepted"
        assert await version_of(rig) == 1
        assert rig.csms.record.anomalies == []

    tell(tmp_path, "1.6", story)


@pytest.mark.ocpp_1_6("LocalAuthListMaxLength", "SendLocalListMaxLength")
def test_the_limits_that_the_keys_tell_hold(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        asked = {"key": ["LocalAuthListMaxLength", "SendLocalListMaxLength", "SupportedFeatureProfiles"]}
        told = {one["key"]: one for one in (await ask(rig, "GetConfiguration", asked))["configurationKey"]}
        assert (told["LocalAuthListMaxLength"]["value"], told["LocalAuthListMaxLength"]["readonly"]) == ("3", True)
        assert (told["SendLocalListMaxLength"]["value"], told["SendLocalListMaxLength"]["readonly"]) == ("2", True)
        assert "LocalAuthListManagement" in told["SupportedFeatureProfiles"]["value"].split(",")
        refused = await rig.csms.call(
            "SendLocalList",
            {
                "listVersion": 1,
                "updateType": "Full",
                "localAuthorizationList": [entry("A"), entry("B"), entry("C")],
            },
        )
        assert refused.error is not None
        assert refused.error.code == "OccurenceConstraintViolation"
        assert await send(rig, 1, entry("A"), entry("B")) == "Accepted"
        assert await send(rig, 2, entry("C"), entry("D"), kind="Differential") == "Failed"
        assert await send(rig, 2, entry("C"), kind="Differential") == "Accepted"
        assert await version_of(rig) == 2

    limits = {"local_auth_list_max_length": "3", "send_local_list_max_length": "2"}
    tell(tmp_path, "1.6", story, settings=limits)


@pytest.mark.ocpp_1_6("LocalAuthListEnabled")
def test_a_list_that_is_turned_off_is_not_supported_and_comes_back_as_it_was(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await change(rig, "LocalPreAuthorize", "true")
        await send(rig, 3, entry(KNOWN_TOKEN))
        assert await change(rig, "LocalAuthListEnabled", "false") == "Accepted"
        assert await version_of(rig) == -1
        assert await send(rig, 4, entry(OTHER_TOKEN)) == "NotSupported"
        assert await charges(rig, KNOWN_TOKEN)
        assert "Authorize" in rig.csms.actions(), "the list has nothing to say"
        assert await change(rig, "LocalAuthListEnabled", "true") == "Accepted"
        assert await version_of(rig) == 3

    tell(tmp_path, "1.6", story)


@under_both
def test_a_csms_that_contradicts_its_own_list_hears_of_it(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await change(rig, "LocalPreAuthorize", "true")
        await change(rig, "StopTransactionOnInvalidId", "true")
        await send(rig, 1, entry(KNOWN_TOKEN), entry(OTHER_TOKEN))
        assert await charges(rig, OTHER_TOKEN)
        assert conflicts(rig) == []
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.BLOCKED))
        assert not await charges(rig, KNOWN_TOKEN), "started by the list, ended by the CSMS's word"
        await rig.drained()
        assert conflicts(rig) == ([0] if is_1_6(rig) else []), "only 1.6 has a word for it"

    tell(tmp_path, version, story)


@under_both
def test_an_entry_that_is_taken_away_meanwhile_stops_no_transaction(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await change(rig, "LocalPreAuthorize", "true")
        await send(rig, 1, entry(KNOWN_TOKEN))
        await rig.charge(10)
        await send(rig, 2, entry(KNOWN_TOKEN, None), kind="Differential")
        await rig.wait(30)
        assert rig.is_live()
        rig.csms.go_offline()
        await rig.wait(5)
        await rig.finish()
        await reconnect(rig)
        (transaction,) = rig.csms.core.transactions
        assert transaction.stop_reason == "Local"

    tell(tmp_path, version, story)


@pytest.mark.parametrize(("cut_at", "list_version"), [("before_commit", 1), ("after_commit", 2)])
@under_both
def test_power_cut_in_the_middle_of_a_full_update_leaves_the_old_list_or_the_new_one(
    tmp_path: Path, version: str, cut_at: str, list_version: int
) -> None:
    """The answer is not on its way before the new list is on the disk, so the CSMS never believes what is not."""
    old = [entry(f"OLD{number}") for number in range(500)]
    new = [entry(f"NEW{number}") for number in range(500)]
    left = tmp_path / "left"
    seen: list[str] = []

    async def before(rig: Rig) -> None:
        assert await send(rig, 1, *old) == "Accepted"

        def watch(when: str) -> None:
            seen.append(when)
            if when == cut_at and not left.exists():
                left.mkdir()
                for name in DATABASE_FILES:
                    shutil.copy(rig.directory / name, left / name)
                rig.commit_watch = lambda when: None

        def hear(direction: str, text: str) -> None:
            if direction == "from_station" and '"status":"Accepted"' in text.replace(" ", ""):
                seen.append("answered")

        rig.csms.watch = hear
        rig.commit_watch = watch
        assert await send(rig, 2, *new) == "Accepted"
        rig.csms.watch = lambda direction, text: None
        assert seen.index(cut_at) < seen.index("answered")

    async def after(rig: Rig) -> None:
        assert await version_of(rig) == list_version
        rig.csms.go_offline()
        await rig.wait(5)
        for card in ("OLD0", "OLD499", "NEW0", "NEW499"):
            assert await charges(rig, card) == (card.startswith("OLD") == (list_version == 1)), card

    tell(tmp_path / "first", version, before)
    tell(left, version, after)


@under_both
def test_a_listed_card_that_is_refused_offline_says_why_at_the_station(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await send(rig, 1, entry(KNOWN_TOKEN, "Expired"))
        rig.csms.go_offline()
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        notice, _, text = rig.shown.notices[-1]
        assert notice is Notice.REFUSED
        assert "local list" in text
        assert "Expired" in text

    tell(tmp_path, version, story)
