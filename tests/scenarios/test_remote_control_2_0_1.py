"""Block F of OCPP 2.0.1 by the steps of part 6: remote start and stop, unlocking, and what may be asked for."""

from pathlib import Path
from typing import Any

import pytest

from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.part6 import TestTool, ask, id_token, put
from scenarios.stories import all_told, assert_all_billed, calls_of_station, tell
from support.rig import KNOWN_TOKEN, Rig

OTHER = "04FFEEDD"


async def trigger(rig: Rig, message: str, evse: int | None = None, connector: int | None = None) -> str:
    place: dict[str, Any] = {} if evse is None else {"evse": {"id": evse}}
    if connector is not None:
        place["evse"]["connectorId"] = connector
    answer = await ask(rig, "TriggerMessage", {"requestedMessage": message, **place})
    return str(answer["status"])


async def next_call(rig: Rig, action: str, count: int = 1) -> list[dict[str, Any]]:
    """The payloads of the next calls of an action."""
    before = len(calls_of_station(rig, action))
    await rig.until(lambda: len(calls_of_station(rig, action)) >= before + count, 5, f"{count} × {action}")
    return calls_of_station(rig, action)[before:]


async def unlock(rig: Rig, evse: int = 1, connector: int = 1) -> str:
    return str((await ask(rig, "UnlockConnector", {"evseId": evse, "connectorId": connector}))["status"])


def contexts(value: dict[str, Any]) -> set[str]:
    return {sample["context"] for sample in value["sampledValue"]}


# F01, F02: remote start


@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"])
@pytest.mark.requirement("F01.FR.03", "F01.FR.04", "F01.FR.05", "F01.FR.13", "F01.FR.17", "F01.FR.19", "F01.FR.25")
def test_the_cable_first_then_from_afar(tmp_path: Path, start: str) -> None:
    """TC_F_01_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, [start]).configure()
        await tool.ev_connected_pre_session()
        await tool.authorized(remote=True)
        await tool.energy_transfer_started()
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("is_judged", [True, False])
@pytest.mark.requirement("F02.FR.01", "F01.FR.01", "F01.FR.02", "F02.FR.05")
@pytest.mark.requirement("F02.FR.09", "F02.FR.10", "F02.FR.11", "F02.FR.12", "F02.FR.13")
def test_from_afar_first_then_the_cable(tmp_path: Path, is_judged: bool) -> None:
    """TC_F_02_CS, TC_F_03_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, ["Authorized"])
        await tool.configure(AuthCtrlr__AuthorizeRemoteStart=is_judged)
        await tool.authorized(remote=True)
        assert len(calls_of_station(rig, "Authorize")) == is_judged
        await tool.energy_transfer_started()
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F01.FR.01")
def test_a_remote_start_whose_token_is_refused_starts_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.BLOCKED))
        await put(rig, AuthCtrlr__AuthorizeRemoteStart=True)
        rig.plug_in()
        await rig.wait(3)
        start = {"idToken": id_token(), "remoteStartId": 4, "evseId": 1}
        assert (await ask(rig, "RequestStartTransaction", start))["status"] == "Accepted"
        await rig.wait(20)
        assert not rig.is_live()
        assert calls_of_station(rig, "TransactionEvent") == []

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F02.FR.01", "E03.FR.01", "E03.FR.05", "F02.FR.07")
def test_from_afar_and_nobody_plugs_in(tmp_path: Path) -> None:
    """TC_F_04_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, ["Authorized"])
        await tool.configure(TxCtrlr__EVConnectionTimeOut=20)
        await tool.authorized(remote=True)
        event = await tool.event(40)
        assert event["triggerReason"] == "EVConnectTimeout"
        assert event["eventType"] == "Ended"
        tool.is_authorized = False
        await tool.authorized(remote=True)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F01.FR.23", "F01.FR.24")
@pytest.mark.requirement("F02.FR.25")
def test_a_remote_start_where_nothing_can_start_is_refused(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        async def start(evse: int, card: str = OTHER) -> str:
            request = {"idToken": id_token(card), "remoteStartId": 9, "evseId": evse}
            return str((await ask(rig, "RequestStartTransaction", request))["status"])

        await ask(rig, "ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 2}})
        assert await start(2) == "Rejected"
        tool = TestTool(rig)
        await tool.energy_transfer_started()
        assert await start(1) == "Rejected"
        assert await start(7) == "Rejected"
        assert rig.is_live()

    tell(tmp_path, "2.0.1", story, evses=2)


# F03: remote stop


@pytest.mark.parametrize("stop", ["EVConnected", "Authorized"])
@pytest.mark.requirement("F03.FR.02", "F03.FR.03", "F03.FR.07", "F03.FR.09")
def test_a_remote_stop(tmp_path: Path, stop: str) -> None:
    """TC_F_08_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, stop=[stop]).configure()
        await tool.stop_authorized(remote=True)
        await tool.ev_connected_post_session()
        await tool.ev_disconnected()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F03.FR.08")
