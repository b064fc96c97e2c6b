"""What the local list says of a card, online, by the steps of part 6 (C14, C09 of OCPP 2.0.1)."""

from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.effects import Notice
from chargepoint.settings import catalogue
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.local_lists import entry, send
from scenarios.stories import Operator, all_told, calls_of_station, only_transaction, tell
from support.rig import KNOWN_TOKEN, Rig

OTHER_TOKEN = "04FFEEDD"  # an id token
FLEET = {"idToken": "FLEET", "type": "Central"}


async def asked_first(rig: Rig, *entries: dict[str, Any]) -> None:
    """The list has these, and is asked before the CSMS."""
    assert await Operator(rig).change(catalogue.LOCAL_PRE_AUTHORIZE, "true") == "Accepted"
    assert (await send(rig, 1, *entries))["status"] == "Accepted"


def events(rig: Rig, trigger: str) -> list[dict[str, Any]]:
    return [event for event in calls_of_station(rig, "TransactionEvent") if event["triggerReason"] == trigger]


def is_of(card: str, wire: dict[str, Any]) -> bool:
    return bool(wire["idToken"] == {"idToken": card, "type": "ISO14443"})


@pytest.mark.requirement("C14.FR.01", "C14.FR.02")
def test_an_accepted_card_of_the_list_starts_without_a_question(tmp_path: Path) -> None:
    """TC_C_27_CS"""

    async def story(rig: Rig) -> None:
        await asked_first(rig, entry(KNOWN_TOKEN))
        await rig.swipe()
        rig.plug_in()
        await rig.until(rig.is_live, 20, "it charges")
        await rig.drained()
        assert calls_of_station(rig, "Authorize") == []
        told = [event for event in calls_of_station(rig, "TransactionEvent") if "idToken" in event]
        assert is_of(KNOWN_TOKEN, told[0])

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C14.FR.03")
@pytest.mark.parametrize("status", [TokenStatus.INVALID, TokenStatus.BLOCKED, TokenStatus.EXPIRED])
@pytest.mark.parametrize("is_plugged_in", [False, True])
def test_a_refused_card_of_the_list_is_asked_about_and_refused(
    tmp_path: Path, status: TokenStatus, is_plugged_in: bool
) -> None:
    """TC_C_28_CS, TC_C_29_CS, TC_C_30_CS"""

    async def story(rig: Rig) -> None:
        await asked_first(rig, entry(KNOWN_TOKEN, status.value))
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(status))
        if is_plugged_in:
            rig.plug_in()
            await rig.wait(2)
        await rig.swipe()
        await rig.wait(10)
        (question,) = calls_of_station(rig, "Authorize")
        assert is_of(KNOWN_TOKEN, question)
        assert not rig.is_live()
        assert rig.shown.notices[-1][0] is Notice.REFUSED

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C14.FR.03")
def test_a_refused_card_of_the_list_charges_where_the_csms_accepts_it(tmp_path: Path) -> None:
    """TC_C_31_CS"""

    async def story(rig: Rig) -> None:
        await asked_first(rig, entry(KNOWN_TOKEN, "Invalid"))
        await rig.swipe()
        rig.plug_in()
        await rig.until(rig.is_live, 20, "it charges")
        (question,) = calls_of_station(rig, "Authorize")
        assert is_of(KNOWN_TOKEN, question)
        before = rig.energy_wh()
        await rig.wait(60)
        assert rig.energy_wh() > before

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C14.FR.03")
def test_a_refused_card_of_the_list_is_refused_unasked_where_that_is_turned_off(tmp_path: Path) -> None:
    """TC_C_58_CS"""

    async def story(rig: Rig) -> None:
        disabled = catalogue.LOCAL_AUTH_LIST_DISABLE_POST_AUTHORIZE
        assert await Operator(rig).change(disabled, "true") == "Accepted"
        await asked_first(rig, entry(KNOWN_TOKEN, "Invalid"))
        await rig.swipe()
        rig.plug_in()
        await rig.wait(20)
        assert calls_of_station(rig, "Authorize") == []
        assert not rig.is_live()
        assert rig.shown.notices[-1][0] is Notice.REFUSED

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C09.FR.03", "C09.FR.07")
@pytest.mark.parametrize("is_offline", [False, True])
def test_a_listed_card_of_the_same_group_stops(tmp_path: Path, is_offline: bool) -> None:
    """TC_C_40_CS, also offline"""

    async def story(rig: Rig) -> None:
        both = [entry(card, groupIdToken=FLEET) for card in (KNOWN_TOKEN, OTHER_TOKEN)]
        await asked_first(rig, *both)
        if is_offline:
            rig.csms.go_offline()
        rig.plug_in()
        await rig.wait(5)
        await rig.swipe(KNOWN_TOKEN)
        await rig.until(rig.is_live, 20, "it charges")
        await rig.wait(10)
        await rig.swipe(OTHER_TOKEN)
        await rig.until(lambda: not rig.is_live(), 10, "stopped by the group")
        await rig.wait(5)
        rig.plug_out()
        rig.csms.come_back()
        await rig.until(lambda: rig.csms.channel is not None, 300, "it is back")
        await all_told(rig)
        assert calls_of_station(rig, "Authorize") == []
        assert is_of(
            KNOWN_TOKEN, next(event for event in calls_of_station(rig, "TransactionEvent") if "idToken" in event)
        )
        (stopped,) = events(rig, "StopAuthorized")
        assert is_of(OTHER_TOKEN, stopped)
        assert only_transaction(rig).stop_reason in (None, "Local")

    tell(tmp_path, "2.0.1", story)
