"""Block L of OCPP 2.0.1 by the steps of part 6."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chargepoint.settings import catalogue
from scenarios.firmware_workshop import (
    Workshop,
    ask,
    at,
    refused,
    security_events,
    signed_request,
    signed_statuses,
    stranger,
    told,
)
from scenarios.stories import Operator
from support.rig import Rig
from support.virtual_time import run_virtual

Story = Callable[[Rig, Workshop], Awaitable[None]]
COURSE = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"]


def tell(directory: Path, story: Story, *, knows_manufacturer: bool = True, **options: Any) -> None:
    async def whole() -> None:
        shop = Workshop(directory)
        rig = Rig(directory, "2.0.1", **options)
        rig.firmware = shop.edge(knows_manufacturer=knows_manufacturer)
        async with rig:
            await rig.wait(2)
            await story(rig, shop)
            assert rig.csms.record.schema_errors == []

    run_virtual(whole())


async def update(rig: Rig, shop: Workshop, request_id: int = 7, **changes: Any) -> dict[str, Any]:
    return await ask(rig, "UpdateFirmware", signed_request(rig, shop, request_id, **changes))


async def status(rig: Rig, shop: Workshop, request_id: int = 7, **changes: Any) -> str:
    return str((await update(rig, shop, request_id, **changes))["status"])


@pytest.mark.requirement(
    "L01.FR.01", "L01.FR.04", "L01.FR.05", "L01.FR.09", "L01.FR.10", "L01.FR.12", "L01.FR.20", "L01.FR.21"
)
def test_a_revoked_signing_certificate_is_refused_as_such_and_told(tmp_path: Path) -> None:
    """2.0.1 has the word, and no requirement about it."""

    async def story(rig: Rig, shop: Workshop) -> None:
        shop.revoked.append(shop.signer)
        assert await status(rig, shop) == "RevokedCertificate"
        await rig.until(lambda: security_events(rig) == ["InvalidFirmwareSigningCertificate"], 10)
        assert shop.server.asked == []

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.28", "L01.FR.31", "L01.FR.32")
def test_a_signed_update_is_installed_and_each_status_tells_its_request(tmp_path: Path) -> None:
    """TC_L_01_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        past = {"installDateTime": at(rig, -7200), "retrieveDateTime": at(rig, -7200)}
        assert await update(rig, shop, firmware=past) == {"status": "Accepted"}
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig) == COURSE, 30)
        assert all(note["requestId"] == 7 for note in told(rig, "FirmwareStatusNotification"))
        await rig.until(lambda: security_events(rig) == ["FirmwareUpdated"], 10)
        assert shop.running() == "new"

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.16")
def test_the_installation_waits_for_its_time(tmp_path: Path) -> None:
    """TC_L_02_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        assert await status(rig, shop, firmware={"installDateTime": at(rig, 80)}) == "Accepted"
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallScheduled"], 30)
        await rig.wait(40)
        assert shop.running() == "old"
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig) == [*COURSE[:3], "InstallScheduled", *COURSE[3:]], 30)

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.13")
def test_the_download_waits_for_its_time(tmp_path: Path) -> None:
    """TC_L_03_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        assert await status(rig, shop, firmware={"retrieveDateTime": at(rig, 80)}) == "Accepted"
        await rig.until(lambda: signed_statuses(rig) == ["DownloadScheduled"], 5)
        await rig.wait(50)
        assert shop.server.asked == []
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig) == ["DownloadScheduled", *COURSE], 30)

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.02", "L01.FR.21", "L01.FR.22")
def test_a_signing_certificate_of_nobody_s_is_invalid(tmp_path: Path) -> None:
    """TC_L_05_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        answer = await update(rig, shop, firmware={"signingCertificate": stranger().pem})
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("InvalidCertificate", "InvalidCertificate")
        await rig.until(lambda: security_events(rig) == ["InvalidFirmwareSigningCertificate"], 10)
        assert shop.server.asked == []

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.03", "L01.FR.04")
def test_a_signature_that_does_not_fit_is_told(tmp_path: Path) -> None:
    """TC_L_06_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        assert await status(rig, shop, firmware={"signature": "MEUCIQ=="}) == "Accepted"
        await rig.until(lambda: signed_statuses(rig) == ["Downloading", "Downloaded", "InvalidSignature"], 30)
        await rig.until(lambda: security_events(rig) == ["InvalidFirmwareSignature"], 10)
        assert shop.running() == "old"

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.01", "L01.FR.30")
def test_a_download_that_never_works_is_told_after_the_last_attempt(tmp_path: Path) -> None:
    """TC_L_07_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        nowhere = {"location": "https://files.example/nothing.zip"}
        assert await status(rig, shop, retries=1, retryInterval=5, firmware=nowhere) == "Accepted"
        await rig.until(lambda: signed_statuses(rig) == ["Downloading", "DownloadFailed"], 60)
        assert len(shop.server.asked) == 2

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.29")
def test_a_file_that_is_no_bundle_of_this_product_is_told(tmp_path: Path) -> None:
    """TC_L_08_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        shop.signature = shop.publish(b"new", product="toaster")
        assert await status(rig, shop) == "Accepted"
        course = [*COURSE[:4], "InstallVerificationFailed"]
        await rig.until(lambda: signed_statuses(rig) == course, 30)
        await rig.wait(5)
        assert rig.csms.record.status(1) == "Available"
        assert shop.running() == "old"

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.24", "L01.FR.27")
def test_a_newer_request_takes_the_place_of_one_that_can_be_given_up(tmp_path: Path) -> None:
    """TC_L_10_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        assert await status(rig, shop, 7) == "Accepted"
        await rig.until(lambda: signed_statuses(rig, 7) == ["Downloading"], 5)
        assert await status(rig, shop, 8) == "AcceptedCanceled"
        await rig.until(lambda: signed_statuses(rig, 8)[-1:] == ["InstallRebooting"], 30)
        answer = await update(rig, shop, 9)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "FwUpdateInProgress")
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig, 8) == COURSE, 30)
        assert signed_statuses(rig, 9) == []
        await rig.until(lambda: security_events(rig) == ["FirmwareUpdated"], 10)

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.06", "L01.FR.07", "L01.FR.33", "L01.FR.34")
@pytest.mark.parametrize("may_begin", [True, False])
def test_the_installation_waits_for_transactions_and_new_ones_may_begin_where_the_csms_says_so(
    tmp_path: Path, may_begin: bool
) -> None:
    """TC_L_14_CS, TC_L_15_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        setting = catalogue.ALLOW_NEW_SESSIONS_PENDING_FIRMWARE_UPDATE
        assert await Operator(rig).change(setting, "true" if may_begin else "false") == "Accepted"
        await rig.charge(10)
        assert await status(rig, shop) == "Accepted"
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallScheduled"], 30)
        await rig.wait(10)
        assert rig.csms.record.status(2) == ("Available" if may_begin else "Unavailable")
        rig.plug_in(2)
        await rig.swipe("04BEEF01", evses=(2,))
        await rig.wait(10)
        assert rig.is_live(2) is may_begin
        await rig.swipe(evses=(1,))
        await rig.until(lambda: rig.snapshot(1).transaction is None, 60)
        rig.plug_out(1)
        if may_begin:
            await rig.wait(30)
            assert shop.departures == 0, "now the second one is waited for"
            await rig.swipe("04BEEF01", evses=(2,))
        rig.plug_out(2)
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig) == [*COURSE[:3], "InstallScheduled", *COURSE[3:]], 30)
        await rig.until(lambda: security_events(rig) == ["FirmwareUpdated"], 10)
        await rig.until(lambda: {rig.csms.record.status(n) for n in (1, 2)} == {"Available"}, 30)

    tell(tmp_path, story, evses=2)


