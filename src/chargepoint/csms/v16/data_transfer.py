"""DataTransfer in both directions. Who speaks which vendorId is registered when the dialect is made."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from chargepoint.csms.dialect import DialectContext, JsonObject, OutgoingCall
from chargepoint.csms.v16.ci_string import CI_STRING_50, CI_STRING_255, same_for_all_cases
from chargepoint.csms.v16.handler import Handler, without_none
from chargepoint.model.data_transfer import DataTransferAnswer, DataTransferStatus, status_of

VendorHandler = Callable[[str | None, str | None], Awaitable[DataTransferAnswer]]
"""Called with messageId and data of one vendorId."""

R = TypeVar("R")

SENDS = frozenset({"DataTransfer"})


def routes(vendors: Mapping[str, VendorHandler]) -> Mapping[str, Handler]:
    """DataTransfer answered by the handler of its vendorId; UnknownVendorId, without data, where there is none.

    Both names are CiStrings (6.11): their case does not matter.
    """
    handlers = {same_for_all_cases(vendor_id): handler for vendor_id, handler in vendors.items()}

    async def data_transfer(_context: DialectContext, payload: JsonObject) -> JsonObject:
        vendor = handlers.get(same_for_all_cases(payload["vendorId"]))
        if vendor is None:
            return {"status": DataTransferStatus.UNKNOWN_VENDOR_ID.value}
        answer = await vendor(payload.get("messageId"), payload.get("data"))
        return without_none({"status": answer.status.value, "data": answer.data})

    return {"DataTransfer": data_transfer}


def reader_of(message_id: str | None, readers: Mapping[str, R]) -> R | None:
    """The one of this messageId, whatever the case of its letters."""
    wanted = same_for_all_cases(message_id or "")
    return next((reader for name, reader in readers.items() if same_for_all_cases(name) == wanted), None)


def data_transfer_call(vendor_id: str, message_id: str | None = None, data: str | None = None) -> OutgoingCall:
    """DataTransfer.req; ValueError when an identifier is too long to be said."""
    if len(vendor_id) > CI_STRING_255:
        raise ValueError(f"vendorId: at most {CI_STRING_255} characters, got {len(vendor_id)}")
    if message_id is not None and len(message_id) > CI_STRING_50:
        raise ValueError(f"messageId: at most {CI_STRING_50} characters, got {len(message_id)}")
    return OutgoingCall("DataTransfer", without_none({"vendorId": vendor_id, "messageId": message_id, "data": data}))


def read_data_transfer(answer: JsonObject) -> DataTransferAnswer:
    """A status that 1.6 does not know counts as Rejected."""
    data = answer.get("data")
    return DataTransferAnswer(status_of(answer.get("status")), data if isinstance(data, str) else None)
