"""Block E of OCPP 2.0.1 by the steps of part 6: where transactions start and stop, and what each event says."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chargepoint_hal.bench.ev import EvChange, PlugIn
from scenarios.part6 import TestTool, ask
from scenarios.stories import all_told, assert_all_billed, calls_of_station, only_transaction, tell
from support.rig import KNOWN_TOKEN, Rig

TETHERED = {"safety": {"outlet": "tethered"}}
Case = Callable[[Rig], Awaitable[None]]
locally_and_remotely = pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])


async def settled(rig: Rig, tool: TestTool) -> None:
    """After a test case: the EV goes, and what flowed is billed once."""
    if tool.is_connected:
        rig.plug_out(tool.evse)
    await all_told(rig)
    assert_all_billed(rig)


# E01: start transaction options


@locally_and_remotely
@pytest.mark.requirement("E01.FR.05", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
def test_the_start_at_the_closing_of_the_power_path(tmp_path: Path, remote: bool) -> None:
    """TC_E_01_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["PowerPathClosed"]).configure()
        assert await tool.authorized(remote=remote) is None
        await tool.ev_connected_pre_session()
        assert tool.is_started
        await tool.energy_transfer_started()
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@locally_and_remotely
@pytest.mark.requirement("E01.FR.06", "E01.FR.16", "E01.FR.18")
def test_the_start_with_the_energy(tmp_path: Path, remote: bool) -> None:
    """TC_E_02_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EnergyTransfer"]).configure()
        await tool.authorized(remote=remote)
        rig.plug_in(plug=PlugIn(ready_after_seconds=20))
        tool.is_connected = True
        await tool.status("Occupied")
        await tool.nothing(10)
        event = await tool.event()
        assert event["eventType"] == "Started"
        assert event["triggerReason"] == ("RemoteStart" if remote else "ChargingStateChanged")
        assert ("remoteStartId" in event["transactionInfo"]) is remote
        assert event["transactionInfo"]["chargingState"] == "Charging"
        assert event["evse"] == {"id": 1, "connectorId": 1}
        tool.has_token(event)
        await rig.wait(20)
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E01.FR.02", "E01.FR.09", "E01.FR.10", "E01.FR.16", "E02.FR.06", "E02.FR.09", "E02.FR.20")
def test_the_start_with_the_ev(tmp_path: Path) -> None:
    """TC_E_09_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"]).configure()
        rig.plug_in()
        tool.is_connected = True
        await tool.status("Occupied")
        event = await tool.event()
        assert event["eventType"] == "Started"
        assert event["triggerReason"] == "CablePluggedIn"
        assert event["evse"] == {"id": 1, "connectorId": 1}
        assert event["transactionInfo"]["chargingState"] == "EVConnected"
        assert "idToken" not in event
        assert event["meterValue"][0]["sampledValue"][0]["context"] == "Transaction.Begin"
        authorised = await tool.authorized()
        assert authorised is not None
        assert "evse" not in authorised, "it is told once"
        await tool.energy_transfer_started()
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@locally_and_remotely
@pytest.mark.requirement("E01.FR.03", "E01.FR.16", "E03.FR.01", "E03.FR.12", "F02.FR.01")
def test_the_start_with_the_authorisation(tmp_path: Path, remote: bool) -> None:
    """TC_E_10_CS, TC_E_13_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["Authorized"]).configure()
        event = await tool.authorized(remote=remote)
        assert event is not None
        assert event["eventType"] == "Started"
        assert event["transactionInfo"]["chargingState"] == "Idle"
        await tool.ev_connected_pre_session()
        await tool.energy_transfer_started()
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


# E02, E03: which comes first


@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "EVConnected,Authorized"])
@pytest.mark.requirement("E02.FR.01", "E02.FR.05", "E02.FR.13", "E02.FR.15", "E02.FR.17")
def test_the_cable_first(tmp_path: Path, start: str) -> None:
    """TC_E_03_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, start.split(",")).configure()
        await tool.ev_connected_pre_session()
        await tool.authorized()
        await tool.energy_transfer_started()
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "EVConnected,Authorized"])
@pytest.mark.requirement("E03.FR.01", "E03.FR.06", "E03.FR.12")
def test_the_card_first(tmp_path: Path, start: str) -> None:
    """TC_E_04_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, start.split(",")).configure()
        await tool.authorized()
        await tool.energy_transfer_started()
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("start", ["Authorized", "PowerPathClosed"])
@pytest.mark.requirement("E03.FR.05", "E06.FR.04", "E06.FR.15")
def test_nobody_plugs_in(tmp_path: Path, start: str) -> None:
    """TC_E_05_CS, TC_E_39_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, [start])
        await tool.configure(
            TxCtrlr__EVConnectionTimeOut=30, AuthCacheCtrlr__Enabled=False, AuthCtrlr__LocalPreAuthorize=False
        )
        await tool.authorized()
        tool.is_authorized = False
        if start == "Authorized":
            event = await tool.event(40)
            assert event["triggerReason"] == "EVConnectTimeout"
            assert event["eventType"] == "Ended"
            assert event["transactionInfo"]["stoppedReason"] == "Timeout"
        else:
            await tool.nothing(40)
        rig.plug_in()  # TC_E_39: whoever comes later has to authorise anew
        await tool.status("Occupied")
        await rig.wait(20)
        assert not rig.is_live()
        assert tool.waiting() == []
        rig.plug_out()
        await tool.status("Available")
        await tool.authorized()  # TC_E_05: the EVSE is free for another session
        await tool.energy_transfer_started()
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed"])
@pytest.mark.requirement("E01.FR.19")
def test_an_ev_that_is_not_ready(tmp_path: Path, start: str) -> None:
    """TC_E_38_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, [start]).configure()
        await tool.authorized()
        await tool.ev_connected_pre_session(PlugIn(ready_after_seconds=600))
        event = await tool.event()
        assert event["triggerReason"] == "ChargingStateChanged"
        assert event["transactionInfo"]["chargingState"] == "SuspendedEV"
        rig.ev(EvChange(ready=True))
        await tool.energy_transfer_started()
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story, settings={"local_pre_authorize": "false"})


# E06, E07: stop transaction options


@pytest.mark.requirement("E07.FR.01", "E07.FR.02", "E07.FR.05", "E06.FR.10", "E06.FR.15")
@pytest.mark.parametrize("stop", ["EVConnected", "Authorized", "EVConnected,Authorized", "PowerPathClosed"])
def test_a_local_stop(tmp_path: Path, stop: str) -> None:
    """TC_E_06_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"], stop.split(",")).configure()
        await tool.ev_connected_pre_session()
        await tool.stop_authorized()
        await tool.ev_connected_post_session()
        event = await tool.ev_disconnected()
        assert (event is None) == (stop != "EVConnected")
        if event is not None:
            assert event["eventType"] == "Ended"
            assert event["transactionInfo"]["stoppedReason"] == "Local"
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@locally_and_remotely
@pytest.mark.parametrize("stop", ["PowerPathClosed", "Authorized", "EnergyTransfer"])
@pytest.mark.requirement("E06.FR.03", "E06.FR.06", "E06.FR.07", "E06.FR.08", "E06.FR.15", "F03.FR.03", "F03.FR.07")
def test_the_end_with_the_authorisation(tmp_path: Path, stop: str, remote: bool) -> None:
    """TC_E_07_CS, TC_E_35_CS, TC_E_15_CS, TC_E_21_CS, TC_E_08_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, stop=[stop]).configure()
        await tool.energy_transfer_started()
        event = await tool.stop_authorized(remote=remote)
        assert event["eventType"] == "Ended"
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E06.FR.07", "E06.FR.15")
def test_the_end_with_the_energy(tmp_path: Path) -> None:
    """TC_E_22_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, stop=["EnergyTransfer"]).configure()
        await tool.energy_transfer_started()
        event = await tool.energy_transfer_suspended()
        assert event["eventType"] == "Ended"
        assert event["triggerReason"] == "ChargingStateChanged"
        assert event["transactionInfo"]["chargingState"] == "EVConnected"
        assert event["transactionInfo"]["stoppedReason"] == "StoppedByEV"
        rig.ev(EvChange(ready=True))
        await rig.wait(20)
        assert not rig.is_live(), "nobody is authorised any more"
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@locally_and_remotely
@pytest.mark.requirement("E06.FR.02", "E06.FR.15", "F03.FR.02")
def test_the_end_with_the_ev_after_the_session(tmp_path: Path, remote: bool) -> None:
    """TC_E_14_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, stop=["EVConnected"]).configure()
        await tool.energy_transfer_started()
        await tool.stop_authorized(remote=remote)
        await tool.ev_connected_post_session()
        event = await tool.ev_disconnected()
        assert event is not None
        assert event["eventType"] == "Ended"
        assert event["transactionInfo"]["stoppedReason"] == ("Remote" if remote else "Local")
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("stop", ["EVConnected", "PowerPathClosed"])
@pytest.mark.requirement("E06.FR.02", "E06.FR.06", "E06.FR.15")
def test_the_end_with_the_plug_at_the_ev(tmp_path: Path, stop: str) -> None:
    """TC_E_20_CS, TC_E_37_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, stop=[stop])
        await tool.configure(TxCtrlr__StopTxOnEVSideDisconnect=False)
        await tool.energy_transfer_suspended()
        rig.plug_out(cable_stays=True)
        event = await tool.event()
        assert event["triggerReason"] == "EVCommunicationLost"
        assert event["transactionInfo"]["chargingState"] == "Idle"
        assert event["transactionInfo"]["stoppedReason"] == "EVDisconnected"
        assert event["eventType"] == "Ended"
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E06.FR.04", "E06.FR.15", "E09.FR.01", "E09.FR.03")
def test_pulled_at_the_ev_it_is_deauthorised(tmp_path: Path) -> None:
    """TC_E_17_CS, TC_E_25_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, stop=["Authorized"])
        await tool.configure(TxCtrlr__StopTxOnEVSideDisconnect=True, OCPPCommCtrlr__UnlockOnEVSideDisconnect=False)
        await tool.energy_transfer_suspended()
        rig.plug_out(cable_stays=True)
        event = await tool.event()
        assert event["triggerReason"] == "EVCommunicationLost"
        assert event["transactionInfo"]["chargingState"] == "Idle"
        assert event["transactionInfo"]["stoppedReason"] == "EVDisconnected"
        assert event["eventType"] == "Ended"
        await rig.wait(10)
        assert rig.truth()["locked"] is True, "until its owner comes"
        await rig.swipe(KNOWN_TOKEN)
        await rig.until(lambda: rig.truth()["locked"] is False, 5)
        rig.plug_out()
        await tool.status("Available")
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E09.FR.01", "E09.FR.02", "E09.FR.04")
def test_pulled_at_the_ev_the_cable_is_free(tmp_path: Path) -> None:
    """TC_E_24_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig)
        await tool.configure(TxCtrlr__StopTxOnEVSideDisconnect=True, OCPPCommCtrlr__UnlockOnEVSideDisconnect=True)
        await tool.energy_transfer_suspended()
        rig.plug_out(cable_stays=True)
        event = await tool.event()
        assert event["triggerReason"] == "EVCommunicationLost"
        assert event["transactionInfo"]["chargingState"] == "Idle"
        await rig.until(lambda: rig.truth()["locked"] is False, 10)
        rig.plug_out()
        await tool.status("Available")
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E10.FR.01", "E10.FR.03")
def test_pulled_at_the_ev_it_waits_and_goes_on(tmp_path: Path) -> None:
    """TC_E_26_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, stop=["Authorized"])
        await tool.configure(TxCtrlr__StopTxOnEVSideDisconnect=False, OCPPCommCtrlr__UnlockOnEVSideDisconnect=False)
        await tool.energy_transfer_suspended()
        rig.plug_out(cable_stays=True)
        event = await tool.event()
        assert event["triggerReason"] == "EVCommunicationLost"
        assert event["transactionInfo"]["chargingState"] == "Idle"
        assert event["eventType"] == "Updated"
        await rig.wait(120)
        assert rig.truth()["locked"] is True, "as long as the transaction lasts"
        rig.plug_in()
        event = await tool.event()
        assert event["triggerReason"] == "CablePluggedIn"
        assert event["transactionInfo"]["chargingState"] == "EVConnected"
        assert event["eventType"] == "Updated"
        event = await tool.event(90)
        assert event["triggerReason"] == "ChargingStateChanged"
        assert event["transactionInfo"]["chargingState"] == "Charging"
        assert event["eventType"] == "Updated"
        await rig.swipe()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E10.FR.02", "E10.FR.03")
def test_a_tethered_plug_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """TC_E_27_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, stop=["Authorized"])
        await tool.configure(TxCtrlr__StopTxOnEVSideDisconnect=False, TxCtrlr__EVConnectionTimeOut=40)
        await tool.energy_transfer_suspended()
        rig.plug_out()
        event = await tool.event()
        assert event["triggerReason"] == "EVCommunicationLost"
        assert event["transactionInfo"]["chargingState"] == "Idle"
        assert event["eventType"] == "Updated"
        event = await tool.event(60)
        assert event["triggerReason"] == "EVConnectTimeout"
        assert event["eventType"] == "Ended"
        assert event["transactionInfo"]["stoppedReason"] == "Timeout"
        await tool.status("Available")
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, config=TETHERED)


