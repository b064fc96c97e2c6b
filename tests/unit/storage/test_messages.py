"""Messages for the display are remembered as they were set, in their order, and forgotten when they are gone."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.charging.effects import RememberMessages
from chargepoint.model.display import DisplayMessage, MessageFormat, MessagePriority, MessageState
from chargepoint.model.identifiers import TransactionId
from unit.storage.station_life import MOMENT, NOON, open_inline

PLAIN = DisplayMessage(2**31 - 1, MessagePriority.NORMAL_CYCLE, "Grüß Gott")
WHOLE = DisplayMessage(
    0,
    MessagePriority.IN_FRONT,
    "<b>now</b>",
    MessageFormat.HTML,
    "de-AT",
    MessageState.CHARGING,
    NOON,
    NOON + timedelta(hours=1),
    TransactionId("tx"),
    "Display",
)


async def recovered_after(path: Path, *steps: tuple[DisplayMessage, ...]) -> tuple[DisplayMessage, ...]:
    storage = await open_inline(path)
    for messages in steps:
        await storage.commit([RememberMessages(messages)], MOMENT)
    await storage.close()
    again = await open_inline(path)
    await again.close()
    return again.recovered.messages


async def test_what_was_set_comes_back_in_its_order_and_what_was_cleared_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert await recovered_after(path, (PLAIN, WHOLE)) == (PLAIN, WHOLE)
    assert await recovered_after(path, (WHOLE,)) == (WHOLE,)
    assert await recovered_after(path, ()) == ()


async def test_one_that_can_not_be_read_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.db"
    await recovered_after(path, (PLAIN, WHOLE))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE display_messages SET body = '{}' WHERE message_id = 0")
    connection.commit()
    connection.close()
    assert await recovered_after(path) == (PLAIN,)
    assert "message 0 for the display is left out" in caplog.text
