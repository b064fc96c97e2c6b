"""Messages for the display on the wire: what was set is told again, and every word has its counterpart."""

import pytest

from chargepoint.charging.commands import Refusal, Verdict, VerdictStatus
from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject
from chargepoint.csms.v201.display_messages import (
    MESSAGES_PER_PART,
    REASON_CODE,
    REFUSED,
    SET_STATUS,
    notify_display_messages,
    read_message,
    set_answer,
    write_message,
)
from chargepoint.model.display import MessageFormat, MessagePriority, MessageState

WHOLE: JsonObject = {
    "id": 7,
    "priority": "InFront",
    "state": "Charging",
    "startDateTime": "2026-03-01T12:00:00.000Z",
    "endDateTime": "2026-03-01T13:00:00.000Z",
    "transactionId": "abc-1",
    "message": {"format": "UTF8", "content": "Grüß Gott", "language": "de-AT"},
    "display": {"name": "Display"},
}
LEAST: JsonObject = {"id": 0, "priority": "NormalCycle", "message": {"format": "ASCII", "content": ""}}


@pytest.mark.parametrize("wire", [WHOLE, LEAST])
def test_a_message_is_told_as_it_was_set(wire: JsonObject) -> None:
    assert write_message(read_message(wire)) == wire


@pytest.mark.parametrize("field", ["priority", "state"])
def test_the_tables_of_words_are_total(field: str) -> None:
    words = {"priority": [each.value for each in MessagePriority], "state": [each.value for each in MessageState]}
    for word in words[field]:
        assert write_message(read_message(LEAST | {field: word}))[field] == word


def test_every_format_is_read() -> None:
    for each in MessageFormat:
        wire = LEAST | {"message": {"format": each.value, "content": "x"}}
        assert read_message(wire).format is each


@pytest.mark.parametrize("fields", [{"id": -1}, {"id": 2**31}, {"startDateTime": "soon"}, {"endDateTime": ""}])
def test_what_is_no_id_and_no_time_is_refused(fields: JsonObject) -> None:
    with pytest.raises(CallRefusedError) as refusal:
        read_message(LEAST | fields)
    assert refusal.value.code is ErrorCode.PROPERTY_CONSTRAINT


def test_the_parts_say_whether_more_come() -> None:
    messages = [read_message(LEAST | {"id": number}) for number in range(2 * MESSAGES_PER_PART + 1)]
    parts = [part.payload for part in notify_display_messages(9, messages)]
    assert [part["tbc"] for part in parts] == [True, True, False]
    assert [len(part["messageInfo"]) for part in parts] == [MESSAGES_PER_PART, MESSAGES_PER_PART, 1]


def test_every_verdict_has_an_answer() -> None:
    assert set(SET_STATUS) == set(VerdictStatus)
    assert set(REFUSED) == set(Refusal)
    assert set(REASON_CODE) == {*Refusal, None}
    assert set_answer(Verdict(VerdictStatus.ACCEPTED)) == {"status": "Accepted"}
    assert set_answer(Verdict(VerdictStatus.UNKNOWN_TARGET))["status"] == "UnknownTransaction"
    refused = Verdict(VerdictStatus.REJECTED, refusal=Refusal.UNSUPPORTED_FORMAT)
    assert set_answer(refused)["status"] == "NotSupportedMessageFormat"
