"""One OCPP-J text as one line for a person: direction, action, the few fields that matter. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TO_CSMS = "→ CSMS"
TO_STATION = "← CSMS"
ARROWS = {"from_station": TO_CSMS, "to_station": TO_STATION}
ENERGY = "Energy.Active.Import.Register"
REMEMBERED_CALLS = 256

# Where an action's news is; id tokens are left out on purpose.
FIELDS: Mapping[str, Sequence[str]] = {
    "BootNotification": ("reason", "chargePointModel", "chargingStation.model"),
    "StatusNotification": ("evseId", "connectorId", "connectorStatus", "status", "errorCode"),
    "TransactionEvent": (
        "eventType",
        "triggerReason",
        "seqNo",
        "offline",
        "transactionInfo.chargingState",
        "transactionInfo.stoppedReason",
    ),
    "StartTransaction": ("connectorId", "meterStart"),
    "StopTransaction": ("transactionId", "meterStop", "reason"),
    "MeterValues": ("connectorId", "evseId", "transactionId"),
    "Authorize": (),
}
PLAIN_FIELDS = frozenset(
    {"eventType", "triggerReason", "chargingState", "stoppedReason", "connectorStatus", "status", "reason"}
)
"""Their words speak for themselves; the others are shown as name=value."""
ANSWER_FIELDS = ("status", "interval", "transactionId", "idTagInfo.status", "idTokenInfo.status")


@dataclass(frozen=True, slots=True)
class FrameLine:
    arrow: str
    action: str
    brief: str

    def __str__(self) -> str:
        return f"{self.arrow}  {self.action:<20} {self.brief}".rstrip()


class FrameReader:
    """Remembers which call an answer belongs to."""

    def __init__(self) -> None:
        self._actions: dict[str, str] = {}

    def line(self, direction: str, text: str) -> FrameLine:
        """Never raises: what is no OCPP-J message is shown as such."""
        arrow = ARROWS.get(direction, direction)
        match _parsed(text):
            case [2, str(message_id), str(action), dict(payload), *_]:
                self._remember(message_id, action)
                return FrameLine(arrow, action, _brief(payload, FIELDS.get(action)))
            case [3, str(message_id), dict(payload), *_]:
                return FrameLine(arrow, self._answered(message_id), _answer(payload))
            case [4, str(message_id), code, *rest]:
                return FrameLine(arrow, self._answered(message_id), f"CALLERROR {code} {' '.join(map(str, rest[:1]))}")
            case _:
                return FrameLine(arrow, "?", f"unreadable, {len(text)} characters")

    def _remember(self, message_id: str, action: str) -> None:
        self._actions[message_id] = action
        while len(self._actions) > REMEMBERED_CALLS:
            del self._actions[next(iter(self._actions))]

    def _answered(self, message_id: str) -> str:
        return f"{self._actions.get(message_id, 'answer')} ✓"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _brief(payload: Mapping[str, Any], wanted: Sequence[str] | None) -> str:
    paths = wanted if wanted is not None else [key for key, value in payload.items() if _is_plain(value)][:4]
    shown = [_shown(path, value) for path in paths if (value := _at(payload, path)) is not None]
    energy = _energy(payload)
    return " ".join([*shown, *([f"register={energy}"] if energy else [])])


def _answer(payload: Mapping[str, Any]) -> str:
    found = [(path, _at(payload, path)) for path in ANSWER_FIELDS]
    return " ".join(_shown(path, value) for path, value in found if value is not None)


def _shown(path: str, value: Any) -> str:
    name = path.rsplit(".", 1)[-1]
    return str(value) if name in PLAIN_FIELDS else f"{name}={value}"


def _at(payload: Mapping[str, Any], path: str) -> Any:
    value: Any = payload
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value if _is_plain(value) else None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _energy(payload: Mapping[str, Any]) -> str:
    """The newest energy register among the sampled values, as it was written."""
    rows = payload.get("meterValue") or payload.get("transactionData") or []
    found = ""
    for row in rows if isinstance(rows, list) else []:
        samples = row.get("sampledValue", []) if isinstance(row, dict) else []
        for sample in samples if isinstance(samples, list) else []:
            if isinstance(sample, dict) and sample.get("measurand", ENERGY) == ENERGY and "phase" not in sample:
                unit = sample.get("unit") or (sample.get("unitOfMeasure") or {}).get("unit") or "Wh"
                found = f"{sample.get('value')}{unit}"
    return found
