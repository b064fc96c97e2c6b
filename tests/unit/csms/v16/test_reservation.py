"""Reservations on the 1.6 wire."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chargepoint.charging.commands import CancelReservation, Refusal, Reserve, Verdict, VerdictStatus
from chargepoint.csms.dialect import CallRefusedError, Dialect, ErrorCode
from chargepoint.csms.v16.reservation import REFUSED, reservation_status
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reservations import Reservation
from chargepoint.model.tokens import IdToken, TokenKind
from unit.csms.v16.asking import status_of
from unit.csms.v16.fakes import Surroundings
from unit.csms.v16.schema_check import words

WIRE: dict[str, Any] = {
    "connectorId": 1,
    "expiryDate": "2026-05-01T14:00:00+01:00",
    "idTag": "CARD",
    "reservationId": 0,
}


async def test_a_reservation_reaches_the_core_with_every_field(dialect: Dialect, around: Surroundings) -> None:
    assert await status_of(dialect, "ReserveNow", {**WIRE, "parentIdTag": "FLEET"}) == "Accepted"
    assert await status_of(dialect, "ReserveNow", {**WIRE, "connectorId": 0, "reservationId": -7}) == "Accepted"
    card, fleet = IdToken("CARD", TokenKind.UNTYPED), IdToken("FLEET", TokenKind.UNTYPED)
    until = datetime(2026, 5, 1, 13, tzinfo=UTC)
    assert around.station.commands == [
        Reserve(Reservation(0, card, until, EvseId(1), fleet)),
        Reserve(Reservation(-7, card, until)),
    ]


@pytest.mark.parametrize("wrong", [{"connectorId": 3}, {"connectorId": -1}, {"expiryDate": "later"}])
async def test_what_makes_no_sense_is_an_error_by_name(
    dialect: Dialect, around: Surroundings, wrong: dict[str, Any]
) -> None:
    with pytest.raises(CallRefusedError, match=next(iter(wrong))) as refused:
        await dialect.serve("ReserveNow", {**WIRE, **wrong})
    assert refused.value.code is ErrorCode.PROPERTY_CONSTRAINT
    assert around.station.commands == []


def test_every_verdict_has_a_word() -> None:
    said = {reservation_status(Verdict(status)) for status in VerdictStatus}
    said |= {reservation_status(Verdict(VerdictStatus.REJECTED, refusal=refusal)) for refusal in Refusal}
    assert said == words("ReservationStatus")
    assert set(REFUSED) == set(Refusal)


async def test_a_cancellation_reaches_the_core(dialect: Dialect, around: Surroundings) -> None:
    assert await status_of(dialect, "CancelReservation", {"reservationId": 0}) == "Accepted"
    assert around.station.commands == [CancelReservation(0)]
