"""A vendor's own messages, from the station to the CSMS."""

import json
from pathlib import Path

import pytest

from chargepoint.model.data_transfer import DataTransfer, DataTransferStatus
from chargepoint.model.errors import CsmsError
from dev_csms.faults import CsmsFault, FaultKind
from scenarios.stories import tell, under_both
from support.rig import Rig


def transfers(rig: Rig) -> list[dict[str, str]]:
    frames = [json.loads(frame.text) for frame in rig.csms.core.frames if frame.direction == "from_station"]
    return [frame[3] for frame in frames if frame[0] == 2 and frame[2] == "DataTransfer"]


@pytest.mark.ocpp_1_6("DataTransfer")
@under_both
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
