"""The station's own limits on what one message may hold (ItemsPerMessage, BytesPerMessage of a controller)."""

import json

from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject
from chargepoint.csms.v201.device_model import DeviceModel

CONTROLLER = "DeviceDataCtrlr"


def refuse_beyond_limits(model: DeviceModel, message: str, payload: JsonObject, items: int) -> None:
    """CallRefusedError past a limit that the device model states (B06.FR.16/17, B08.FR.17/18)."""
    refuse_beyond(model, (CONTROLLER, message), payload, items)


def refuse_beyond(model: DeviceModel, limits: tuple[str, str | None], payload: JsonObject, items: int) -> None:
    """As above; `limits` is the component and the instance that the limits of this message are kept under."""
    component, instance = limits
    place = component if instance is None else f"{component}, instance {instance}"
    most_items = model.whole_number(component, "ItemsPerMessage", instance)
    if most_items is not None and items > most_items:
        raise CallRefusedError(
            ErrorCode.OCCURRENCE_CONSTRAINT, f"{items} items; at most {most_items} (ItemsPerMessage of {place})"
        )
    most_bytes = model.whole_number(component, "BytesPerMessage", instance)
    if most_bytes is None:
        return
    length = len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
    if length > most_bytes:
        raise CallRefusedError(ErrorCode.FORMAT, f"{length} bytes; at most {most_bytes} (BytesPerMessage of {place})")