def test_a_request_without_certificate_and_signature_is_rejected(tmp_path: Path) -> None:
    """TC_L_18_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        plain = {"location": "https://files.example/firmware.zip", "retrieveDateTime": at(rig, -7200)}
        answer = await ask(rig, "UpdateFirmware", {"requestId": 7, "firmware": plain})
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "MissingParam")
        for name, value in (("signature", shop.signature), ("signingCertificate", shop.signer.pem)):
            half = await ask(rig, "UpdateFirmware", {"requestId": 7, "firmware": {**plain, name: value}})
            assert half["status"] == "InvalidCertificate"
        odd = signed_request(rig, shop, firmware={"retrieveDateTime": "soon"})
        assert await refused(rig, "UpdateFirmware", odd) == "PropertyConstraintViolation"
        await rig.wait(10)
        assert shop.server.asked == []

    tell(tmp_path, story)


@pytest.mark.requirement("L02.FR.01", "L02.FR.02", "L02.FR.06", "L02.FR.14", "L02.FR.20", "L02.FR.21")
def test_where_no_signature_can_be_checked_a_plain_update_is_installed(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        plain = {"location": "https://files.example/firmware.zip", "retrieveDateTime": at(rig, -1)}
        assert await ask(rig, "UpdateFirmware", {"requestId": 3, "firmware": plain}) == {"status": "Accepted"}
        await shop.departs(rig)
        course = [word for word in COURSE if word != "SignatureVerified"]
        await rig.until(lambda: signed_statuses(rig, 3)[-1:] == ["Installed"], 30)
        assert [word for word in signed_statuses(rig, 3) if word != "InstallRebooting"] == [
            word for word in course if word != "InstallRebooting"
        ]

    tell(tmp_path, story, knows_manufacturer=False)


@pytest.mark.requirement("L01.FR.25", "L01.FR.26", "F06.FR.08", "F06.FR.16")
def test_a_trigger_is_answered_with_the_last_status_and_with_idle_after_installed(tmp_path: Path) -> None:
    """TC_F_19_CS"""

    async def story(rig: Rig, shop: Workshop) -> None:
        async def triggered() -> dict[str, Any]:
            before = len(told(rig, "FirmwareStatusNotification"))
            assert await Operator(rig).trigger("FirmwareStatusNotification") == "Accepted"
            await rig.until(lambda: len(told(rig, "FirmwareStatusNotification")) > before, 5)
            return told(rig, "FirmwareStatusNotification")[-1]

        assert await triggered() == {"status": "Idle"}
        assert await Operator(rig).trigger("PublishFirmwareStatusNotification") == "NotImplemented"
        await status(rig, shop)
        await rig.until(lambda: signed_statuses(rig) == ["Downloading"], 5)
        assert await triggered() == {"status": "Downloading", "requestId": 7}
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["Installed"], 30)
        assert await triggered() == {"status": "Idle"}
        for action, payload in (
            ("PublishFirmware", {"location": "http://x/", "checksum": "0" * 32, "requestId": 1}),
            ("UnpublishFirmware", {"checksum": "0" * 32}),
        ):
            assert await refused(rig, action, payload) in ("NotSupported", "NotImplemented")

    tell(tmp_path, story)
