"""CustomerInformation where the disk does not answer (N09, N10)."""

from collections.abc import Sequence

import pytest

from chargepoint.csms.dialect import OutgoingCall
from chargepoint.csms.v201.customer_information import CustomerInformationBlock
from chargepoint.model.customers import CustomerRecord, CustomerReference
from chargepoint.model.errors import StorageError
from unit.csms.v201.fakes import FakeClock
from unit.csms.v201.schema_check import result_problems


class BrokenDisk:
    """Implements `CustomerPort`."""

    def __init__(self, *, can_read: bool) -> None:
        self._can_read = can_read

    async def find(self, customer: CustomerReference) -> Sequence[CustomerRecord]:
        if not self._can_read:
            raise StorageError("the disk is gone")
        return (CustomerRecord("authorization cache: Accepted", True),)

    async def clear(self, customer: CustomerReference) -> None:
        raise StorageError("the disk is full")


@pytest.mark.requirement("N09.FR.03", "N10.FR.05")
@pytest.mark.parametrize("can_read", [False, True])
async def test_what_can_not_be_done_now_is_rejected_and_nothing_is_told(can_read: bool) -> None:
    posted: list[OutgoingCall] = []
    block = CustomerInformationBlock(BrokenDisk(can_read=can_read), FakeClock(), posted.append)
    token = {"idToken": "04A2B3C4", "type": "ISO14443"}
    answer = await block.customer_information({"requestId": 1, "report": True, "clear": True, "idToken": token})
    assert result_problems("CustomerInformation", answer) == []
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InternalError")
    assert posted == []