def test_a_remote_stop_of_another_transaction(tmp_path: Path) -> None:
    """TC_F_09_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig)
        await tool.energy_transfer_started()
        answer = await ask(rig, "RequestStopTransaction", {"transactionId": "another"})
        assert answer["status"] == "Rejected"
        await tool.nothing(10)
        assert rig.is_live()

    tell(tmp_path, "2.0.1", story)


# F05: unlocking


@pytest.mark.requirement("F05.FR.01", "F05.FR.02")
def test_a_connector_of_a_running_transaction_is_not_unlocked(tmp_path: Path) -> None:
    """TC_F_05_CS"""

    async def story(rig: Rig) -> None:
        await TestTool(rig).energy_transfer_started()
        assert await unlock(rig) == "OngoingAuthorizedTransaction"
        assert rig.truth()["locked"] is True
        assert rig.is_live()

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F05.FR.01", "F05.FR.03", "F05.FR.04", "F05.FR.06")
def test_a_connector_without_a_transaction_is_unlocked(tmp_path: Path) -> None:
    """TC_F_06_CS, TC_F_07_CS, TC_F_10_CS"""

    async def story(rig: Rig) -> None:
        assert await unlock(rig) == "Unlocked", "no cable is there"
        rig.plug_in()
        await rig.wait(3)
        assert await unlock(rig) == "Unlocked"
        assert rig.truth()["locked"] is False
        assert await unlock(rig, connector=999) == "UnknownConnector"
        assert await unlock(rig, evse=9) == "UnknownConnector"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F05.FR.02", "F05.FR.04")
def test_a_transaction_that_nobody_is_authorised_for_keeps_no_plug(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"], ["EVConnected"]).configure()
        await tool.ev_connected_pre_session()
        assert await unlock(rig) == "Unlocked"
        await tool.nothing(5)
        await tool.authorized()
        await tool.energy_transfer_started()
        assert await unlock(rig) == "OngoingAuthorizedTransaction"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F05.FR.05")
def test_a_lock_that_does_not_open(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, stop=["Authorized"]).configure(OCPPCommCtrlr__UnlockOnEVSideDisconnect=False)
        await tool.energy_transfer_started()
        await rig.wait(10)
        rig.world.set_fault(1, "lock_jammed", True)
        await rig.swipe()
        await rig.until(lambda: not rig.is_live(), 10)
        await rig.drained()
        await rig.wait(5)
        assert await unlock(rig) == "UnlockFailed"

    tell(tmp_path, "2.0.1", story)


# F06: messages that are asked for


@pytest.mark.requirement("F06.FR.02", "F06.FR.04", "F06.FR.05", "F06.FR.06", "F06.FR.10", "F06.FR.11")
def test_meter_values_that_are_asked_for(tmp_path: Path) -> None:
    """TC_F_11_CS, TC_F_12_CS"""

    async def story(rig: Rig) -> None:
        await put(rig, AlignedDataCtrlr__Measurands="Voltage,Energy.Active.Import.Register")
        assert await trigger(rig, "MeterValues", 2) == "Accepted"
        await rig.wait(2)
        (report,) = calls_of_station(rig, "MeterValues")
        assert report["evseId"] == 2
        assert contexts(report["meterValue"][0]) == {"Trigger"}
        named = {sample["measurand"] for sample in report["meterValue"][0]["sampledValue"]}
        assert named == {"Voltage", "Energy.Active.Import.Register"}
        assert await trigger(rig, "MeterValues") == "Accepted"
        await rig.wait(2)
        assert [one["evseId"] for one in calls_of_station(rig, "MeterValues")[1:]] == [1, 2]
        assert await trigger(rig, "MeterValues", 9) == "Rejected"

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("F06.FR.02", "F06.FR.04", "F06.FR.05", "F06.FR.07", "F06.FR.10", "F06.FR.11")
def test_transaction_events_that_are_asked_for(tmp_path: Path) -> None:
    """TC_F_13_CS, TC_F_14_CS"""

    async def story(rig: Rig) -> None:
        for evse, card in ((1, KNOWN_TOKEN), (2, OTHER)):
            tool = TestTool(rig, card=card, evse=evse)
            tool.forget()
            await tool.energy_transfer_started()
        assert await trigger(rig, "TransactionEvent", 1) == "Accepted"
        await rig.wait(2)
        asked = [event for event in calls_of_station(rig, "TransactionEvent") if event["triggerReason"] == "Trigger"]
        assert len(asked) == 1
        assert await trigger(rig, "TransactionEvent") == "Accepted"
        await rig.wait(2)
        asked = [event for event in calls_of_station(rig, "TransactionEvent") if event["triggerReason"] == "Trigger"]
        assert len({event["transactionInfo"]["transactionId"] for event in asked[1:]}) == 2
        for event in asked:
            assert event["transactionInfo"]["chargingState"] == "Charging"
            assert contexts(event["meterValue"][0]) == {"Trigger"}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("F06.FR.07", "F06.FR.11")
def test_an_event_of_a_transaction_that_nobody_is_authorised_for_yet(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"]).configure()
        assert await trigger(rig, "TransactionEvent", 1) == "Rejected"
        await tool.ev_connected_pre_session()
        assert await trigger(rig, "TransactionEvent", 1) == "Accepted"
        event = await tool.event()
        assert event["triggerReason"] == "Trigger"
        assert event["transactionInfo"]["chargingState"] == "EVConnected"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F06.FR.03", "F06.FR.04", "F06.FR.05", "F06.FR.10", "F06.FR.15", "F06.FR.16", "F06.FR.17")
def test_what_is_idle_says_so(tmp_path: Path) -> None:
    """TC_F_15_CS, TC_F_17_CS, TC_F_18_CS, TC_F_20_CS"""

    async def story(rig: Rig) -> None:
        for message, evse in (
            ("LogStatusNotification", None),
            ("FirmwareStatusNotification", None),
            ("FirmwareStatusNotification", 1),
        ):
            assert await trigger(rig, message, evse) == "Accepted"
            await rig.wait(2)
            assert calls_of_station(rig, message)[-1] == {"status": "Idle"}
        assert len(calls_of_station(rig, "FirmwareStatusNotification")) == 2
        before = len(calls_of_station(rig, "Heartbeat"))
        assert await trigger(rig, "Heartbeat") == "Accepted"
        await rig.wait(2)
        assert len(calls_of_station(rig, "Heartbeat")) == before + 1

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F06.FR.02", "F06.FR.04", "F06.FR.05", "F06.FR.10")
@pytest.mark.requirement("F06.FR.09")
def test_statuses_that_are_asked_for(tmp_path: Path) -> None:
    """TC_F_23_CS, TC_F_24_CS"""

    async def story(rig: Rig) -> None:
        for word in ("Available", "Occupied"):
            before = len(rig.csms.record.statuses)
            assert await trigger(rig, "StatusNotification", 1, 1) == "Accepted"
            await rig.wait(2)
            (note,) = rig.csms.record.statuses[before:]
            assert (note.evse_id, note.connector_id, note.status) == (1, 1, word)
            if word == "Available":
                rig.plug_in()
                await rig.until(lambda: rig.csms.record.status(1) == "Occupied", 10)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("F06.FR.08", "F06.FR.17")
def test_what_cannot_be_asked_for(tmp_path: Path) -> None:
    """TC_F_26_CS, TC_F_27_CS"""

    async def story(rig: Rig) -> None:
        boots = len(calls_of_station(rig, "BootNotification"))
        assert await trigger(rig, "BootNotification") == "Rejected"
        assert await trigger(rig, "SignCombinedCertificate") == "NotImplemented"
        assert await trigger(rig, "PublishFirmwareStatusNotification") == "NotImplemented"
        await rig.wait(3)
        assert len(calls_of_station(rig, "BootNotification")) == boots

    tell(tmp_path, "2.0.1", story)
