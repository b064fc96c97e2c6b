"""Block D of OCPP 2.0.1 by the steps of part 6, and what only 2.0.1 can say of a list."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.settings import catalogue
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.local_lists import entry, send
from scenarios.stories import Operator, ask, tell
from support.rig import KNOWN_TOKEN, START_UTC, Rig

Story = Callable[[Rig], Awaitable[None]]
OTHER_TOKEN = "04FFEEDD"  # an id token
LIST_VERSION = 7


async def version_of(rig: Rig) -> int:
    return int((await ask(rig, "GetLocalListVersion", {}))["versionNumber"])


async def variable(rig: Rig, name: str) -> str:
    wanted = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": name}}
    (result,) = (await ask(rig, "GetVariables", {"getVariableData": [wanted]}))["getVariableResult"]
    assert result["attributeStatus"] == "Accepted", result
    return str(result["attributeValue"])


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


def listed(story: Story) -> Story:
    """Memory state IdTokenLocalAuthList: the valid token is in the list."""

    async def whole(rig: Rig) -> None:
        assert (await send(rig, LIST_VERSION, entry(KNOWN_TOKEN)))["status"] == "Accepted"
        await story(rig)

    return whole


@pytest.mark.requirement("D01.FR.01", "D01.FR.02", "D01.FR.15")
def test_a_full_list_replaces_the_list_and_takes_its_version(tmp_path: Path) -> None:
    """TC_D_01_CS"""

    async def story(rig: Rig) -> None:
        assert await send(rig, 1, entry(OTHER_TOKEN)) == {"status": "Accepted"}
        assert await send(rig, LIST_VERSION, entry(KNOWN_TOKEN)) == {"status": "Accepted"}
        assert await version_of(rig) == LIST_VERSION
        assert await variable(rig, "Entries") == "1"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.02", "D01.FR.16", "D02.FR.01")
def test_a_differential_update_adds_and_renews(tmp_path: Path) -> None:
    """TC_D_02_CS, TC_D_08_CS"""

    @listed
    async def story(rig: Rig) -> None:
        assert await version_of(rig) == LIST_VERSION
        added = entry(OTHER_TOKEN), entry(KNOWN_TOKEN, "Blocked")
        assert await send(rig, LIST_VERSION + 1, *added, kind="Differential") == {"status": "Accepted"}
        assert await version_of(rig) == LIST_VERSION + 1
        assert await variable(rig, "Entries") == "2"
        rig.csms.go_offline()
        await rig.wait(5)
        assert await charges(rig, OTHER_TOKEN)
        assert not await charges(rig, KNOWN_TOKEN)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.02", "D01.FR.17")
def test_a_differential_update_without_information_removes(tmp_path: Path) -> None:
    """TC_D_03_CS"""

    @listed
    async def story(rig: Rig) -> None:
        gone = entry(KNOWN_TOKEN, None)
        assert await send(rig, LIST_VERSION + 1, gone, kind="Differential") == {"status": "Accepted"}
        assert await version_of(rig) == LIST_VERSION + 1
        assert await variable(rig, "Entries") == "0"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.02", "D01.FR.04")
def test_a_full_list_without_entries_empties_the_list_and_keeps_its_version(tmp_path: Path) -> None:
    """TC_D_04_CS"""

    @listed
    async def story(rig: Rig) -> None:
        assert await send(rig, LIST_VERSION) == {"status": "Accepted"}
        assert await version_of(rig) == LIST_VERSION
        assert await variable(rig, "Entries") == "0"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.02", "D01.FR.05")
def test_a_differential_update_without_entries_changes_the_version_alone(tmp_path: Path) -> None:
    """TC_D_05_CS"""

    @listed
    async def story(rig: Rig) -> None:
        assert await send(rig, LIST_VERSION + 1, kind="Differential") == {"status": "Accepted"}
        assert await version_of(rig) == LIST_VERSION + 1
        assert await variable(rig, "Entries") == "1"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.02", "D01.FR.18", "D01.FR.19", "D01.FR.06")
def test_an_update_out_of_turn_or_with_contradictions_is_refused_whole(tmp_path: Path) -> None:
    """TC_D_06_CS"""

    @listed
    async def story(rig: Rig) -> None:
        for version in (LIST_VERSION - 1, LIST_VERSION):
            refused = await send(rig, version, entry(OTHER_TOKEN), kind="Differential")
            assert refused["status"] == "VersionMismatch"
        assert await version_of(rig) == LIST_VERSION
        for version in (0, -1):
            assert (await send(rig, version, entry(OTHER_TOKEN)))["status"] == "Failed"
        twice = await send(rig, LIST_VERSION + 1, entry(OTHER_TOKEN), entry(OTHER_TOKEN.lower()))
        assert twice["status"] == "Failed"
        assert twice["statusInfo"]["reasonCode"] == "InvalidValue"
        half = await rig.csms.call(
            "SendLocalList",
            {
                "versionNumber": LIST_VERSION + 1,
                "updateType": "Full",
                "localAuthorizationList": [entry(OTHER_TOKEN, cacheExpiryDateTime="soon")],
            },
        )
        assert half.error is not None
        assert half.error.code == "PropertyConstraintViolation"
        assert await version_of(rig) == LIST_VERSION

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.10")
def test_the_list_outlives_a_power_cut(tmp_path: Path) -> None:
    """TC_D_07_CS"""

    @listed
    async def story(rig: Rig) -> None:
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.until(lambda: rig.csms.channel is not None, 30, "it is back")
        await rig.wait(2)
        assert await version_of(rig) == LIST_VERSION
        assert await variable(rig, "Entries") == "1"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.13", "D02.FR.02", "D02.FR.03")
def test_without_a_list_and_with_one_that_is_turned_off_the_version_is_0(tmp_path: Path) -> None:
    """TC_D_10_CS"""

    async def story(rig: Rig) -> None:
        assert await version_of(rig) == 0
        await send(rig, LIST_VERSION, entry(KNOWN_TOKEN))
        operator = Operator(rig)
        assert await operator.change(catalogue.LOCAL_AUTH_LIST_ENABLED, "false") == "Accepted"
        assert await version_of(rig) == 0
        refused = await send(rig, LIST_VERSION + 1, entry(OTHER_TOKEN))
        assert (refused["status"], refused["statusInfo"]["reasonCode"]) == ("Failed", "NotEnabled")
        assert await operator.change(catalogue.LOCAL_AUTH_LIST_ENABLED, "true") == "Accepted"
        assert await version_of(rig) == LIST_VERSION

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.11", "D01.FR.12")
def test_the_limits_that_the_device_model_tells_hold(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert [await variable(rig, name) for name in ("ItemsPerMessage", "BytesPerMessage")] == ["2", "300"]
        for payload, code in (
            ([entry("A"), entry("B"), entry("C")], "OccurrenceConstraintViolation"),
            ([entry("A"), entry("B" * 36, groupIdToken={"idToken": "C" * 36, "type": "Central"})], "FormatViolation"),
        ):
            refused = await rig.csms.call(
                "SendLocalList", {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": payload}
            )
            assert refused.error is not None
            assert refused.error.code == code
        assert (await send(rig, 1, entry("A"), entry("B")))["status"] == "Accepted"
        overfull = await send(rig, 2, entry("C"), entry("D"), kind="Differential")
        assert overfull["status"] == "Failed"
        assert (await send(rig, 2, entry("C"), kind="Differential"))["status"] == "Accepted"
        assert await variable(rig, "Entries") == "3"

    limits = {
        "local_auth_list_max_length": "3",
        "send_local_list_max_length": "2",
        "send_local_list_max_bytes": "300",
    }
    tell(tmp_path, "2.0.1", story, settings=limits)


@pytest.mark.requirement("C13.FR.05", "C14.FR.04", "C14.FR.05")
def test_an_entry_that_has_expired_says_nothing_any_more(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await variable(rig, "SupportsExpiryDateTime") == "true"
        assert await Operator(rig).change(catalogue.LOCAL_PRE_AUTHORIZE, "true") == "Accepted"
        soon = (START_UTC + timedelta(minutes=15)).isoformat()
        await send(rig, 1, entry(KNOWN_TOKEN, cacheExpiryDateTime=soon))
        assert await charges(rig, KNOWN_TOKEN)
        assert "Authorize" not in rig.csms.actions()
        await rig.rest(900)
        assert await charges(rig, KNOWN_TOKEN)
        assert "Authorize" in rig.csms.actions(), "online the CSMS is asked"
        rig.csms.go_offline()
        await rig.wait(5)
        assert not await charges(rig, KNOWN_TOKEN)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("D01.FR.09")
def test_only_the_csms_changes_the_list_and_only_by_sending_it(tmp_path: Path) -> None:
    @listed
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.BLOCKED))
        assert not await charges(rig, KNOWN_TOKEN), "online the CSMS's word counts"
        assert await Operator(rig).clear_cache() == "Accepted"
        assert (await version_of(rig), await variable(rig, "Entries")) == (LIST_VERSION, "1")
        rig.csms.go_offline()
        await rig.wait(5)
        assert await charges(rig, KNOWN_TOKEN), "the list still says so"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C09.FR.03", "C09.FR.07")
def test_a_listed_card_of_the_same_group_stops_offline(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        fleet = {"idToken": "FLEET", "type": "Central"}
        await send(rig, 1, entry(KNOWN_TOKEN, groupIdToken=fleet), entry(OTHER_TOKEN, groupIdToken=fleet))
        rig.csms.go_offline()
        await rig.wait(5)
        await rig.charge(10)
        await rig.swipe(OTHER_TOKEN)
        await rig.until(lambda: not rig.is_live(), 10, "stopped by the group")

    tell(tmp_path, "2.0.1", story)