@pytest.mark.requirement("F01.FR.13", "F01.FR.25", "E02.FR.20")
def test_a_remote_start_for_the_ev_that_waits_is_part_of_its_transaction(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"], ["EVConnected"]).configure()
        await tool.ev_connected_pre_session()
        event = await tool.authorized(remote=True)
        assert event is not None
        assert event["transactionInfo"]["remoteStartId"] == 77
        charging = await tool.energy_transfer_started()
        assert "remoteStartId" not in charging["transactionInfo"]
        await tool.stop_authorized(remote=True)
        await tool.ev_connected_post_session()
        await tool.ev_disconnected()
        await settled(rig, tool)
        assert only_transaction(rig).stop_reason == "Remote"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E01.FR.17", "E02.FR.21", "E03.FR.11")
def test_the_begin_is_told_when_the_evse_is_known(tmp_path: Path) -> None:
    """TC_J_08_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, ["Authorized"], evse=2)
        await tool.configure()
        await rig.swipe()
        tool.is_authorized = True
        event = await tool.event()
        assert event["eventType"] == "Started"
        assert "evse" not in event
        assert "meterValue" not in event
        tool.has_token(event)
        await tool.ev_connected_pre_session()
        event = calls_of_station(rig, "TransactionEvent")[1]
        assert event["evse"] == {"id": 2, "connectorId": 1}
        await tool.energy_transfer_started()
        contexts = {sample["context"] for value in event["meterValue"] for sample in value["sampledValue"]}
        assert contexts == {"Transaction.Begin"}
        await settled(rig, tool)

    tell(tmp_path, "2.0.1", story, evses=2)


def test_a_transaction_that_began_with_the_ev_leaves_in_1_6_as_1_6_knows_it(tmp_path: Path) -> None:
    """Nothing is told before somebody is authorised, and the bill is whole."""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"], ["EVConnected"]).configure()
        rig.csms.go_offline()
        await rig.wait(2)
        rig.plug_in()
        await rig.wait(20)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.wait(30)
        await rig.swipe()
        await rig.until(lambda: not rig.is_live(), 20)
        rig.plug_out()
        await rig.wait(10)
        rig.plug_in()
        await rig.wait(10)
        rig.plug_out()
        await rig.wait(10)
        rig.csms.versions = ("ocpp1.6",)
        rig.csms.come_back()
        await all_told(rig)
        actions = rig.csms.actions()
        assert actions.count("StartTransaction") == actions.count("StopTransaction") == 1
        assert_all_billed(rig)
        assert only_transaction(rig).id_token == KNOWN_TOKEN
        assert not tool.is_started

    tell(tmp_path, "2.0.1", story, settings={"allow_offline_tx_for_unknown_id": "true"})


@pytest.mark.requirement("F03.FR.08")
def test_a_transaction_that_nobody_knows_cannot_be_stopped(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        answer = await ask(rig, "RequestStopTransaction", {"transactionId": "nobody-knows-it"})
        assert answer["status"] == "Rejected"

    tell(tmp_path, "2.0.1", story)
