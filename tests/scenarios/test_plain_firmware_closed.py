"""Once a root of the manufacturer has been known, `plain_requests` auto refuses a plain UpdateFirmware for ever."""

from pathlib import Path

import pytest

from scenarios.firmware_workshop import Workshop, ask, plain_request, refused
from support.rig import Rig
from support.virtual_time import run_virtual

MAKER = "ManufacturerRootCertificate"


@pytest.mark.ocpp_1_6("UpdateFirmware")
@pytest.mark.requirement("L01.FR.20")
def test_l01_fr_20_who_deletes_the_last_manufacturer_s_root_does_not_open_the_plain_way_again(tmp_path: Path) -> None:
    async def whole() -> None:
        shop = Workshop(tmp_path)
        rig = Rig(tmp_path, "1.6", has_key_store=True)
        rig.firmware = shop.edge(knows_manufacturer=False)
        async with rig:
            await rig.wait(2)
            assert await ask(rig, "UpdateFirmware", plain_request(rig, retrieveDate="2099-01-01T00:00:00Z")) == {}
            root = {"certificateType": MAKER, "certificate": shop.root.pem}
            assert await ask(rig, "InstallCertificate", root) == {"status": "Accepted"}
            assert await refused(rig, "UpdateFirmware", plain_request(rig)) == "NotSupported"
            listed = await ask(rig, "GetInstalledCertificateIds", {"certificateType": MAKER})
            (identity,) = listed["certificateHashData"]
            assert await ask(rig, "DeleteCertificate", {"certificateHashData": identity}) == {"status": "Accepted"}
            assert await refused(rig, "UpdateFirmware", plain_request(rig)) == "NotSupported"
            await rig.stop_controller()
            await rig.start_controller()
            await rig.wait(30)
            assert await refused(rig, "UpdateFirmware", plain_request(rig)) == "NotSupported"
            assert shop.server.asked == []

    run_virtual(whole())


@pytest.mark.requirement("L01.FR.20")
def test_l01_fr_20_a_root_that_was_taken_out_of_the_file_again_has_been_known(tmp_path: Path) -> None:
    async def whole() -> None:
        shop = Workshop(tmp_path)
        rig = Rig(tmp_path, "1.6", has_key_store=True)
        rig.firmware = shop.edge()
        async with rig:
            await rig.wait(2)
            await rig.stop_controller()
            rig.firmware = shop.edge(knows_manufacturer=False)
            await rig.start_controller()
            await rig.wait(30)
            assert await refused(rig, "UpdateFirmware", plain_request(rig)) == "NotSupported"

    run_virtual(whole())
