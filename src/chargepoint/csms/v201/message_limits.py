"""The station's own limits on what one message may ask for (DeviceDataCtrlr ItemsPerMessage, BytesPerMessage)."""

import json

from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject
from chargepoint.csms.v201.device_model import DeviceModel

CONTROLLER = "DeviceDataCtrlr"


def refuse_beyond_limits(model: DeviceModel, message: str, payload: JsonObject, items: int) -> None:
    """CallRefusedError past a limit that the device model states (B06.FR.16/17, B08.FR.17/18)."""
    most_items = model.whole_number(CONTROLLER, "ItemsPerMessage", message)
    if most_items is not None and items > most_items:
        raise CallRefusedError(
            ErrorCode.OCCURRENCE_CONSTRAINT,
            f"{message}: {items} items; at most {most_items} ({CONTROLLER}.ItemsPerMessage, instance {message})",
        )
    most_bytes = model.whole_number(CONTROLLER, "BytesPerMessage", message)
    if most_bytes is None:
        return
    length = len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
    if length > most_bytes:
        raise CallRefusedError(
            ErrorCode.FORMAT,
            f"{message}: {length} bytes; at most {most_bytes} ({CONTROLLER}.BytesPerMessage, instance {message})",
        )
