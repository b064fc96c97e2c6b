"""Firmware from the CSMS's request to the next start, and back again where it is not healthy."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from chargepoint.firmware.slots import Slots
from chargepoint.security.provisioned_files import read_revocation_file
from chargepoint.transfer.outcomes import TransferFault
from scenarios.firmware_workshop import (
    URL,
    Workshop,
    ask,
    at,
    plain_request,
    plain_statuses,
    refused,
    security_events,
    signed_request,
    signed_statuses,
    stranger,
)
from scenarios.stories import is_1_6, under_both
from support.rig import Rig
from support.virtual_time import run_virtual
from unit.security.authority import revoke

Story = Callable[[Rig, Workshop], Awaitable[None]]
PLAIN_COURSE = ["Downloading", "Downloaded", "Installing", "Installed"]
SIGNED_COURSE = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"]


def tell(
    directory: Path, story: Story, *, version: str = "1.6", knows_manufacturer: bool = True, **options: Any
) -> None:
    async def whole() -> None:
        shop = Workshop(directory)
        rig = Rig(directory, version, **options)
        rig.firmware = shop.edge(knows_manufacturer=knows_manufacturer)
        async with rig:
            await rig.wait(2)
            await story(rig, shop)

    run_virtual(whole())


def tell_plainly(directory: Path, story: Story, **options: Any) -> None:
    tell(directory, story, knows_manufacturer=False, **options)


@pytest.mark.ocpp_1_6("UpdateFirmware", "FirmwareStatusNotification")
def test_a_plain_update_is_installed_by_the_new_firmware_s_own_word(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        assert await ask(rig, "UpdateFirmware", plain_request(rig)) == {}
        await shop.departs(rig)
        assert shop.running() == "new"
        await rig.until(lambda: "Installed" in plain_statuses(rig), 30)
        assert plain_statuses(rig) == PLAIN_COURSE
        assert security_events(rig) == ["FirmwareUpdated"]
        assert Slots(shop.slots_dir).trial is None
        assert shop.left_over() == []
        assert "FirmwareManagement" in (await feature_profiles(rig))

    tell_plainly(tmp_path, story)


@under_both
def test_how_far_the_download_is_can_be_seen_while_it_runs(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        assert rig.assembly is not None
        shop.server.seconds = 60.0
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        await rig.until(lambda: signed_statuses(rig) == ["Downloading"], 10)
        size = len(shop.server.files[URL])
        transfers = rig.assembly.transfers
        assert [(each.what, each.done_bytes, each.total_bytes) for each in transfers()] == [
            ("download of update-1.bin", 0, None)
        ]
        await rig.wait(40)
        assert [(each.done_bytes, each.total_bytes) for each in transfers()] == [(size // 2, size)]
        await rig.until(lambda: "Downloaded" in signed_statuses(rig), 30)
        assert transfers() == []

    tell(tmp_path, story, version=version)


async def feature_profiles(rig: Rig) -> str:
    answer = await ask(rig, "GetConfiguration", {"key": ["SupportedFeatureProfiles"]})
    return str(answer["configurationKey"][0]["value"])


@pytest.mark.requirement("L01.FR.01", "L01.FR.04", "L01.FR.05", "L01.FR.10", "L01.FR.12", "L01.FR.15", "L01.FR.21")
@pytest.mark.ocpp_1_6("SignedUpdateFirmware", "SignedFirmwareStatusNotification")
def test_f06_f07_l01_fr_01_a_signed_update_tells_each_of_its_states_with_the_request_s_id(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        assert await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop)) == {"status": "Accepted"}
        await shop.departs(rig)
        await rig.until(lambda: "Installed" in signed_statuses(rig), 30)
        assert signed_statuses(rig) == SIGNED_COURSE
        assert plain_statuses(rig) == []
        assert security_events(rig) == ["FirmwareUpdated"]
        assert shop.running() == "new"

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.20")
def test_f10_l01_fr_20_where_signed_updates_can_be_checked_a_plain_one_is_not_supported(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        assert await refused(rig, "UpdateFirmware", plain_request(rig)) == "NotSupported"
        await rig.wait(30)
        assert shop.server.asked == []
        assert plain_statuses(rig) == []

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("SupportedFeatureProfiles")
def test_a_station_that_can_install_nothing_says_so_and_stays_connected(tmp_path: Path) -> None:
    async def whole() -> None:
        async with Rig(tmp_path, "1.6") as rig:
            await rig.wait(2)
            assert await refused(rig, "UpdateFirmware", plain_request(rig)) == "NotSupported"
            assert "FirmwareManagement" not in await feature_profiles(rig)
            assert await ask(rig, "TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}) == {
                "status": "NotImplemented"
            }
            await rig.wait(5)
            assert plain_statuses(rig) == []

    run_virtual(whole())


@pytest.mark.requirement("L01.FR.02", "L01.FR.23", "L01.FR.24")
def test_f01_l01_fr_24_a_stranger_s_signing_certificate_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        for pem in (stranger().pem, "no certificate", shop.root.pem + shop.signer.pem):
            wanted = signed_request(rig, shop, firmware={"signingCertificate": pem})
            assert await ask(rig, "SignedUpdateFirmware", wanted) == {"status": "InvalidCertificate"}
        await rig.wait(30)
        assert shop.server.asked == []
        assert signed_statuses(rig) == []
        await rig.until(lambda: security_events(rig) == ["InvalidFirmwareSigningCertificate"] * 3, 10)

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.02", "L01.FR.23", "L01.FR.25")
def test_f01_l01_fr_25_a_revoked_signing_certificate_is_refused_as_such_and_told(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        shop.revoked.append(shop.signer)
        answer = await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        assert answer["status"] == "RevokedCertificate"
        await rig.wait(30)
        assert shop.server.asked == []
        assert signed_statuses(rig) == []
        await rig.until(lambda: security_events(rig) == ["InvalidFirmwareSigningCertificate"], 10)
        shop.revoked.clear()
        assert (await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop)))["status"] == "Accepted"

    tell(tmp_path, story)


@pytest.mark.requirement("L01.FR.02", "L01.FR.23", "L01.FR.24", "L01.FR.25")
def test_f01_the_manufacturers_list_is_read_anew_and_without_it_nobody_is_believed(tmp_path: Path) -> None:
    """A file that station.toml names and that is not there might name the certificate."""
    listed = tmp_path / "revoked.pem"

    async def story(rig: Rig, shop: Workshop) -> None:
        async def answer() -> str:
            return str((await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop)))["status"])

        assert await answer() == "InvalidCertificate"
        listed.write_bytes(revoke(shop.root, shop.signer).public_bytes(Encoding.PEM))
        assert await answer() == "RevokedCertificate"
        listed.write_bytes(revoke(shop.root, stranger()).public_bytes(Encoding.PEM))
        assert await answer() == "Accepted"
        await rig.until(lambda: security_events(rig) == ["InvalidFirmwareSigningCertificate"] * 2, 10)

    async def whole() -> None:
        shop = Workshop(tmp_path)
        rig = Rig(tmp_path, "1.6")
        rig.firmware = replace(shop.edge(), revocation_lists=partial(read_revocation_file, listed))
        async with rig:
            await rig.wait(2)
            await story(rig, shop)

    run_virtual(whole())


@pytest.mark.requirement("L01.FR.03", "L01.FR.04", "L01.FR.09", "L01.FR.12")
@pytest.mark.parametrize("how", ["another file", "no signature", "a stranger's"])
@under_both
def test_f02_l01_fr_03_firmware_whose_signature_does_not_fit_is_never_installed(
    tmp_path: Path, version: str, how: str
) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        signature = {"another file": shop.signature, "no signature": "", "a stranger's": "MEUCIQ=="}[how]
        if how == "another file":
            shop.publish(b"evil")
        wanted = signed_request(rig, shop, firmware={"signature": signature})
        assert await ask(rig, "SignedUpdateFirmware", wanted) == {"status": "Accepted"}
        await rig.until(lambda: signed_statuses(rig) == ["Downloading", "Downloaded", "InvalidSignature"], 30)
        await rig.until(lambda: security_events(rig) == ["InvalidFirmwareSignature"], 10)
        await rig.wait(60)
        assert shop.departures == 0
        assert shop.running() == "old"
        assert shop.left_over() == []
        assert await available(rig)

    tell(tmp_path, story, version=version)


async def available(rig: Rig, evse: int = 1) -> bool:
    """By the last status that the CSMS was told."""
    return status_of(rig, evse) == "Available"


def status_of(rig: Rig, evse: int = 1) -> str:
    return [str(note.status) for note in rig.csms.record.statuses if note.evse_id == evse][-1]


@pytest.mark.requirement("L01.FR.13")
@under_both
def test_f03_l01_fr_13_the_download_waits_for_its_date_also_over_a_power_cut(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        wanted = signed_request(rig, shop, firmware={"retrieveDateTime": at(rig, 900)})
        assert await ask(rig, "SignedUpdateFirmware", wanted) == {"status": "Accepted"}
        await rig.until(lambda: signed_statuses(rig) == ["DownloadScheduled"], 10)
        await rig.rest(400)
        await shop.power_cut(rig)
        await rig.rest(400)
        assert shop.server.asked == []
        await rig.until(lambda: shop.server.asked == [URL], 200)
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig) == ["DownloadScheduled", *SIGNED_COURSE], 30)

    tell(tmp_path, story, version=version)


@pytest.mark.requirement("L01.FR.16", "L01.FR.17")
@under_both
def test_f03_l01_fr_16_the_installation_waits_for_its_date_also_over_a_power_cut(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        wanted = signed_request(rig, shop, firmware={"installDateTime": at(rig, 900)})
        assert await ask(rig, "SignedUpdateFirmware", wanted) == {"status": "Accepted"}
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallScheduled"], 30)
        await rig.wait(5)
        assert await available(rig), "until then the station is in use"
        await shop.power_cut(rig)
        await rig.charge(60)
        await rig.finish()
        await rig.rest(600)
        assert shop.running() == "old"
        await rig.until(lambda: shop.departures == 1, 400)
        await shop.restart(rig)
        await rig.until(lambda: "Installed" in signed_statuses(rig), 60)
        head, tail = SIGNED_COURSE[:3], SIGNED_COURSE[3:]
        assert signed_statuses(rig) == [*head, "InstallScheduled", *tail]
        assert shop.server.asked == [URL], "what was fetched is kept"

    tell(tmp_path, story, version=version)


def test_the_power_may_go_at_every_step_of_the_switch(tmp_path: Path) -> None:
    """After each of them the station starts, ends on the new firmware, and tells Installed once."""

    class PowerCutError(Exception):
        pass

    async def update(directory: Path, cut: int) -> list[str]:
        shop = Workshop(directory)
        steps: list[str] = []
        went = asyncio.Event()

        def watch(step: str) -> None:
            steps.append(step)
            if len(steps) == cut + 1:
                went.set()
                raise PowerCutError(step)

        shop.step_watch = watch
        rig = Rig(directory, "1.6")
        rig.firmware = shop.edge()
        async with rig:
            await rig.wait(2)
            await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
            await rig.until(lambda: went.is_set() or shop.departures > 0, 60)
            if went.is_set():
                await shop.power_cut(rig)
            for _ in range(3):
                if "Installed" not in signed_statuses(rig) and shop.departures > 0:
                    await shop.restart(rig)
                await rig.wait(20)
            assert signed_statuses(rig)[-1] == "Installed", (steps, signed_statuses(rig))
            assert signed_statuses(rig).count("Installed") == 1
            assert shop.running() == "new"
            assert Slots(shop.slots_dir).trial is None
            assert await available(rig)
        return steps

    def run(cut: int) -> list[str]:
        directory = tmp_path / f"cut-{cut}"
        directory.mkdir()
        return run_virtual(update(directory, cut))

    whole = run(10_000)
    assert len(whole) >= 7
    for cut in range(len(whole)):
        run(cut)


def test_a_failed_download_is_tried_again_as_often_as_the_csms_asks(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        shop.server.failures = [TransferFault.UNREACHABLE] * 2
        await ask(rig, "UpdateFirmware", plain_request(rig, retries=2, retryInterval=600))
        await rig.wait(60)
        assert len(shop.server.asked) == 1
        await shop.power_cut(rig)
        await rig.rest(600)
        assert len(shop.server.asked) == 2
        await rig.until(lambda: len(shop.server.asked) == 3, 700)
        await shop.departs(rig)
        await rig.until(lambda: plain_statuses(rig) == PLAIN_COURSE, 30)

    tell_plainly(tmp_path, story)


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [(TransferFault.NOT_FOUND, 3), (TransferFault.UNKNOWN_SCHEME, 1), (TransferFault.NO_SPACE, 3)],
)
def test_a_download_that_never_works_ends_in_download_failed(
    tmp_path: Path, fault: TransferFault, attempts: int
) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        shop.server.failures = [fault] * 10
        await ask(rig, "UpdateFirmware", plain_request(rig, retries=2, retryInterval=10))
        await rig.until(lambda: plain_statuses(rig) == ["Downloading", "DownloadFailed"], 120)
        await rig.wait(60)
        assert len(shop.server.asked) == attempts
        assert await available(rig)

    tell_plainly(tmp_path, story)


@pytest.mark.requirement("L01.FR.06", "L01.FR.07")
@under_both
def test_f04_l01_fr_07_the_installation_waits_for_transactions_and_what_is_idle_is_unavailable(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await rig.charge(30)
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallScheduled"], 30)
        await rig.until(lambda: status_of(rig, 2) == "Unavailable", 10)
        assert rig.is_live(1)
        rig.plug_in(2)
        await rig.swipe("04BEEF01", evses=(2,))
        await rig.wait(600)
        assert rig.snapshot(2).transaction is None, "nothing new starts"
        assert rig.is_live(1), "what runs goes on"
        assert shop.departures == 0
        await rig.swipe(evses=(1,))
        await rig.until(lambda: rig.snapshot(1).transaction is None, 60)
        rig.plug_out(1)
        rig.plug_out(2)
        await rig.until(lambda: status_of(rig, 1) == "Unavailable", 30)
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["Installed"], 30)
        await rig.until(lambda: status_of(rig, 1) == status_of(rig, 2) == "Available", 30)
        assert rig.bill_wh() > 0

    tell(tmp_path, story, version=version, evses=2)


@pytest.mark.requirement("L01.FR.17", "L01.FR.18", "L01.FR.19")
@under_both
def test_f04_l01_fr_18_an_installation_whose_date_has_come_waits_for_transactions_too(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await rig.charge(30)
        wanted = signed_request(rig, shop, firmware={"installDateTime": at(rig, 120)})
        await ask(rig, "SignedUpdateFirmware", wanted)
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallScheduled"], 60)
        await rig.wait(30)
        assert status_of(rig, 2) == "Available", "its time has not come"
        await rig.until(lambda: status_of(rig, 2) == "Unavailable", 200)
        await rig.wait(120)
        assert rig.is_live(1), "what runs goes on"
        assert shop.departures == 0
        await rig.swipe(evses=(1,))
        await rig.until(lambda: rig.snapshot(1).transaction is None, 60)
        rig.plug_out(1)
        await rig.until(lambda: status_of(rig, 1) == "Unavailable", 30)
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["Installed"], 30)

    tell(tmp_path, story, version=version, evses=2)


@pytest.mark.requirement("L01.FR.11", "L01.FR.12")
@pytest.mark.parametrize(("field", "most"), [("location", 512), ("signingCertificate", 5500), ("signature", 800)])
def test_f11_a_field_that_is_too_long_is_an_error_and_nothing_is_begun(tmp_path: Path, field: str, most: int) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        payload = signed_request(rig, shop, firmware={field: "x" * (most + 1)})
        answer = await rig.csms.call("SignedUpdateFirmware", payload, strict=False)
        assert answer.error is not None
        assert answer.error.code in ("PropertyConstraintViolation", "TypeConstraintViolation", "FormationViolation")
        await rig.wait(30)
        assert shop.server.asked == []
        assert (await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop)))["status"] == "Accepted"

    tell(tmp_path, story)


@under_both
def test_a_power_cut_while_it_waits_leaves_the_transaction_and_the_update_whole(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await rig.charge(30)
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallScheduled"], 30)
        await rig.drained()
        await shop.power_cut(rig)
        await rig.until(rig.is_live, 60, "the transaction goes on")
        assert shop.departures == 0
        await rig.finish()
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["Installed"], 30)
        assert signed_statuses(rig).count("InstallScheduled") == 1

    tell(tmp_path, story, version=version)


@pytest.mark.requirement("L01.FR.26")
@under_both
def test_f08_l01_fr_26_a_new_request_takes_the_place_of_one_that_is_under_way(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await rig.charge(30)
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop, 7))
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallScheduled"], 30)
        other = "https://files.example/nothing.zip"
        wanted = signed_request(rig, shop, 8, retries=0, firmware={"location": other})
        assert await ask(rig, "SignedUpdateFirmware", wanted) == {"status": "AcceptedCanceled"}
        await rig.until(lambda: signed_statuses(rig, 8) == ["Downloading", "DownloadFailed"], 60)
        await rig.finish()
        await rig.wait(60)
        assert shop.departures == 0, "the first one is given up for good"
        assert await available(rig)
        assert shop.left_over() == []

    tell(tmp_path, story, version=version)


@pytest.mark.requirement("L01.FR.27")
@under_both
def test_f08_l01_fr_27_firmware_on_its_way_in_is_not_given_up_and_the_station_is_not_reset(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallRebooting"], 30)
        assert (await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop, 8)))["status"] == "Rejected"
        assert (await ask(rig, "Reset", {"type": "Soft" if is_1_6(rig) else "OnIdle"}))["status"] == "Rejected"
        await shop.departs(rig)
        await rig.until(lambda: signed_statuses(rig) == SIGNED_COURSE, 30)
        assert (await ask(rig, "Reset", {"type": "Soft" if is_1_6(rig) else "OnIdle"}))["status"] == "Accepted"

    tell(tmp_path, story, version=version)


def test_a_plain_request_that_comes_too_late_is_answered_with_an_error(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await ask(rig, "UpdateFirmware", plain_request(rig))
        await rig.until(lambda: plain_statuses(rig)[-1:] == ["Installing"], 30)
        assert await refused(rig, "UpdateFirmware", plain_request(rig)) == "GenericError"
        await shop.departs(rig)
        await rig.until(lambda: plain_statuses(rig) == PLAIN_COURSE, 30)

    tell_plainly(tmp_path, story)


@pytest.mark.parametrize("spoil", ["product", "damage"])
def test_a_file_that_is_no_bundle_for_this_station_changes_nothing(tmp_path: Path, spoil: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        if spoil == "product":
            shop.publish(b"new", product="toaster")
        else:
            shop.server.files[URL] = shop.server.files[URL][:-40]
        await ask(rig, "UpdateFirmware", plain_request(rig))
        await rig.until(lambda: plain_statuses(rig)[-1:] == ["InstallationFailed"], 30)
        await rig.wait(30)
        assert shop.running() == "old"
        assert shop.departures == 0
        assert await available(rig)

    tell_plainly(tmp_path, story)


@under_both
def test_a_signed_file_that_is_no_bundle_ends_in_install_verification_failed(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        shop.signature = shop.publish(b"new", product="toaster")
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallVerificationFailed"], 30)
        assert shop.running() == "old"

    tell(tmp_path, story, version=version)


@under_both
def test_new_firmware_that_crashes_at_each_start_is_taken_back_and_said(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        await rig.until(lambda: shop.departures > 0, 60)
        await rig.stop_controller()
        seen = []
        for _ in range(4):  # the process dies before it has done anything
            Slots(shop.slots_dir).before_start()
            seen.append(shop.running())
        assert seen == ["new", "new", "new", "old"]
        await rig.start_controller()
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallationFailed"], 60)
        assert "Installed" not in signed_statuses(rig)
        assert "FirmwareUpdated" not in security_events(rig)
        await rig.until(lambda: status_of(rig) == "Available", 30)

    tell(tmp_path, story, version=version)


@under_both
def test_new_firmware_that_does_not_reach_the_csms_is_taken_back(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop))
        await rig.until(lambda: shop.departures > 0, 60)
        rig.csms.go_offline()
        await shop.restart(rig)
        assert shop.running() == "new"
        await rig.rest(800)
        assert shop.departures == 1
        await rig.until(lambda: shop.departures == 2, 200)
        rig.csms.come_back()
        await shop.restart(rig)
        assert shop.running() == "old"
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["InstallationFailed"], 120)

    tell(tmp_path, story, version=version)


@under_both
def test_what_happens_while_offline_is_told_in_order_afterwards(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        await ask(rig, "SignedUpdateFirmware", signed_request(rig, shop, firmware={"retrieveDateTime": at(rig, 60)}))
        await rig.until(lambda: signed_statuses(rig) == ["DownloadScheduled"], 10)
        rig.csms.go_offline()
        await rig.until(lambda: shop.departures > 0, 200)
        await shop.restart(rig)
        rig.csms.come_back()
        await rig.until(lambda: signed_statuses(rig) == ["DownloadScheduled", *SIGNED_COURSE], 300)

    tell(tmp_path, story, version=version)


@pytest.mark.ocpp_1_6("TriggerMessage")
def test_a_plain_trigger_is_answered_with_the_nearest_word_of_1_6(tmp_path: Path) -> None:
    async def story(rig: Rig, shop: Workshop) -> None:
        trigger = {"requestedMessage": "FirmwareStatusNotification"}

        async def plain() -> str:
            before = len(plain_statuses(rig))
            assert await ask(rig, "TriggerMessage", trigger) == {"status": "Accepted"}
            await rig.until(lambda: len(plain_statuses(rig)) > before, 5)
            return plain_statuses(rig)[-1]

        assert await plain() == "Idle"
        wanted = signed_request(rig, shop, retries=0, firmware={"location": "https://files.example/nothing.zip"})
        await ask(rig, "SignedUpdateFirmware", wanted)
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["Downloading"], 10)
        assert await plain() == "Downloading"
        await rig.until(lambda: signed_statuses(rig)[-1:] == ["DownloadFailed"], 30)
        assert await plain() == "Idle"

    tell(tmp_path, story)
