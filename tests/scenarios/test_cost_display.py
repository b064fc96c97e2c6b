"""What a driver is shown of prices and costs over 1.6: named by the CSMS, counted on by the station, never made up."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.effects import Notice
from chargepoint.csms.v16.wire_time import write_time
from chargepoint.model.cost import CostShown
from chargepoint_hal.bench.ev import EvChange
from support.rig import KNOWN_TOKEN, Rig
from support.virtual_time import run_virtual

VENDOR = "org.openchargealliance.costmsg"
Story = Callable[[Rig], Awaitable[None]]
KWH_PRICE = 0.5


def tell(directory: Path, story: Story, settings: dict[str, str] | None = None, **options: Any) -> None:
    wanted = {"display_cost_and_price": "true", "cost_decimals": "3", **(settings or {})}

    async def whole() -> None:
        async with Rig(directory, "1.6", settings=wanted, **options) as rig:
            await rig.wait(2)
            await story(rig)

    run_virtual(whole())


async def send(rig: Rig, message: str | None, data: object, vendor: str = VENDOR) -> str:
    payload: dict[str, Any] = {"vendorId": vendor}
    if message is not None:
        payload["messageId"] = message
    if data is not None:
        payload["data"] = data if isinstance(data, str) else json.dumps(data)
    answer = await rig.csms.call("DataTransfer", payload)
    assert answer.error is None, answer
    return str((answer.payload or {})["status"])


async def change(rig: Rig, key: str, value: str) -> str:
    answer = await rig.csms.call("ChangeConfiguration", {"key": key, "value": value})
    return str((answer.payload or {})["status"])


def number(rig: Rig) -> int:
    return int(rig.csms.core.transactions[-1].transaction_id)


def shown(rig: Rig, evse: int = 1) -> CostShown:
    cost = rig.snapshot(evse).cost
    assert cost is not None
    return cost


def running(rig: Rig, **fields: Any) -> dict[str, Any]:
    return {
        "transactionId": number(rig),
        "timestamp": write_time(rig.utc_now()),
        "meterValue": round(rig.energy_wh()),
        "cost": 1.0,
        "state": "Charging",
        "chargingPrice": {"kWhPrice": KWH_PRICE},
        **fields,
    }


def notices(rig: Rig, notice: Notice) -> list[str]:
    return [text for kind, _evse, text in rig.shown.notices if kind is notice]


def triggered(rig: Rig) -> list[dict[str, Any]]:
    """MeterValues that the CSMS has wished for, as they came."""
    frames = [json.loads(frame.text) for frame in rig.csms.core.frames if frame.direction == "from_station"]
    calls = [frame[3] for frame in frames if frame[0] == 2 and frame[2] == "MeterValues"]
    return [call for call in calls if call["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"]


def transfers(rig: Rig) -> list[dict[str, Any]]:
    frames = [json.loads(frame.text) for frame in rig.csms.core.frames if frame.direction == "from_station"]
    return [frame[3] for frame in frames if frame[0] == 2 and frame[2] == "DataTransfer"]


@pytest.mark.ocpp_1_6("DataTransfer", "CustomDisplayCostAndPrice")
def test_a_session_is_shown_its_price_its_running_cost_and_its_final_cost(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        told = await rig.csms.call("GetConfiguration", {"key": ["CustomDisplayCostAndPrice"]})
        assert (told.payload or {})["configurationKey"][0]["value"] == "true"
        await rig.charge(2)
        assert await send(rig, "SetUserPrice", {"idToken": KNOWN_TOKEN, "priceText": "0.50 per kWh"}) == "Accepted"
        assert shown(rig).price == "0.50 per kWh"
        again = {"idToken": KNOWN_TOKEN, "priceText": "0.50 per kWh", "priceTextExtra": None}
        assert await send(rig, "SetUserPrice", again) == "Accepted"
        assert await send(rig, "RunningCost", running(rig, cost=1.25)) == "Accepted"
        told_wh = rig.energy_wh()
        nothing = running(rig, cost=1.25, triggerMeterValue=None)
        assert await send(rig, "runningcost", nothing, vendor=VENDOR.upper()) == "Accepted", "a CiString has no case"
        assert Decimal(shown(rig).amount or "") == pytest.approx(Decimal("1.250"), abs=Decimal("0.002"))
        await rig.rest(600)
        cost = shown(rig)
        consumed = Decimal(str((rig.energy_wh() - told_wh) / 1000 * KWH_PRICE))
        assert consumed > Decimal("0.1"), "it has charged meanwhile"
        assert Decimal(cost.amount or "") == pytest.approx(Decimal("1.25") + consumed, abs=Decimal("0.005"))
        assert cost.is_estimate
        assert len((cost.amount or "").partition(".")[2]) == 3
        assert await send(rig, "RunningCost", running(rig, cost=9.5, chargingPrice={})) == "Accepted"
        assert shown(rig).amount == "9.500", "the CSMS's word sets the count right again"
        assert not shown(rig).is_estimate
        sent = number(rig)
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is None)
        await rig.drained()
        final = {
            "transactionId": sent,
            "cost": 9.75,
            "priceText": "19.5 kWh at 0.50",
            "qrCodeText": "https://x.example/1",
        }
        assert await send(rig, "FinalCost", final) == "Accepted"
        cost = shown(rig)
        assert (cost.amount, cost.is_final, cost.is_estimate) == ("9.750", True, False)
        assert (cost.price, cost.qr_text) == ("19.5 kWh at 0.50", "https://x.example/1")
        assert any("9.750" in text for text in notices(rig, Notice.FINAL_COST))
        assert any("estimated" in text for text in notices(rig, Notice.RUNNING_COST))
        rig.plug_out()
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(5)
        assert rig.snapshot().cost is None, "the next driver is not shown what the last one paid"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer")
def test_idle_time_costs_after_its_grace_and_time_costs_while_charging(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        idle = {"graceMinutes": 10, "hourPrice": 6.0}
        assert await send(rig, "RunningCost", running(rig, state="Idle", idlePrice=idle)) == "Accepted"
        await rig.rest(590)
        assert shown(rig).amount == "1.000"
        again = running(rig, state="Idle", idlePrice=idle, cost=1.0)
        assert await send(rig, "RunningCost", again) == "Accepted", "the grace goes on from the change to idle"
        await rig.wait(10 + 600)
        assert Decimal(shown(rig).amount or "") == pytest.approx(Decimal("2.0"), abs=Decimal("0.01"))
        hourly = running(rig, cost=3.0, chargingPrice={"hourPrice": 12.0})
        assert await send(rig, "RunningCost", hourly) == "Accepted"
        await rig.wait(300)
        assert Decimal(shown(rig).amount or "") == pytest.approx(Decimal("4.0"), abs=Decimal("0.01"))

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer", "TimeOffset", "NextTimeOffsetTransitionDateTime", "TimeOffsetNextTransition")
def test_the_next_price_is_announced_in_local_time_and_holds_from_then_on(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        assert await change(rig, "TimeOffset", "-08:00") == "Accepted"
        at = rig.utc_now() + timedelta(minutes=10)
        period = {"atTime": write_time(at), "chargingPrice": {"hourPrice": 60}}
        still = running(rig, chargingPrice={}, nextPeriod=period)
        assert await send(rig, "RunningCost", still) == "Accepted"
        assert shown(rig).next_price == f"from {at - timedelta(hours=8):%H:%M}: 60 per hour"
        assert await change(rig, "TimeOffsetNextTransition", "-07:00") == "Accepted"
        assert await change(rig, "NextTimeOffsetTransitionDateTime", write_time(rig.utc_now())) == "Accepted"
        assert shown(rig).next_price == f"from {at - timedelta(hours=7):%H:%M}: 60 per hour"
        await rig.rest(590)
        assert shown(rig).amount == "1.000"
        await rig.wait(70)
        assert Decimal(shown(rig).amount or "") == pytest.approx(Decimal(2), abs=Decimal("0.1"))
        assert shown(rig).next_price is None
        assert await change(rig, "TimeOffset", "eight") == "Rejected"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer", "MeterValues")
def test_meter_values_are_sent_at_the_time_energy_power_and_status_that_the_csms_names(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)

        async def ask(**trigger: Any) -> int:
            assert await send(rig, "RunningCost", running(rig, triggerMeterValue=trigger)) == "Accepted"
            return len(triggered(rig))

        before = await ask(atTime=write_time(rig.utc_now() + timedelta(seconds=90)))
        await rig.wait(80)
        assert len(triggered(rig)) == before
        await rig.wait(20)
        assert len(triggered(rig)) == before + 1
        assert triggered(rig)[-1]["transactionId"] == number(rig)

        so_far_kwh = (rig.energy_wh() - 1_000_000.0) / 1000
        before = await ask(atEnergykWh=so_far_kwh + 0.2)
        await rig.until(lambda: len(triggered(rig)) > before, 600, "the energy is reached")
        told = float(triggered(rig)[-1]["meterValue"][0]["sampledValue"][0]["value"])
        assert told == pytest.approx(1_000_000 + (so_far_kwh + 0.2) * 1000, abs=20)
        await rig.wait(120)
        assert len(triggered(rig)) == before + 1, "once"

        before = await ask(atPowerkW=1.0)
        await rig.wait(60)
        assert len(triggered(rig)) == before, "nothing is crossed"
        rig.ev(EvChange(ready=False))
        await rig.until(lambda: len(triggered(rig)) > before, 30, "the power has gone")
        await rig.wait(20)
        assert len(triggered(rig)) == before + 1
        rig.ev(EvChange(ready=True))
        await rig.until(lambda: len(triggered(rig)) > before + 1, 60, "the power is back")

        await rig.wait(30)
        before = await ask(atCPStatus=["Faulted", "Reserved", "Unavailable", "SuspendedEV"])
        rig.ev(EvChange(ready=False))
        await rig.until(lambda: len(triggered(rig)) > before, 30, "the status has come")
        before = await ask()
        rig.ev(EvChange(ready=True))
        await rig.wait(60)
        assert len(triggered(rig)) == before, "a message without triggers takes them away"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer", "CustomIdleFeeAfterStop")
@pytest.mark.parametrize("offline", [False, True])
def test_the_csms_is_told_when_the_ev_leaves_after_the_stop(tmp_path: Path, offline: bool) -> None:
    async def story(rig: Rig) -> None:
        assert await change(rig, "CustomIdleFeeAfterStop", "true") == "Accepted"
        await rig.charge(30)
        sent = number(rig)
        if offline:
            rig.csms.go_offline()
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is None)
        await rig.wait(120)
        assert transfers(rig) == []
        await rig.stop_controller()
        await rig.start_controller()
        await rig.wait(30)
        left_at = rig.utc_now()
        rig.plug_out()
        await rig.wait(60)
        rig.csms.come_back()
        await rig.until(lambda: len(transfers(rig)) == 1, 120, "the CSMS was told")
        (told,) = transfers(rig)
        assert (told["vendorId"], told["messageId"]) == (VENDOR, "ConnectorUnplugged")
        fields = json.loads(told["data"])
        assert fields["transactionId"] == sent
        assert write_time(left_at) <= fields["timestamp"] <= write_time(left_at + timedelta(seconds=3))
        await rig.drained()
        calls = rig.csms.actions()
        assert calls.index("StopTransaction") < calls.index("DataTransfer")
        await rig.charge(5)
        await rig.finish()
        await rig.until(lambda: len(transfers(rig)) == 2, 60, "and after the next one")
        assert await change(rig, "CustomIdleFeeAfterStop", "false") == "Accepted"
        await rig.charge(5)
        await rig.finish()
        await rig.wait(30)
        assert len(transfers(rig)) == 2

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer")
def test_the_final_cost_of_a_transaction_that_ended_before_a_restart_is_still_shown(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(30)
        sent = number(rig)
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is None)
        await rig.drained()
        await rig.stop_controller()
        await rig.start_controller()
        await rig.until(lambda: rig.csms.record.is_connected and rig.csms.record.is_boot_accepted)
        await rig.wait(10)
        assert await send(rig, "FinalCost", {"transactionId": sent, "cost": 2.5}) == "Accepted"
        assert shown(rig).amount == "2.500"
        rig.plug_out()
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(5)
        assert await send(rig, "FinalCost", {"transactionId": sent, "cost": 2.5}) == "Rejected", "nobody would see it"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6(
    "DefaultPrice",
    "DefaultPriceText,de",
    "DefaultPriceText,en",
    "DefaultPriceText,es",
    "DefaultPriceText,fr",
    "DefaultPriceText,nl",
    "Language",
)
def test_the_default_price_is_shown_in_the_stations_language_and_counts_where_a_start_is_offline(
    tmp_path: Path,
) -> None:
    async def story(rig: Rig) -> None:
        price = {"priceText": "general", "priceTextOffline": "no link", "chargingPrice": {"flatFee": 2, "kWhPrice": 1}}
        assert await change(rig, "DefaultPrice", json.dumps(price)) == "Accepted"
        assert shown(rig).price == "general"
        for language in ("de", "en", "es", "fr", "nl"):
            local = json.dumps({"priceText": f"online {language}", "priceTextOffline": f"offline {language}"})
            assert await change(rig, f"DefaultPriceText,{language}", local) == "Accepted"
            assert await change(rig, "Language", language) == "Accepted"
            assert shown(rig).price == f"online {language}"
        assert await change(rig, "DefaultPriceText,tlh", "{}") == "NotSupported"
        assert await change(rig, "Language", "tlh") == "Rejected"
        assert await change(rig, "DefaultPrice", "0.5 per kWh") == "Rejected"
        assert await change(rig, "DefaultPrice", '{"priceText": 7}') == "Rejected"
        rig.csms.go_offline()
        await rig.wait(2)
        assert shown(rig).price == "offline nl"
        await rig.charge(300)
        consumed = Decimal(str((rig.energy_wh() - 1_000_000.0) / 1000))
        assert Decimal(shown(rig).amount or "") == pytest.approx(2 + consumed, abs=Decimal("0.01"))
        assert shown(rig).is_estimate
        rig.csms.come_back()
        await rig.drained()
        extra = [
            {"format": "UTF8", "language": "nl", "content": "voor u"},
            {"format": "HTML", "language": "nl", "content": "<b>niet</b>"},
            {"format": "UTF8", "language": "fr", "content": "pour vous"},
        ]
        mine = {"idToken": KNOWN_TOKEN.lower(), "priceText": "for you", "priceTextExtra": extra}
        assert await send(rig, "SetUserPrice", mine) == "Accepted"
        assert shown(rig).price == "voor u"

    tell(tmp_path, story, {"local_authorize_offline": "true", "allow_offline_tx_for_unknown_id": "true"})


def test_a_price_that_is_named_before_the_start_is_the_drivers_own(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await send(rig, "SetUserPrice", {"idToken": KNOWN_TOKEN, "priceText": "yours"}) == "Accepted"
        assert (Notice.PRICE, None, "yours") in rig.shown.notices
        assert await send(rig, "SetUserPrice", {"idToken": "04FFFFFF", "priceText": "another's"}) == "Accepted"
        await rig.charge(5)
        assert shown(rig).price == "yours"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer")
def test_what_makes_no_sense_is_rejected_with_the_link_up_and_nothing_moved(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        assert await send(rig, "RunningCost", running(rig, chargingPrice={})) == "Accepted"
        before = shown(rig)
        good = running(rig)
        wrong: list[object] = [
            None,
            "",
            "{",
            "[" * 100_000,
            "[]",
            "null",
            '"text"',
            {},
            good | {"transactionId": 4711},
            good | {"transactionId": "many"},
            good | {"transactionId": 2**80},
            good | {"cost": None},
            json.dumps(good).replace("1.0", "NaN", 1),
            json.dumps(good).replace("1.0", "1e999", 1),
            good | {"state": "Sleeping"},
            good | {"timestamp": "yesterday"},
            good | {"timestamp": "0001-01-01T00:00:00+14:00"},
            good | {"triggerMeterValue": {"atCPStatus": ["Dancing"]}},
            good | {"triggerMeterValue": {"atTime": "soon"}},
            good | {"triggerMeterValue": {"atPowerkW": -1}},
            good | {"nextPeriod": {"chargingPrice": {}}},
            good | {"chargingPrice": {"kWhPrice": 1e300}},
        ]
        for data in wrong:
            assert await send(rig, "RunningCost", data) == "Rejected", data
        assert await send(rig, "FinalCost", {"transactionId": number(rig), "cost": 1}) == "Rejected", "it runs"
        assert await send(rig, "SetUserPrice", {"priceText": "whose?"}) == "Rejected"
        assert await send(rig, "CurrentCost", good) == "UnknownMessageId"
        assert await send(rig, None, good) == "UnknownMessageId"
        assert await send(rig, "RunningCost", good, vendor="org.example") == "UnknownVendorId"
        assert shown(rig) == before
        assert rig.csms.record.is_connected
        assert rig.is_live()

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("CustomDisplayCostAndPrice")
def test_a_station_that_shows_no_costs_knows_no_such_vendor_and_no_such_keys_but_one(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await send(rig, "SetUserPrice", {"idToken": KNOWN_TOKEN, "priceText": "x"}) == "UnknownVendorId"
        answer = await rig.csms.call("GetConfiguration", {"key": ["CustomDisplayCostAndPrice", "DefaultPrice"]})
        assert answer.payload == {
            "configurationKey": [{"key": "CustomDisplayCostAndPrice", "readonly": True, "value": "false"}],
            "unknownKey": ["DefaultPrice"],
        }
        await rig.charge(5)
        assert rig.snapshot().cost is None
        await rig.finish()

    tell(tmp_path, story, {"display_cost_and_price": "false"})
