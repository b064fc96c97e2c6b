"""Block P: DataTransfer. No vendor's extension of a CSMS is known to this station; its own host may send some."""

import json

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.model.data_transfer import DataTransferAnswer, status_of

LONGEST_VENDOR_ID = 255
LONGEST_MESSAGE_ID = 50


async def data_transfer(_payload: JsonObject) -> JsonObject:
    """P01.FR.06, P02: an unknown vendor."""
    return {"status": "UnknownVendorId"}


def data_transfer_call(vendor_id: str, message_id: str | None = None, data: str | None = None) -> OutgoingCall:
    """DataTransferRequest; ValueError when an identifier is too long to be said."""
    for name, text, longest in (
        ("vendorId", vendor_id, LONGEST_VENDOR_ID),
        ("messageId", message_id or "", LONGEST_MESSAGE_ID),
    ):
        if len(text) > longest:
            raise ValueError(f"{name}: at most {longest} characters, got {len(text)}")
    fields = {"vendorId": vendor_id, "messageId": message_id, "data": data}
    return OutgoingCall("DataTransfer", {name: value for name, value in fields.items() if value is not None})


def read_data_transfer(answer: JsonObject) -> DataTransferAnswer:
    """Data of any JSON type; lenient."""
    data = answer.get("data")
    text = data if isinstance(data, str) or data is None else json.dumps(data, ensure_ascii=False)
    return DataTransferAnswer(status_of(answer.get("status")), text)
