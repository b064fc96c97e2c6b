"""A vendor's own messages, from the station to the CSMS."""

import json
from pathlib import Path

import pytest

from chargepoint.model.data_transfer import DataTransfer, DataTransferStatus
from chargepoint.model.errors import CsmsError
from dev_csms.faults import CsmsFault, FaultKind
from scenarios.part6 import ask, read
from scenarios.stories import tell, under_both
from support.rig import Rig


def transfers(rig: Rig) -> list[dict[str, str]]:
    frames = [json.loads(frame.text) for frame in rig.csms.core.frames if frame.direction == "from_station"]
    return [frame[3] for frame in frames if frame[0] == 2 and frame[2] == "DataTransfer"]


@pytest.mark.requirement("P01.FR.05", "P01.FR.06")
def test_a_vendor_that_nobody_knows(tmp_path: Path) -> None:
    """TC_P_01_CS"""

    async def story(rig: Rig) -> None:
        answer = await ask(rig, "DataTransfer", {"vendorId": "org.openchargealliance.octt", "messageId": "Hello"})
        assert answer == {"status": "UnknownVendorId"}

    tell(tmp_path, "2.0.1", story)


def test_custom_data_is_passed_over(tmp_path: Path) -> None:
    """TC_P_03_CS, TC_P_04_CS"""
    custom = {"vendorId": "com.example", "more": {"than": ["we", "know"]}}

    async def story(rig: Rig) -> None:
        threshold = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
        wanted = threshold | {"attributeValue": "200", "attributeType": "Actual", "customData": custom}
        answer = await ask(rig, "SetVariables", {"setVariableData": [wanted], "customData": custom})
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
        assert await read(rig, "OCPPCommCtrlr", "OfflineThreshold") == "200"
        period = {"startPeriod": 0, "limit": 6.0, "numberPhases": 3, "customData": custom}
        schedule = {"id": 1, "chargingRateUnit": "A", "duration": 300, "chargingSchedulePeriod": [period]}
        profile = {
            "id": 7,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule | {"startSchedule": rig.utc_now().isoformat()}],
            "customData": custom,
        }
        answer = await ask(rig, "SetChargingProfile", {"evseId": 1, "chargingProfile": profile})
        assert answer["status"] == "Accepted"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.ocpp_1_6("DataTransfer")
@under_both
@pytest.mark.requirement("P02.FR.01", "P02.FR.04")
def test_a_vendor_s_message_is_answered_and_never_queued(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert rig.assembly is not None
        csms = rig.assembly.client
        answer = await csms.transfer_data(DataTransfer("com.example", "Hello", "world"))
        assert answer.status is DataTransferStatus.UNKNOWN_VENDOR_ID
        assert transfers(rig) == [{"vendorId": "com.example", "messageId": "Hello", "data": "world"}]
        with pytest.raises(CsmsError, match="vendorId"):
            await csms.transfer_data(DataTransfer("x" * 256))
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "DataTransfer"))
        with pytest.raises(CsmsError):
            await csms.transfer_data(DataTransfer("com.example"))
        rig.csms.go_offline()
        await rig.wait(5)
        with pytest.raises(CsmsError, match="no link"):
            await csms.transfer_data(DataTransfer("com.example"))
        rig.csms.come_back()
        await rig.wait(120)
        assert len(transfers(rig)) == 2
        await rig.charge(5)

    tell(tmp_path, version, story)
