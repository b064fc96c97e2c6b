"""Reservations are remembered as they were made, and forgotten when they are gone."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.charging.effects import RememberReservations
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reservations import Reservation
from chargepoint.model.tokens import IdToken
from unit.storage.station_life import MOMENT, NOON, TOKEN, open_inline

LATER = NOON + timedelta(hours=1)
ONE = Reservation(0, TOKEN, LATER, EvseId(1), IdToken("FLEET"), made_at=NOON)
ANY = Reservation(-5, IdToken("other"), LATER, connector_type="sType2", made_at=NOON)


async def recovered_after(path: Path, *steps: tuple[Reservation, ...]) -> set[Reservation]:
    storage = await open_inline(path)
    for reservations in steps:
        await storage.commit([RememberReservations(reservations)], MOMENT)
    await storage.close()
    again = await open_inline(path)
    await again.close()
    return set(again.recovered.reservations)


async def test_what_was_reserved_comes_back_and_what_ended_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert await recovered_after(path, (ONE, ANY)) == {ONE, ANY}
    assert await recovered_after(path, (ANY,)) == {ANY}
    assert await recovered_after(path, ()) == set()


async def test_one_that_can_not_be_read_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.db"
    await recovered_after(path, (ONE, ANY))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE reservations SET body = '{}' WHERE reservation_id = 0")
    connection.commit()
    connection.close()
    assert await recovered_after(path) == {ANY}
    assert "reservation 0 is left out" in caplog.text
