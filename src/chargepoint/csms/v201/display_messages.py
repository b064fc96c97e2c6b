"""Block O: SetDisplayMessage, GetDisplayMessages with NotifyDisplayMessages, ClearDisplayMessage."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from chargepoint.charging.commands import ClearMessage, Refusal, SetMessage, Verdict, VerdictStatus
from chargepoint.charging.message_desk import MOST_MESSAGES
from chargepoint.charging.ports import SettingsPort, StationPort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.device_model import Characteristics, Component, DataType, ModelVariable
from chargepoint.csms.v201.live_readers import BOOLEAN, TEXT, always, live
from chargepoint.csms.v201.personal_message import LONGEST_TEXT
from chargepoint.csms.v201.wire_time import read_time, write_time
from chargepoint.model.display import DisplayMessage, MessageFormat, MessagePriority, MessageState
from chargepoint.model.identifiers import TransactionId
from chargepoint.settings import catalogue

MESSAGES_PER_PART = 10
"""Keeps each NotifyDisplayMessages near 8 kB."""
LARGEST_ID = 2**31 - 1
CONTROLLER = Component("DisplayMessageCtrlr")
DISPLAY = Component("Display")
"""The one that the station has: its local page, and whatever shows the same."""
MESSAGE_COUNT = Characteristics(DataType.INTEGER, minimum=0, maximum=MOST_MESSAGES)
TEXT_SIZE = Characteristics(DataType.INTEGER, maximum=LONGEST_TEXT)

SET_STATUS: Mapping[VerdictStatus, str] = {
    **dict.fromkeys(VerdictStatus, "Rejected"),
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.UNKNOWN_TARGET: "UnknownTransaction",
}
"""DisplayMessageStatusEnumType."""
REFUSED: Mapping[Refusal, str] = {
    **dict.fromkeys(Refusal, "Rejected"),
    Refusal.UNSUPPORTED_FORMAT: "NotSupportedMessageFormat",
    Refusal.UNSUPPORTED_PRIORITY: "NotSupportedPriority",
}
REASON_CODE: Mapping[Refusal | None, str] = {
    **dict.fromkeys(Refusal, "InvalidValue"),
    None: "InvalidValue",
    Refusal.NOT_ENABLED: "NotEnabled",
    Refusal.TOO_MANY: "TooManyElements",
    Refusal.UNSUPPORTED_FORMAT: "UnsupportedParam",
    Refusal.UNSUPPORTED_PRIORITY: "UnsupportedParam",
}


class DisplayMessagesBlock:
    """Requests of the CSMS about the messages on the display."""

    def __init__(self, station: StationPort, post: Callable[[OutgoingCall], None]) -> None:
        self._station = station
        self._post = post

    async def set_display_message(self, payload: JsonObject) -> JsonObject:
        """O01, O02, O06."""
        wire = payload["message"]
        if not _is_ours(wire.get("display")):
            return answer("Rejected", "NotFound", f"the station has one display: {DISPLAY.name}")
        return set_answer(await self._station.execute(SetMessage(read_message(wire))))

    async def get_display_messages(self, payload: JsonObject) -> JsonObject:
        """O03, O04: without criteria all of them; the parts follow the answer."""
        ids = payload.get("id")
        if ids is not None and len(ids) > MOST_MESSAGES:
            raise CallRefusedError(
                ErrorCode.OCCURRENCE_CONSTRAINT, f"{len(ids)} ids; at most {MOST_MESSAGES} messages can be set"
            )
        found = [
            message
            for message in self._station.snapshot().display.messages
            if (ids is None or message.message_id in ids)
            and payload.get("priority", message.priority) == message.priority
            and payload.get("state", message.state) == message.state
        ]
        if not found:
            return answer("Unknown", "NotFound")
        for part in notify_display_messages(payload["requestId"], found):
            self._post(part)
        return answer("Accepted")

    async def clear_display_message(self, payload: JsonObject) -> JsonObject:
        """O05."""
        verdict = await self._station.execute(ClearMessage(payload["id"]))
        is_cleared = verdict.status is VerdictStatus.ACCEPTED
        return answer("Accepted") if is_cleared else answer("Unknown", "NotFound", verdict.reason)


def set_answer(verdict: Verdict) -> JsonObject:
    """The verdict on a SetDisplayMessage, with why not."""
    if verdict.status is VerdictStatus.ACCEPTED:
        return answer("Accepted")
    if verdict.status is VerdictStatus.UNKNOWN_TARGET:
        return answer(SET_STATUS[verdict.status], "UnknownTxId", verdict.reason)
    status = SET_STATUS[verdict.status] if verdict.refusal is None else REFUSED[verdict.refusal]
    return answer(status, REASON_CODE[verdict.refusal], verdict.reason)


def read_message(wire: JsonObject) -> DisplayMessage:
    """MessageInfoType; CallRefusedError for an id or a time that is none."""
    if not 0 <= wire["id"] <= LARGEST_ID:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"message.id: 0…{LARGEST_ID} is wanted")
    content, transaction_id = wire["message"], wire.get("transactionId")
    return DisplayMessage(
        message_id=wire["id"],
        priority=MessagePriority(wire["priority"]),
        content=content["content"],
        format=MessageFormat(content["format"]),
        language=content.get("language"),
        state=MessageState(wire["state"]) if "state" in wire else None,
        starts_at=_time(wire, "startDateTime"),
        ends_at=_time(wire, "endDateTime"),
        # identifierString ignores case
        transaction_id=None if transaction_id is None else TransactionId(str(transaction_id).lower()),
        display=DISPLAY.name if "display" in wire else None,
    )


def notify_display_messages(request_id: int, messages: Sequence[DisplayMessage]) -> list[OutgoingCall]:
    """The parts in order, `tbc` in all but the last (O03.FR.03, O03.FR.04)."""
    starts = range(0, len(messages), MESSAGES_PER_PART)
    return [
        OutgoingCall(
            "NotifyDisplayMessages",
            {
                "requestId": request_id,
                "tbc": start != starts[-1],
                "messageInfo": [write_message(each) for each in messages[start : start + MESSAGES_PER_PART]],
            },
        )
        for start in starts
    ]


def write_message(message: DisplayMessage) -> JsonObject:
    """MessageInfoType, as it was set."""
    content: JsonObject = {"format": message.format.value, "content": message.content}
    if message.language is not None:
        content["language"] = message.language
    wire: JsonObject = {"id": message.message_id, "priority": message.priority.value, "message": content}
    optional = {
        "state": None if message.state is None else message.state.value,
        "startDateTime": None if message.starts_at is None else write_time(message.starts_at),
        "endDateTime": None if message.ends_at is None else write_time(message.ends_at),
        "transactionId": message.transaction_id,
        "display": None if message.display is None else {"name": message.display},
    }
    return wire | {name: value for name, value in optional.items() if value is not None}


def display_variables(settings: SettingsPort) -> tuple[ModelVariable, ...]:
    """What is no setting: how many messages are set, and what the display says."""
    if not settings.get(catalogue.DISPLAY_MESSAGES_AVAILABLE):
        return ()
    return (
        live(CONTROLLER, "DisplayMessages", _count, MESSAGE_COUNT),
        live(CONTROLLER, "PersonalMessageSize", always(str(LONGEST_TEXT)), TEXT_SIZE),
        live(DISPLAY, "Available", always("true"), BOOLEAN),
        live(DISPLAY, "DataText", _text, TEXT),
    )


def _count(snapshot: StationSnapshot, _utc: datetime) -> str:
    return str(len(snapshot.display.messages))


def _text(snapshot: StationSnapshot, _utc: datetime) -> str | None:
    current = snapshot.display.current
    return None if current is None else current.content


def _is_ours(display: object) -> bool:
    """ComponentType, or its absence."""
    if not isinstance(display, dict):
        return True
    place = Component(display["name"], display.get("instance"), (display.get("evse") or {}).get("id"))
    return place.key == DISPLAY.key


def _time(wire: JsonObject, name: str) -> datetime | None:
    if name not in wire:
        return None
    try:
        return read_time(wire[name])
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"message.{name}: {error}") from error
