"""Resets of block B of OCPP 2.0.1 by the steps of part 6: of the station and of one EVSE."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from chargepoint.charging.commands import ResetKind
from scenarios.stories import Operator, all_told, ask, calls_of_station, only_transaction, tell
from support.file_transfer import FakeFileTransfer
from support.rig import KNOWN_TOKEN, Rig

OTHER_CARD = "04FFEEDD"


async def back_after_its_restart(rig: Rig, kind: ResetKind, reason: str) -> None:
    """It restarts once, says why in its one BootNotification, and has told every connector."""
    await rig.until(lambda: rig.restarts.kinds == [kind], 30, "the restart")
    await rig.stop_controller()
    await rig.start_controller()
    await rig.until(lambda: len(rig.csms.record.boots) == 2, 30, "the boot")
    await rig.wait(10)
    assert calls_of_station(rig, "BootNotification")[1]["reason"] == reason


def told_since_the_boot(rig: Rig) -> dict[int, str]:
    """The newest status of each EVSE's connector since the last BootNotification."""
    actions = rig.csms.actions()
    boot = len(actions) - 1 - actions[::-1].index("BootNotification")
    since = zip(actions[boot:], calls_of_station(rig)[boot:], strict=True)
    return {note["evseId"]: note["connectorStatus"] for action, note in since if action == "StatusNotification"}


async def charges(rig: Rig, evse: int, card: str) -> str:
    """Reusable state EnergyTransferStarted; the transaction's id."""
    rig.plug_in(evse)
    await rig.wait(1)
    await rig.swipe(card, evses=(evse,))
    await rig.until(partial(rig.is_live, evse), 30)
    return str(rig.csms.core.transactions[-1].transaction_id)


@pytest.mark.requirement("B11.FR.01", "B11.FR.03", "B11.FR.04", "B01.FR.03")
def test_an_idle_station_is_reset_and_tells_every_connector(tmp_path: Path) -> None:
    """TC_B_20_CS"""

    async def story(rig: Rig) -> None:
        assert await ask(rig, "Reset", {"type": "OnIdle"}) == {"status": "Accepted"}
        await back_after_its_restart(rig, ResetKind.ON_IDLE, "RemoteReset")
        assert told_since_the_boot(rig) == {1: "Available", 2: "Available"}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B11.FR.01", "B11.FR.02", "B11.FR.03", "B11.FR.04", "B01.FR.03", "B01.FR.07")
def test_a_connector_out_of_service_is_so_after_the_reset(tmp_path: Path) -> None:
    """TC_B_23_CS"""

    async def story(rig: Rig) -> None:
        assert await Operator(rig).make("Inoperative", 1) == "Accepted"
        assert await ask(rig, "Reset", {"type": "OnIdle"}) == {"status": "Accepted"}
        await back_after_its_restart(rig, ResetKind.ON_IDLE, "RemoteReset")
        assert told_since_the_boot(rig) == {1: "Unavailable", 2: "Available"}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B11.FR.01", "B11.FR.03", "B11.FR.04", "B11.FR.05", "B01.FR.03", "B01.FR.13")
def test_a_reserved_connector_is_reserved_after_the_reset(tmp_path: Path) -> None:
    """TC_B_24_CS"""

    async def story(rig: Rig) -> None:
        until = (rig.utc_now() + timedelta(hours=1)).isoformat()
        token = {"idToken": KNOWN_TOKEN, "type": "ISO14443"}
        wanted = {"id": 7, "expiryDateTime": until, "idToken": token, "evseId": 1}
        assert (await ask(rig, "ReserveNow", wanted))["status"] == "Accepted"
        assert await ask(rig, "Reset", {"type": "Immediate"}) == {"status": "Accepted"}
        await back_after_its_restart(rig, ResetKind.IMMEDIATE, "RemoteReset")
        assert told_since_the_boot(rig) == {1: "Reserved", 2: "Available"}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B11.FR.07")
