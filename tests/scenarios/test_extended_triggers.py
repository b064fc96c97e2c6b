"""ExtendedTriggerMessage (1.6 whitepaper): what each message says while the station is idle and while it is busy."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dev_csms.faults import CsmsFault, FaultKind
from scenarios.firmware_workshop import Workshop, ask, plain_request, signed_request, signed_statuses
from scenarios.stories import calls_of_station, reconnect, start_offline
from support.file_transfer import FakeFileTransfer
from support.rig import Rig
from support.virtual_time import run_virtual

PROMISE_SECONDS = 5.0
LOG = {"remoteLocation": "https://files.example/logs"}
SIGNED_STATUS = "SignedFirmwareStatusNotification"
ACTION_OF = {"FirmwareStatusNotification": SIGNED_STATUS, "SignChargePointCertificate": "SignCertificate"}
Story = Callable[[Rig, Workshop], Awaitable[None]]


def tell(directory: Path, story: Story, *, knows_manufacturer: bool = True, **options: Any) -> None:
    async def whole() -> None:
        shop = Workshop(directory)
        shop.server.seconds = 60.0
        settings = {"organization_name": "Acme", **options.pop("settings", {})}
        transfer = FakeFileTransfer(takes_seconds=60.0)
        rig = Rig(directory, "1.6", has_key_store=True, file_transfer=transfer, settings=settings, **options)
        rig.firmware = shop.edge(knows_manufacturer=knows_manufacturer)
        async with rig:
            await rig.wait(5)
            await story(rig, shop)

    run_virtual(whole())


def sent(rig: Rig, action: str) -> list[dict[str, Any]]:
    return [dict(payload) for payload in calls_of_station(rig, action)]


async def triggered(rig: Rig, wanted: str, connector: int | None = None) -> dict[str, Any]:
    """What is on the wire within 5 s of Accepted."""
    action = ACTION_OF.get(wanted, wanted)
    before = len(sent(rig, action))
    request = {"requestedMessage": wanted} | ({} if connector is None else {"connectorId": connector})
    assert await ask(rig, "ExtendedTriggerMessage", request) == {"status": "Accepted"}
    await rig.until(lambda: len(sent(rig, action)) > before, PROMISE_SECONDS, wanted)
    return sent(rig, action)[before]


@pytest.mark.requirement("L01.FR.21", "L01.FR.28", "N01.FR.12", "A02.FR.02", "A02.FR.03")
@pytest.mark.ocpp_1_6("ExtendedTriggerMessage")
def test_f09_an_idle_station_says_that_it_is_idle(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        assert await triggered(rig, "FirmwareStatusNotification") == {"status": "Idle"}
        assert await triggered(rig, "LogStatusNotification") == {"status": "Idle"}
        assert await triggered(rig, "Heartbeat") == {}
        assert (await triggered(rig, "StatusNotification", 1))["status"] == "Available"
        values = await triggered(rig, "MeterValues", 1)
        assert "transactionId" not in values
        assert {each["context"] for each in values["meterValue"][0]["sampledValue"]} == {"Trigger"}
        first, second = [(await triggered(rig, "SignChargePointCertificate"))["csr"] for _ in range(2)]
        assert first.startswith("-----BEGIN CERTIFICATE REQUEST-----")
        assert first != second, "each with a new key"
        boot = await ask(rig, "ExtendedTriggerMessage", {"requestedMessage": "BootNotification"})
        assert boot == {"status": "Rejected"}, "once accepted: errata 3.35"

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.10", "L01.FR.21", "L01.FR.29", "N01.FR.07", "N01.FR.12")
@pytest.mark.ocpp_1_6("ExtendedTriggerMessage")
def test_f09_a_busy_station_says_with_what_and_by_whose_number(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await rig.charge(30)
        await ask(rig, "GetLog", {"logType": "DiagnosticsLog", "requestId": 5, "log": LOG})
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        await rig.until(lambda: signed_statuses(rig) == ["Downloading"], 10)
        await rig.until(lambda: bool(sent(rig, "LogStatusNotification")), 10)
        assert await triggered(rig, "FirmwareStatusNotification") == {"status": "Downloading", "requestId": 7}
        assert await triggered(rig, "LogStatusNotification") == {"status": "Uploading", "requestId": 5}
        assert (await triggered(rig, "StatusNotification", 1))["status"] == "Charging"
        assert isinstance((await triggered(rig, "MeterValues", 1))["transactionId"], int)
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallScheduled"], 90)
        assert await triggered(rig, "FirmwareStatusNotification") == {"status": "InstallScheduled", "requestId": 7}
        await rig.until(lambda: sent(rig, "LogStatusNotification")[-1]["status"] == "Uploaded", 90)
        assert await triggered(rig, "LogStatusNotification") == {"status": "Idle"}

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.28", "L01.FR.29")
@pytest.mark.ocpp_1_6("ExtendedTriggerMessage")
def test_f09_l01_fr_29_a_failed_update_is_told_again_and_an_installed_one_is_over(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        lost = signed_request(rig, shop, retries=0, firmware={"location": "https://files.example/nothing.zip"})
        await ask(rig, "SignedUpdateFirmware", lost)
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["DownloadFailed"], 90)
        assert await triggered(rig, "FirmwareStatusNotification") == {"status": "DownloadFailed", "requestId": 7}
        shop.server.seconds = 5.0
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop, 8))
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig, 8)[-1:] == ["Installed"], 30)
        assert await triggered(rig, "FirmwareStatusNotification") == {"status": "Idle"}

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.21")
@pytest.mark.ocpp_1_6("ExtendedTriggerMessage")
def test_of_an_update_without_a_number_nothing_is_said_in_the_message_of_the_signed_one(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await ask(rig, "UpdateFirmware", plain_request(rig))
        await rig.until(lambda: bool(sent(rig, "FirmwareStatusNotification")), 10)
        assert await triggered(rig, "FirmwareStatusNotification") == {"status": "Idle"}
        assert sent(rig, "FirmwareStatusNotification") == [{"status": "Downloading"}]

    tell(tmp_path, story, knows_manufacturer=False)


TRIGGERED = (
    ("FirmwareStatusNotification", None),
    ("Heartbeat", None),
    ("LogStatusNotification", None),
    ("MeterValues", 1),
    ("SignChargePointCertificate", None),
    ("StatusNotification", 1),
)


@pytest.mark.ocpp_1_6("ExtendedTriggerMessage")
def test_a_backlog_and_a_slow_csms_do_not_delay_what_was_promised(tmp_path: Path) -> None:
    """`triggered` has 5 s of patience."""

    async def story(rig: Rig, shop: Workshop) -> None:
        await start_offline(rig)
        await rig.wait(1200)
        rig.csms.core.faults.add(CsmsFault(kind=FaultKind.DELAY, count=None, seconds=1.0))
        await reconnect(rig)
        await rig.wait(15)
        assert (await rig.depth()).pending > 50, "the queue is long"
        for _ in range(2):
            for wanted, connector in TRIGGERED:
                await triggered(rig, wanted, connector)
        assert (await rig.depth()).pending > 20, "it was still long"

    tell(tmp_path, story, settings={"allow_offline_tx_for_unknown_id": "true"})
