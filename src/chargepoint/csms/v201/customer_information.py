"""Block N: CustomerInformation, answered at once and followed by NotifyCustomerInformation in parts (N09, N10)."""

from collections.abc import Callable, Sequence
from datetime import datetime

from chargepoint.charging.ports import Clock
from chargepoint.csms.customer_port import CustomerPort
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.authorization import read_token
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.customers import CertificateReference, CustomerIdentifier, CustomerRecord, CustomerReference
from chargepoint.model.errors import StorageError

LONGEST_PART = 512
"""NotifyCustomerInformationRequest.data."""
CLEARED = "All that may be cleared of this customer is cleared."
REFERENCES = ("idToken", "customerCertificate", "customerIdentifier")


class CustomerInformationBlock:
    """What is stored of a customer, told and forgotten by order of the CSMS."""

    def __init__(self, customers: CustomerPort, clock: Clock, post: Callable[[OutgoingCall], None]) -> None:
        self._customers = customers
        self._clock = clock
        self._post = post

    async def customer_information(self, payload: JsonObject) -> JsonObject:
        """N09, N10. What is told is what was there before it was cleared (N10.FR.03)."""
        customer = read_reference(payload)
        if customer is None:
            return answer("Invalid", "InvalidValue", "one of " + ", ".join(REFERENCES) + " is wanted")  # N09.FR.09
        if not payload["report"] and not payload["clear"]:
            return answer("Rejected", "InvalidValue", "neither report nor clear is wanted")  # N09.FR.07
        try:
            records = await self._customers.find(customer)
            if payload["clear"]:
                await self._customers.clear(customer)
        except StorageError as error:
            return answer("Rejected", "InternalError", f"try again later: {error}")  # N09.FR.03, N10.FR.05
        text = told(records, is_cleared=payload["clear"]) if payload["report"] else CLEARED
        for part in information_parts(payload["requestId"], text, self._clock.now().utc):
            self._post(part)
        return answer("Accepted")


def read_reference(payload: JsonObject) -> CustomerReference | None:
    """None where nobody, or more than one, is named."""
    if sum(name in payload for name in REFERENCES) != 1:
        return None
    if "customerIdentifier" in payload:
        return CustomerIdentifier(payload["customerIdentifier"])
    if "customerCertificate" in payload:
        wire = payload["customerCertificate"]
        return CertificateReference(
            wire["hashAlgorithm"], wire["issuerNameHash"], wire["issuerKeyHash"], wire["serialNumber"]
        )
    return read_token(payload["idToken"])


def told(records: Sequence[CustomerRecord], *, is_cleared: bool) -> str:
    """One line for each; empty where nothing is stored (N09.FR.06)."""
    return "\n".join(record.what + _fate(record, is_cleared) for record in records)


def _fate(record: CustomerRecord, is_cleared: bool) -> str:
    if not is_cleared:
        return ""
    return " (cleared)" if record.can_be_cleared else " (kept)"


def information_parts(request_id: int, text: str, utc: datetime) -> list[OutgoingCall]:
    """seqNo from 0, `tbc` in all but the last; at least one."""
    starts = range(0, max(1, len(text)), LONGEST_PART)
    return [
        OutgoingCall(
            "NotifyCustomerInformation",
            {
                "requestId": request_id,
                "generatedAt": write_time(utc),
                "seqNo": number,
                "tbc": start != starts[-1],
                "data": text[start : start + LONGEST_PART],
            },
        )
        for number, start in enumerate(starts)
    ]