def test_a_reserved_station_is_reset_on_idle_when_the_reservation_has_ended(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        until = (rig.utc_now() + timedelta(minutes=5)).isoformat()
        token = {"idToken": KNOWN_TOKEN, "type": "ISO14443"}
        wanted = {"id": 7, "expiryDateTime": until, "idToken": token, "evseId": 1}
        assert (await ask(rig, "ReserveNow", wanted))["status"] == "Accepted"
        answer = await ask(rig, "Reset", {"type": "OnIdle"})
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Scheduled", "Unspecified"), "nobody charges"
        await rig.wait(60)
        assert rig.restarts.kinds == []
        assert await ask(rig, "CancelReservation", {"reservationId": 7}) == {"status": "Accepted"}
        await back_after_its_restart(rig, ResetKind.SCHEDULED, "ScheduledReset")
        assert told_since_the_boot(rig) == {1: "Available", 2: "Available"}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B12.FR.01", "B12.FR.03", "B01.FR.03", "A04.FR.01")
def test_a_reset_on_idle_waits_for_the_transaction_and_says_that_it_was_scheduled(tmp_path: Path) -> None:
    """TC_B_21_CS"""

    async def story(rig: Rig) -> None:
        await charges(rig, 1, KNOWN_TOKEN)
        answer = await ask(rig, "Reset", {"type": "OnIdle"})
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Scheduled", "TxInProgress")
        await rig.wait(15)
        assert rig.restarts.kinds == []
        await rig.swipe(KNOWN_TOKEN, evses=(1,))
        await back_after_its_restart(rig, ResetKind.SCHEDULED, "ScheduledReset")
        assert told_since_the_boot(rig) == {1: "Occupied", 2: "Available"}
        events = [event["type"] for event in calls_of_station(rig, "SecurityEventNotification")]
        assert events[-2:] == ["ResetOrReboot", "StartupOfTheDevice"]
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "Local"

    tell(tmp_path, "2.0.1", story, evses=2, has_key_store=True)


@pytest.mark.requirement("B12.FR.01", "B12.FR.03")
def test_a_reset_on_idle_waits_for_every_transaction(tmp_path: Path) -> None:
    """TC_B_41_CS"""

    async def story(rig: Rig) -> None:
        first, second = [await charges(rig, evse, card) for evse, card in ((1, KNOWN_TOKEN), (2, OTHER_CARD))]
        assert (await ask(rig, "Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
        assert await Operator(rig).stop(first) == "Accepted"
        await rig.until(lambda: rig.snapshot(1).transaction is None, 30, "the first has ended")
        rig.plug_out(1)
        await rig.wait(15)
        assert rig.restarts.kinds == []
        assert await Operator(rig).stop(second) == "Accepted"
        await back_after_its_restart(rig, ResetKind.SCHEDULED, "ScheduledReset")
        assert told_since_the_boot(rig) == {1: "Available", 2: "Occupied"}
        await all_told(rig)
        assert {each.stop_reason for each in rig.csms.core.transactions} == {"Remote"}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B12.FR.02", "B12.FR.04", "B01.FR.03")
def test_an_immediate_reset_ends_the_transaction_and_says_why(tmp_path: Path) -> None:
    """TC_B_22_CS"""

    async def story(rig: Rig) -> None:
        await charges(rig, 1, KNOWN_TOKEN)
        assert await ask(rig, "Reset", {"type": "Immediate"}) == {"status": "Accepted"}
        await back_after_its_restart(rig, ResetKind.IMMEDIATE, "RemoteReset")
        assert told_since_the_boot(rig) == {1: "Occupied", 2: "Available"}
        await all_told(rig)
        assert_ended_by_reset(rig)

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B12.FR.02", "B12.FR.05")
def test_an_end_that_nobody_answers_before_the_reset_is_told_after_it(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charges(rig, 1, KNOWN_TOKEN)
        assert await ask(rig, "Reset", {"type": "Immediate"}) == {"status": "Accepted"}
        rig.csms.is_black_hole = True
        await rig.until(lambda: rig.restarts.kinds == [ResetKind.IMMEDIATE], 60, "the restart")
        assert rig.csms.core.transactions[0].is_running
        rig.csms.is_black_hole = False
        await back_after_its_restart(rig, ResetKind.IMMEDIATE, "RemoteReset")
        await all_told(rig)
        assert_ended_by_reset(rig)

    tell(tmp_path, "2.0.1", story)


def assert_ended_by_reset(rig: Rig) -> None:
    (ended,) = [event for event in calls_of_station(rig, "TransactionEvent") if event["eventType"] == "Ended"]
    assert ended["triggerReason"] == "ResetCommand"
    assert ended["transactionInfo"]["stoppedReason"] == "ImmediateReset"
    assert ended["transactionInfo"]["chargingState"] == "EVConnected"
    assert "idToken" not in ended
    assert only_transaction(rig).stop_reason == "ImmediateReset"


@pytest.mark.requirement("B11.FR.01", "B11.FR.08", "B11.FR.10")
def test_an_idle_evse_is_reset_alone(tmp_path: Path) -> None:
    """TC_B_25_CS"""

    async def story(rig: Rig) -> None:
        assert await ask(rig, "Reset", {"type": "OnIdle", "evseId": 2}) == {"status": "Accepted"}
        await rig.wait(2)
        assert (rig.csms.record.status(1), rig.csms.record.status(2)) == ("Available", "Unavailable")
        await rig.wait(6)
        assert rig.csms.record.status(2) == "Available"
        assert rig.restarts.kinds == []

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B12.FR.01", "B12.FR.07")
def test_a_busy_evse_is_reset_when_its_transaction_has_ended(tmp_path: Path) -> None:
    """TC_B_26_CS"""

    async def story(rig: Rig) -> None:
        await rig.charge(10)
        assert (await ask(rig, "Reset", {"type": "OnIdle", "evseId": 1}))["status"] == "Scheduled"
        await rig.wait(10)
        assert rig.is_live()
        await rig.swipe()
        await rig.until(lambda: rig.csms.record.status(1) == "Unavailable", 30, "the reset")
        await rig.wait(6)
        assert rig.csms.record.status(1) == "Occupied"
        rig.plug_out()
        await rig.wait(3)
        assert rig.csms.record.status(1) == "Available"
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "Local"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("B12.FR.02", "B12.FR.08")
def test_a_busy_evse_is_reset_at_once_and_its_transaction_ended(tmp_path: Path) -> None:
    """TC_B_27_CS"""

    async def story(rig: Rig) -> None:
        await rig.charge(10)
        assert await ask(rig, "Reset", {"type": "Immediate", "evseId": 1}) == {"status": "Accepted"}
        await rig.until(lambda: rig.csms.record.status(1) == "Unavailable", 30, "the reset")
        await all_told(rig)
        assert_ended_by_reset(rig)
        assert rig.restarts.kinds == []

    tell(tmp_path, "2.0.1", story)


async def is_scheduled(rig: Rig) -> None:
    """A reset on idle is asked for, and does not come yet."""
    assert (await ask(rig, "Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
    await rig.wait(10)
    assert rig.restarts.kinds == []


@pytest.mark.requirement("B11.FR.01", "B11.FR.03")
def test_a_reset_on_idle_waits_for_a_log_that_is_uploaded(tmp_path: Path) -> None:
    transfer = FakeFileTransfer(takes_seconds=60)

    async def story(rig: Rig) -> None:
        log = {"remoteLocation": "https://files.example/logs"}
        wanted = {"logType": "DiagnosticsLog", "requestId": 4, "log": log}
        assert (await ask(rig, "GetLog", wanted))["status"] == "Accepted"
        await is_scheduled(rig)
        await rig.until(lambda: bool(transfer.brought), 90, "the upload")
        await back_after_its_restart(rig, ResetKind.SCHEDULED, "ScheduledReset")
        assert [note["status"] for note in calls_of_station(rig, "LogStatusNotification")] == ["Uploading", "Uploaded"]

    tell(tmp_path, "2.0.1", story, file_transfer=transfer)


@pytest.mark.requirement("B11.FR.01", "B11.FR.03")
def test_a_reset_on_idle_waits_for_a_cable_that_is_locked(tmp_path: Path) -> None:
    settings = {
        "stop_transaction_on_ev_side_disconnect": "true",
        "unlock_connector_on_ev_side_disconnect": "false",
    }

    async def story(rig: Rig) -> None:
        await rig.charge(10)
        rig.plug_out(cable_stays=True)
        await rig.until(lambda: rig.snapshot().transaction is None, 30, "the end")
        await is_scheduled(rig)
        assert rig.truth()["locked"] is True
        await rig.swipe(KNOWN_TOKEN)
        await back_after_its_restart(rig, ResetKind.SCHEDULED, "ScheduledReset")
        await all_told(rig)

    tell(tmp_path, "2.0.1", story, settings=settings)


@pytest.mark.requirement("B11.FR.01", "B11.FR.07")
def test_a_reset_on_idle_waits_for_who_is_authorised_and_has_not_come_yet(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.swipe(KNOWN_TOKEN)
        assert (await ask(rig, "Reset", {"type": "OnIdle", "evseId": 1}))["status"] == "Scheduled"
        await is_scheduled(rig)
        rig.plug_in()
        await rig.until(rig.is_live, 30, "charging")
        await rig.wait(10)
        assert rig.restarts.kinds == []
        await rig.finish()
        await back_after_its_restart(rig, ResetKind.SCHEDULED, "ScheduledReset")
        await all_told(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("B12.FR.02")
def test_a_reset_that_waits_for_nobody_is_not_put_off_by_a_later_one_that_would_wait(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charges(rig, 1, KNOWN_TOKEN)
        assert await ask(rig, "Reset", {"type": "Immediate"}) == {"status": "Accepted"}
        assert await ask(rig, "Reset", {"type": "OnIdle"}) == {"status": "Accepted"}
        await back_after_its_restart(rig, ResetKind.IMMEDIATE, "RemoteReset")

    tell(tmp_path, "2.0.1", story)
