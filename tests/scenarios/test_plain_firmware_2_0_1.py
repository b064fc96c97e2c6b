"""L02 of OCPP 2.0.1: firmware without a signature, on a station that knows no manufacturer's root to check one by."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chargepoint.settings import catalogue
from scenarios.firmware_workshop import URL, Workshop, at, signed_statuses
from scenarios.stories import Operator, ask, calls_of_station
from support.rig import Rig
from support.virtual_time import run_virtual

Story = Callable[[Rig, Workshop], Awaitable[None]]
FETCHED = ["Downloading", "Downloaded"]
PLACED = ["Installing", "InstallRebooting", "Installed"]


def tell(directory: Path, story: Story, **options: Any) -> None:
    async def whole() -> None:
        shop = Workshop(directory)
        rig = Rig(directory, "2.0.1", **options)
        rig.firmware = shop.edge(knows_manufacturer=False)
        async with rig:
            await rig.wait(2)
            await story(rig, shop)
            assert rig.csms.record.schema_errors == []

    run_virtual(whole())


async def update(rig: Rig, number: int = 3, firmware: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    wanted = {"location": URL, "retrieveDateTime": at(rig, -1), **(firmware or {})}
    return await ask(rig, "UpdateFirmware", {"requestId": number, "firmware": wanted, **more})


async def is_told(rig: Rig, course: list[str], number: int = 3) -> None:
    await rig.until(lambda: signed_statuses(rig, number) == course, 60, f"{course}")


async def triggered(rig: Rig) -> dict[str, Any]:
    before = len(calls_of_station(rig, "FirmwareStatusNotification"))
    assert await Operator(rig).trigger("FirmwareStatusNotification") == "Accepted"
    await rig.until(lambda: len(calls_of_station(rig, "FirmwareStatusNotification")) > before, 5)
    return calls_of_station(rig, "FirmwareStatusNotification")[-1]


@pytest.mark.requirement("L02.FR.07", "L02.FR.10", "L02.FR.20", "L02.FR.21")
def test_download_and_installation_wait_for_their_times(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        times = {"retrieveDateTime": at(rig, 60), "installDateTime": at(rig, 120)}
        assert await update(rig, firmware=times) == {"status": "Accepted"}
        await rig.wait(50)
        assert signed_statuses(rig, 3) == ["DownloadScheduled"]
        await rig.wait(50)
        assert signed_statuses(rig, 3) == ["DownloadScheduled", *FETCHED, "InstallScheduled"]
        await shop.departs(rig)
        await is_told(rig, ["DownloadScheduled", *FETCHED, "InstallScheduled", *PLACED])
        assert shop.running() == "new"

    tell(tmp_path, story)


@pytest.mark.requirement("L02.FR.03", "L02.FR.04", "L02.FR.22", "L02.FR.23")
def test_it_waits_for_the_transaction_and_nothing_new_begins_meanwhile(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        setting = catalogue.ALLOW_NEW_SESSIONS_PENDING_FIRMWARE_UPDATE
        assert await Operator(rig).change(setting, "false") == "Accepted"
        await rig.charge(10)
        assert await update(rig) == {"status": "Accepted"}
        await is_told(rig, [*FETCHED, "InstallScheduled"])
        await rig.wait(30)
        assert rig.is_live(1)
        assert rig.csms.record.status(2) == "Unavailable"
        assert shop.departures == 0
        await rig.swipe(evses=(1,))
        await rig.until(lambda: rig.snapshot(1).transaction is None, 60)
        rig.plug_out(1)
        await shop.departs(rig)
        await is_told(rig, [*FETCHED, "InstallScheduled", *PLACED])
        await rig.until(lambda: {rig.csms.record.status(n) for n in (1, 2)} == {"Available"}, 30)

    tell(tmp_path, story, evses=2)


@pytest.mark.requirement("L02.FR.19")
def test_a_download_that_never_works_is_told_after_the_last_attempt(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        nowhere = {"location": "https://files.example/nothing.zip"}
        assert (await update(rig, firmware=nowhere, retries=2, retryInterval=5))["status"] == "Accepted"
        await is_told(rig, ["Downloading", "DownloadFailed"])
        assert len(shop.server.asked) == 3

    tell(tmp_path, story)


@pytest.mark.requirement("L02.FR.15", "L02.FR.18")
def test_a_newer_request_takes_the_place_of_one_that_can_be_given_up(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        assert await update(rig, 3, {"retrieveDateTime": at(rig, 3600)}) == {"status": "Accepted"}
        assert (await update(rig, 4))["status"] == "AcceptedCanceled"
        await rig.until(lambda: signed_statuses(rig, 4)[-1:] == ["InstallRebooting"], 30)
        assert (await update(rig, 5))["status"] == "Rejected"
        await shop.departs(rig)
        await is_told(rig, [*FETCHED, *PLACED], 4)
        assert signed_statuses(rig, 5) == []

    tell(tmp_path, story)


@pytest.mark.requirement("L02.FR.14", "L02.FR.16", "L02.FR.17", "F06.FR.08", "F06.FR.16")
def test_a_trigger_is_answered_with_the_last_status_and_with_idle_after_installed(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        assert await triggered(rig) == {"status": "Idle"}
        await update(rig)
        await is_told(rig, ["Downloading"])
        assert await triggered(rig) == {"status": "Downloading", "requestId": 3}
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig, 3)[-1:] == ["Installed"], 30)
        assert await triggered(rig) == {"status": "Idle"}

    tell(tmp_path, story)


@pytest.mark.requirement("B11.FR.01", "B11.FR.03", "B11.FR.06")
def test_a_reset_on_idle_waits_for_the_download_and_none_is_possible_while_firmware_is_installed(
    tmp_path: Path,
) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        shop.server.seconds = 60
        assert await update(rig, firmware={"installDateTime": at(rig, 600)}) == {"status": "Accepted"}
        await rig.wait(5)
        assert (await ask(rig, "Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
        await rig.wait(30)
        assert rig.restarts.kinds == []
        await rig.until(lambda: len(rig.restarts.kinds) == 1, 60, "the restart, when the file is there")
        assert signed_statuses(rig, 3) == [*FETCHED, "InstallScheduled"]
        await shop.restart(rig)
        await rig.until(lambda: signed_statuses(rig, 3)[-2:] == ["Installing", "InstallRebooting"], 700)
        assert (await ask(rig, "Reset", {"type": "OnIdle"}))["status"] == "Rejected"
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig, 3)[-1] == "Installed", 60)

    tell(tmp_path, story)
