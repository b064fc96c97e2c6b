"""What the CSMS orders and asks: starts, stops, triggers, cache, data, reports, the status of a transaction."""

from pathlib import Path
from typing import Any

import pytest

from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.firmware_workshop import Workshop
from scenarios.stories import (
    Operator,
    all_told,
    at_rest,
    calls_of_station,
    is_1_6,
    only_transaction,
    status_of,
    tell,
    tell_twice,
    told_statuses,
    under_both,
)
from support.rig import KNOWN_TOKEN, Rig
from support.virtual_time import run_virtual


@pytest.mark.ocpp_1_6("RemoteStartTransaction")
def test_a_remote_start_with_the_ev_plugged_in_charges_without_asking_again(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.wait(2)
        assert await Operator(rig).start() == "Accepted"
        await rig.until(rig.is_live, 10)
        await rig.wait(10)
        assert rig.csms.record.authorizations == []
        started = only_transaction(rig)
        if not is_1_6(rig):
            first = started.facts[0].payload
            assert first["triggerReason"] == "RemoteStart"
            assert first["transactionInfo"]["remoteStartId"] == 7
        assert await Operator(rig).start() == "Rejected", "one is running here"
        assert await Operator(rig).stop(started.transaction_id) == "Accepted"
        await all_told(rig)

    tell_twice(tmp_path, story)


def test_a_remote_start_waits_for_the_plug(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await Operator(rig).start() == "Accepted"
        await rig.wait(20)
        assert rig.csms.core.transactions == []
        rig.plug_in()
        await rig.until(rig.is_live, 10)
        await rig.wait(5)
        rig.plug_out()
        await all_told(rig)
        assert only_transaction(rig).id_token == "REMOTE01"

    tell_twice(tmp_path, story)


@under_both
def test_a_remote_start_that_nobody_uses_times_out(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert await Operator(rig).start() == "Accepted"
        await rig.wait(35)
        rig.plug_in()
        await rig.wait(10)
        assert not rig.is_live()
        assert rig.csms.core.transactions == []

    tell(tmp_path, version, story, settings={"connection_time_out_seconds": "30"})


@under_both
def test_orders_for_what_does_not_exist_are_refused(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        assert await operator.start(evse=9) == "Rejected"
        assert await operator.stop(4711 if is_1_6(rig) else "no-such-transaction") == "Rejected"
        assert await operator.make("Inoperative", evse=9) == "Rejected"
        assert await operator.unlock(9) == ("NotSupported" if is_1_6(rig) else "UnknownConnector")
        assert await operator.trigger("StatusNotification", evse=9) == "Rejected"

    tell(tmp_path, version, story)


@under_both
@pytest.mark.ocpp_1_6("AuthorizeRemoteTxRequests")
def test_a_remote_start_is_judged_like_a_card_when_so_configured(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set("REMOTE01", TokenRule(TokenStatus.BLOCKED))
        rig.plug_in()
        await rig.wait(2)
        assert await Operator(rig).start() == "Accepted"
        await rig.wait(10)
        assert not rig.is_live()
        assert len(rig.csms.record.authorizations) == 1
        assert await Operator(rig).start(token="REMOTE02") == "Accepted"
        await rig.until(rig.is_live, 10)
        assert len(rig.csms.record.authorizations) == 2

    tell(tmp_path, version, story, settings={"authorize_remote_tx_requests": "true"})


TRIGGERS = {
    "1.6": (
        "Heartbeat",
        "StatusNotification",
        "MeterValues",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
    ),
    "2.0.1": (
        "Heartbeat",
        "StatusNotification",
        "MeterValues",
        "TransactionEvent",
        "LogStatusNotification",
        "FirmwareStatusNotification",
    ),
}


@under_both
@pytest.mark.requirement("F06.FR.05")
def test_every_accepted_trigger_is_on_the_wire_within_5_seconds(tmp_path: Path, version: str) -> None:
    async def whole() -> None:
        rig = Rig(tmp_path, version, has_key_store=True, settings={"meter_value_sample_interval_seconds": "600"})
        rig.firmware = Workshop(tmp_path).edge()
        async with rig:
            await rig.wait(2)
            await story(rig)

    async def story(rig: Rig) -> None:
        await rig.charge(4)
        for message in TRIGGERS[version]:
            seen = len(calls_of_station(rig, message))
            evse = 1 if message in ("StatusNotification", "MeterValues", "TransactionEvent") else None
            assert await Operator(rig).trigger(message, evse) == "Accepted", message
            await rig.until(lambda m=message, n=seen: len(calls_of_station(rig, m)) > n, 5, message)  # type: ignore[misc]
        assert await Operator(rig).trigger("BootNotification") == "Rejected", "the last one was accepted"

    run_virtual(whole())


def test_a_trigger_that_is_not_there_is_not_implemented(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await Operator(rig).trigger("SignChargingStationCertificate") == "NotImplemented"

    tell(tmp_path, "2.0.1", story)


@under_both
@pytest.mark.ocpp_1_6("ClearCache")
def test_a_cleared_cache_knows_no_card_any_more(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(6)
        await rig.finish()
        await all_told(rig)
        assert await Operator(rig).clear_cache() == "Accepted"
        rig.csms.go_offline()
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.wait(12)
        assert not rig.is_live()

    tell(tmp_path, version, story)


@under_both
@pytest.mark.ocpp_1_6("DataTransfer")
def test_data_of_an_unknown_vendor_is_answered_so(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        payload = {"vendorId": "com.example", "messageId": "hello", "data": "x" * 500}
        assert status_of(await rig.csms.call("DataTransfer", payload)) == "UnknownVendorId"

    tell(tmp_path, version, story)


@pytest.mark.requirement("B07.FR.01", "B07.FR.08")
def test_a_base_report_names_every_variable_in_numbered_parts(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        answer = await rig.csms.call("GetBaseReport", {"requestId": 42, "reportBase": "FullInventory"})
        assert status_of(answer) == "Accepted"
        await rig.until(
            lambda: bool(rig.csms.record.reports.get(42)) and not rig.csms.record.reports[42][-1].get("tbc", False),
            30,
            "the last part",
        )
        parts = rig.csms.record.reports[42]
        assert [part["seqNo"] for part in parts] == list(range(len(parts)))
        assert all(part.get("tbc", False) for part in parts[:-1])
        told = rig.csms.record.configuration
        assert rig.assembly is not None
        for setting in rig.assembly.settings.all():
            place = setting.variable_2_0_1
            if place is not None and not setting.is_secret:
                name = f"{place.component}.{place.variable}" + (f".{place.instance}" if place.instance else "")
                assert name in told, name
        assert told["SampledDataCtrlr.TxUpdatedInterval"] == "10"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E14.FR.04", "E14.FR.05")
def test_the_transaction_status_says_what_still_waits_in_the_queue(tmp_path: Path) -> None:
    async def whole() -> None:
        async with Rig(tmp_path, "2.0.1") as rig:
            await at_rest(rig)
            rig.plug_in()
            await rig.wait(2)
            await rig.swipe()
            await rig.until(rig.is_live, 10)
            transaction_id = only_transaction(rig).transaction_id
            answer = await rig.csms.call("GetTransactionStatus", {"transactionId": transaction_id})
            assert answer.payload == {"ongoingIndicator": True, "messagesInQueue": False}
            rig.csms.go_offline()
            await rig.wait(60)
            await rig.swipe()
            await rig.wait(10)
            rig.csms.come_back()
            await rig.until(lambda: rig.csms.channel is not None, 60, "the link")
            answer = await rig.csms.call("GetTransactionStatus", {"transactionId": transaction_id})
            assert answer.payload == {"ongoingIndicator": False, "messagesInQueue": True}
            answer = await rig.csms.call("GetTransactionStatus", {})
            assert answer.payload == {"messagesInQueue": True}
            await all_told(rig)
            answer = await rig.csms.call("GetTransactionStatus", {"transactionId": transaction_id})
            assert answer.payload == {"ongoingIndicator": False, "messagesInQueue": False}
            assert only_transaction(rig).id_token == KNOWN_TOKEN

    run_virtual(whole())


@pytest.mark.ocpp_1_6("StatusNotification")
def test_the_status_words_of_1_6_follow_the_session(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        await rig.finish()
        await all_told(rig)
        await rig.swipe()
        await rig.wait(40)
        words = ["Available", "Preparing", "Charging", "Finishing", "Available", "Preparing", "Available"]
        assert told_statuses(rig) == words
        await Operator(rig).make("Inoperative", 1)
        await rig.wait(1)
        rig.world.set_fault(1, "emergency_stop", True)
        await rig.wait(2)
        rig.world.set_fault(1, "emergency_stop", False)
        await rig.wait(2)
        assert told_statuses(rig)[7:9] == ["Unavailable", "Faulted"]

    tell(tmp_path, "1.6", story, settings={"connection_time_out_seconds": "30"})


@under_both
@pytest.mark.requirement("F06.FR.06", "F06.FR.07")
def test_triggered_meter_values_carry_what_the_version_asks_for(tmp_path: Path, version: str) -> None:
    settings = {"meter_values_sampled_data": "Voltage", "meter_values_aligned_data": "Frequency"}

    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        assert await operator.trigger("MeterValues", 1) == "Accepted"
        await rig.wait(5)
        assert "transactionId" not in calls_of_station(rig, "MeterValues")[-1], "none is running"
        await rig.charge(5)
        assert await operator.trigger("MeterValues", 1) == "Accepted"
        await rig.wait(2)
        told = triggered(calls_of_station(rig, "MeterValues"))
        if is_1_6(rig):
            assert told["transactionId"] == only_transaction(rig).transaction_id
            assert measurands(told) == {"Voltage"}
        else:
            assert measurands(told) == {"Frequency"}
            assert await operator.trigger("TransactionEvent", 1) == "Accepted"
            await rig.wait(2)
            event = triggered(calls_of_station(rig, "TransactionEvent"))
            assert event["triggerReason"] == "Trigger"
            assert event["transactionInfo"]["chargingState"] == "Charging"
            assert measurands(event) == {"Voltage"}

    tell(tmp_path, version, story, settings=settings)


def triggered(payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """The last one with values of a trigger."""

    def is_triggered(payload: dict[str, Any]) -> bool:
        return any(
            sample["context"] == "Trigger"
            for value in payload.get("meterValue", ())
            for sample in value["sampledValue"]
        )

    return [payload for payload in payloads if is_triggered(payload)][-1]


def measurands(payload: dict[str, Any]) -> set[str]:
    return {sample["measurand"] for value in payload["meterValue"] for sample in value["sampledValue"]}
