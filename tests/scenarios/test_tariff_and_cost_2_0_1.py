"""Block I of OCPP 2.0.1 by the steps of part 6: a driver's tariff, the cost so far, and the cost at the end."""

from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.effects import Notice
from chargepoint.model.cost import CostShown
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.stories import calls_of_station, only_transaction, reconnect, start_offline, tell
from support.rig import KNOWN_TOKEN, Rig

TARIFF = "0.50 EUR per kWh for you"
NEW_TARIFF = "0.55 EUR per kWh from now on"
STRANGER = "04FFEEDD"
START_POINTS = ["EVConnected,Authorized", "EVConnected", "PowerPathClosed"]


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


async def change(rig: Rig, variable: str, value: str, instance: str | None = None) -> str:
    name = {"name": variable} | ({} if instance is None else {"instance": instance})
    item = {"component": {"name": "TariffCostCtrlr"}, "variable": name, "attributeValue": value}
    answer = await ask(rig, "SetVariables", {"setVariableData": [item]})
    return str(answer["setVariableResult"][0]["attributeStatus"])


def names_tariff(rig: Rig, card: str = KNOWN_TOKEN, text: str = TARIFF) -> None:
    rig.csms.core.tokens.set(card, TokenRule(personal_message=text))


def shown(rig: Rig, evse: int = 1) -> CostShown:
    return rig.snapshot(evse).cost or CostShown()


def notices(rig: Rig, notice: Notice) -> list[str]:
    return [text for kind, _evse, text in rig.shown.notices if kind is notice]


async def authorized(rig: Rig) -> None:
    """From EVConnectedPreSession: present a valid idToken, and what part 6 checks of it."""
    await rig.swipe()
    (asked,) = calls_of_station(rig, "Authorize")
    assert asked["idToken"] == {"idToken": KNOWN_TOKEN, "type": "ISO14443"}
    await rig.until(rig.is_live, 20, "EnergyTransferStarted")
    await rig.drained()
    events = calls_of_station(rig, "TransactionEvent")
    (told,) = [event for event in events if event["triggerReason"] == "Authorized"]
    assert told["eventType"] == ("Started" if told is events[0] else "Updated")
    assert told["idToken"] == {"idToken": KNOWN_TOKEN, "type": "ISO14443"}


async def until_told(rig: Rig, events: int = 1) -> None:
    """Until the CSMS has answered so many TransactionEvents more."""
    before = len(calls_of_station(rig, "TransactionEvent"))
    await rig.until(lambda: len(calls_of_station(rig, "TransactionEvent")) >= before + events, 60, "more events")
    await rig.drained()
    await rig.wait(0.5)


@pytest.mark.requirement("I01.FR.03", "I02.FR.02", "I02.FR.03", "I06.FR.03")
@pytest.mark.parametrize("start_point", START_POINTS)
def test_the_running_cost_comes_in_requests_of_the_csms(tmp_path: Path, start_point: str) -> None:
    """TC_I_01_CS"""

    async def story(rig: Rig) -> None:
        assert await change(rig, "Currency", "EUR") == "Accepted"
        names_tariff(rig)
        rig.plug_in()
        await rig.wait(2)
        await authorized(rig)
        assert shown(rig).price == TARIFF
        assert notices(rig, Notice.PRICE)[-1] == TARIFF
        transaction = str(only_transaction(rig).transaction_id)
        for cost, tariff in ((0.1, NEW_TARIFF), (1.25, "and again"), (2.0, NEW_TARIFF)):
            rig.csms.core.prices.tariff = tariff
            await until_told(rig)
            assert shown(rig).price == tariff
            assert await ask(rig, "CostUpdated", {"totalCost": cost, "transactionId": transaction.upper()}) == {}
            now = shown(rig)
            assert (now.amount, now.currency) == (f"{cost:.2f}", "EUR")
            assert not now.is_estimate
            assert not now.is_final
            assert notices(rig, Notice.RUNNING_COST)[-1] == f"cost so far: {cost:.2f} EUR"

    tell(tmp_path, "2.0.1", story, settings={"tx_start_point": start_point})


