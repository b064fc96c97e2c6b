"""What the keys of the cost display do to what a driver reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from scenarios.test_cost_display import change, running, send, shown, tell
from support.rig import KNOWN_TOKEN, Rig


async def told(rig: Rig, key: str) -> dict[str, Any]:
    answer = await rig.csms.call("GetConfiguration", {"key": [key]})
    (entry,) = (answer.payload or {})["configurationKey"]
    assert isinstance(entry, dict)
    return entry


def in_each(languages: list[str]) -> list[dict[str, str]]:
    return [{"format": "UTF8", "language": each, "content": f"for you ({each})"} for each in languages]


@pytest.mark.ocpp_1_6("NumberOfDecimalsForCostValues")
def test_a_cost_is_shown_with_as_many_decimals_as_the_csms_wishes(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(2)
        for decimals, text in (("4", "1.2500"), ("2", "1.25"), ("1", "1.3"), ("0", "1")):
            assert await change(rig, "NumberOfDecimalsForCostValues", decimals) == "Accepted"
            assert (await told(rig, "NumberOfDecimalsForCostValues"))["value"] == decimals
            assert await send(rig, "RunningCost", running(rig, cost=1.25, chargingPrice={})) == "Accepted"
            assert shown(rig).amount == text
        for wrong in ("-1", "7", "two", ""):
            assert await change(rig, "NumberOfDecimalsForCostValues", wrong) == "Rejected"
        assert await send(rig, "RunningCost", running(rig, cost=2.25, chargingPrice={})) == "Accepted"
        assert shown(rig).amount == "2", "a refused wish changes nothing"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("SupportedLanguages", "CustomMultiLanguageMessages")
def test_each_supported_language_can_be_chosen_and_its_text_of_the_price_is_shown(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        supported = await told(rig, "SupportedLanguages")
        assert supported["readonly"]
        assert (await told(rig, "CustomMultiLanguageMessages"))["value"] == "true"
        assert await change(rig, "SupportedLanguages", "tlh") == "Rejected"
        languages = supported["value"].split(",")
        assert len(set(languages)) == len(languages) > 1
        await rig.charge(2)
        extra = in_each([*languages, "tlh"])
        price = {"idToken": KNOWN_TOKEN, "priceText": "for you", "priceTextExtra": extra}
        for language in languages:
            assert await change(rig, "Language", language) == "Accepted"
            assert await send(rig, "SetUserPrice", price) == "Accepted"
            assert shown(rig).price == f"for you ({language})"
        assert await change(rig, "Language", "tlh") == "Rejected", "not one of them"
        without = price | {"priceTextExtra": in_each(["tlh"])}
        assert await send(rig, "SetUserPrice", without) == "Accepted"
        assert shown(rig).price == "for you", "the general text where there is none in the language"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("CustomMultiLanguageMessages")
def test_a_station_that_does_not_choose_by_language_says_so_and_shows_the_general_text(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        entry = await told(rig, "CustomMultiLanguageMessages")
        assert (entry["value"], entry["readonly"]) == ("false", True)
        await rig.charge(2)
        price = {"idToken": KNOWN_TOKEN, "priceText": "for you", "priceTextExtra": in_each(["en"])}
        assert await send(rig, "SetUserPrice", price) == "Accepted"
        assert shown(rig).price == "for you"
        local = json.dumps({"priceText": "english"})
        assert await change(rig, "DefaultPriceText,en", local) == "Accepted"
        assert shown(rig).price == "for you"

    tell(tmp_path, story, {"multi_language_messages": "false"})
