"""Block P: DataTransfer. No vendor's extension is known to this station."""

from chargepoint.csms.dialect import JsonObject


async def data_transfer(_payload: JsonObject) -> JsonObject:
    """P02.FR.06."""
    return {"status": "UnknownVendorId"}