@pytest.mark.requirement("I03.FR.01", "I03.FR.03")
def test_the_final_cost_comes_with_the_answer_to_the_end(tmp_path: Path) -> None:
    """TC_I_02_CS"""

    async def story(rig: Rig) -> None:
        rig.csms.core.prices.running_cost = 1.0
        rig.csms.core.prices.total_cost = 9.5
        await rig.charge(30)
        assert shown(rig).amount == "1.00"
        assert not shown(rig).is_final
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is None)
        await rig.drained()
        await rig.wait(1)
        ended = calls_of_station(rig, "TransactionEvent")[-1]
        assert ended["eventType"] == "Ended"
        assert (shown(rig).amount, shown(rig).is_final) == ("9.50", True)
        assert notices(rig, Notice.FINAL_COST) == ["final cost: 9.50"]
        rig.plug_out()
        await rig.wait(5)
        assert shown(rig).amount == "9.50", "who has just left may still look"
        rig.plug_in()
        await rig.wait(5)
        assert rig.snapshot().cost is None, "the next driver is not shown what the last one paid"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("I01.FR.03", "I02.FR.04", "I06.FR.03")
@pytest.mark.parametrize("start_point", START_POINTS)
def test_the_running_cost_comes_with_the_answers_to_the_events(tmp_path: Path, start_point: str) -> None:
    """TC_I_07_CS"""

    async def story(rig: Rig) -> None:
        names_tariff(rig)
        rig.plug_in()
        await rig.wait(2)
        await authorized(rig)
        assert shown(rig).price == TARIFF
        for cost, tariff in ((0.1, NEW_TARIFF), (1.25, "and again"), (2.0, NEW_TARIFF)):
            rig.csms.core.prices.running_cost, rig.csms.core.prices.tariff = cost, tariff
            await until_told(rig)
            now = shown(rig)
            assert (now.price, now.amount, now.is_final) == (tariff, f"{cost:.2f}", False)

    tell(tmp_path, "2.0.1", story, settings={"tx_start_point": start_point})


def test_a_driver_is_greeted_before_he_plugs_in_and_the_next_one_by_his_own_tariff(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        names_tariff(rig)
        names_tariff(rig, STRANGER, "another tariff")
        rig.csms.core.prices.total_cost = 3.0
        await rig.swipe()
        assert shown(rig).price == TARIFF
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        assert shown(rig).price == TARIFF
        await rig.wait(6)
        await rig.finish()
        await rig.drained()
        await rig.wait(1)
        assert shown(rig).amount == "3.00"
        await rig.swipe(STRANGER)
        assert (shown(rig).price, shown(rig).amount) == ("another tariff", None)
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        assert shown(rig).price == "another tariff"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("I04.FR.01", "I04.FR.02")
def test_without_a_tariff_of_his_own_a_driver_is_shown_what_is_said_to_all(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await change(rig, "TariffFallbackMessage", "0.60 per kWh for everybody") == "Accepted"
        await rig.swipe()
        assert shown(rig).price == "0.60 per kWh for everybody"
        assert notices(rig, Notice.PRICE) == ["0.60 per kWh for everybody"]
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        await rig.wait(30)
        assert notices(rig, Notice.PRICE) == ["0.60 per kWh for everybody"], "it is said once"
        rig.csms.core.prices.tariff = NEW_TARIFF
        await until_told(rig)
        assert shown(rig).price == NEW_TARIFF

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("I04.FR.01", "I05.FR.01", "I05.FR.02")
def test_offline_a_driver_is_shown_the_fallbacks_and_late_costs_are_nobodys_business(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await change(rig, "TariffFallbackMessage", "ask at the desk") == "Accepted"
        assert await change(rig, "TotalCostFallbackMessage", "your bill comes by mail") == "Accepted"
        names_tariff(rig)
        await rig.charge(10)
        assert shown(rig).price == TARIFF
        await rig.finish()
        await rig.drained()
        rig.csms.core.prices.total_cost = 8.0
        await start_offline(rig)
        await rig.until(rig.is_live, 20, "the cache knows the card")
        assert shown(rig).price == "ask at the desk"
        await rig.wait(20)
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is None)
        await rig.wait(1)
        assert (shown(rig).instead, shown(rig).amount) == ("your bill comes by mail", None)
        assert notices(rig, Notice.FINAL_COST)[-1] == "your bill comes by mail"
        await reconnect(rig)
        await rig.drained()
        await rig.wait(2)
        assert shown(rig).instead == "your bill comes by mail", "the cost of what ended offline is not shown any more"

    tell(tmp_path, "2.0.1", story, settings={"authorization_cache_enabled": "true"})


@pytest.mark.requirement("I05.FR.02")
def test_the_link_is_lost_before_the_cost_is_told(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await change(rig, "TotalCostFallbackMessage", "your bill comes by mail") == "Accepted"
        rig.csms.core.prices.total_cost = 8.0
        await rig.charge(10)
        await rig.drained()
        rig.csms.is_black_hole = True
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is None)
        await rig.wait(2)
        rig.csms.go_offline()
        await rig.wait(2)
        assert shown(rig).instead == "your bill comes by mail"
        rig.csms.is_black_hole = False
        await reconnect(rig)
        await rig.drained()
        await rig.wait(2)
        assert (shown(rig).instead, shown(rig).amount) == (None, "8.00"), "he is still there, and it was told at last"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("I05.FR.02")
def test_an_end_whose_cost_is_not_told_is_not_free_of_charge(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await change(rig, "TotalCostFallbackMessage", "your bill comes by mail") == "Accepted"
        rig.csms.core.prices.running_cost = 1.0
        await rig.charge(15)
        await rig.finish()
        await rig.drained()
        await rig.wait(1)
        assert (shown(rig).instead, shown(rig).amount) == ("your bill comes by mail", None)
        rig.csms.core.prices.total_cost = 0.0
        await rig.charge(15)
        await rig.finish()
        await rig.drained()
        await rig.wait(1)
        assert (shown(rig).amount, shown(rig).instead) == ("0.00", None), "this one is"

    tell(tmp_path, "2.0.1", story)


def test_tariffs_and_costs_can_be_turned_off_one_by_one(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        names_tariff(rig)
        rig.csms.core.prices.running_cost = 1.0
        await rig.charge(15)
        assert (shown(rig).price, shown(rig).amount) == (TARIFF, "1.00")
        assert await change(rig, "Enabled", "false", "Cost") == "Accepted"
        assert (shown(rig).price, shown(rig).amount) == (TARIFF, None)
        assert await change(rig, "Enabled", "false", "Tariff") == "Accepted"
        assert rig.snapshot().cost is None
        transaction = str(only_transaction(rig).transaction_id)
        assert await ask(rig, "CostUpdated", {"totalCost": 7.0, "transactionId": transaction}) == {}
        assert rig.snapshot().cost is None
        assert await change(rig, "Enabled", "true", "Cost") == "Accepted"
        assert (shown(rig).price, shown(rig).amount) == (None, "1.00")

    tell(tmp_path, "2.0.1", story)


def test_a_station_that_shows_no_costs_says_so(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        refused = await rig.csms.call("CostUpdated", {"totalCost": 7.0, "transactionId": "a"})
        assert refused.error is not None
        assert refused.error.code == "NotSupported"
        assert await change(rig, "Currency", "EUR") == "UnknownVariable"
        names_tariff(rig)
        rig.csms.core.prices.running_cost = 1.0
        await rig.charge(15)
        assert rig.snapshot().cost is None

    tell(tmp_path, "2.0.1", story, settings={"tariff_available": "false", "cost_available": "false"})


def test_odd_amounts_currencies_and_transactions_move_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        for currency in ("eur", "E", "€", "EURO"):
            assert await change(rig, "Currency", currency) == "Rejected", currency
        rig.csms.core.prices.running_cost = 1.0
        await rig.charge(15)
        transaction = str(only_transaction(rig).transaction_id)
        for amount in (1e300, -1e12, 10**30):
            refused = await rig.csms.call("CostUpdated", {"totalCost": amount, "transactionId": transaction})
            assert refused.error is not None, amount
            assert refused.error.code == "PropertyConstraintViolation", amount
        assert await ask(rig, "CostUpdated", {"totalCost": 7.0, "transactionId": "unknown"}) == {}
        assert shown(rig).amount == "1.00"
        rig.csms.core.prices.running_cost = 1e300
        await until_told(rig)
        assert shown(rig).amount == "1.00", "an answer with an amount that is none leaves the last one standing"

    tell(tmp_path, "2.0.1", story)


def test_a_text_with_control_characters_is_one_harmless_line(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        names_tariff(rig, text="<b>0.50</b>\n\x1b[2J per\tkWh \u202eoops")
        await rig.charge(5)
        assert shown(rig).price == "<b>0.50</b> �[2J per kWh �oops"
        assert all(text.isprintable() for text in notices(rig, Notice.PRICE))

    tell(tmp_path, "2.0.1", story)


def test_the_text_of_a_refusal_is_told_with_it(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rule = TokenRule(TokenStatus.NO_CREDIT, personal_message="please top up your account")
        rig.csms.core.tokens.set(STRANGER, rule)
        await rig.swipe(STRANGER)
        assert notices(rig, Notice.REFUSED) == ["please top up your account"]
        assert notices(rig, Notice.PRICE) == []

    tell(tmp_path, "2.0.1", story)
