"""ReserveNow and CancelReservation (1.6 sections 5.1 and 5.13)."""

from collections.abc import Mapping

from chargepoint.charging.commands import CancelReservation, Refusal, Reserve, Verdict
from chargepoint.csms.dialect import CallRefusedError, DialectContext, ErrorCode, JsonObject
from chargepoint.csms.v16.authorization import token_of
from chargepoint.csms.v16.handler import ACCEPTED_OR_REJECTED, STATION_CONNECTOR, Handler
from chargepoint.csms.v16.wire_time import parse_time
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reservations import Reservation

REFUSED: Mapping[Refusal, str] = {
    **dict.fromkeys(Refusal, "Rejected"),
    Refusal.OCCUPIED: "Occupied",
    Refusal.FAULTED: "Faulted",
    Refusal.UNAVAILABLE: "Unavailable",
}
"""7.40."""


async def reserve_now(context: DialectContext, payload: JsonObject) -> JsonObject:
    """Connector 0 is no connector in particular; one that is not there is a CALLERROR, as in errata 3.39."""
    connector = payload["connectorId"]
    if connector != STATION_CONNECTOR and connector not in context.evse_ids:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"connectorId: there is no connector {connector}")
    try:
        expires_at = parse_time(payload["expiryDate"])
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"expiryDate: {error}") from error
    parent = payload.get("parentIdTag")
    reservation = Reservation(
        payload["reservationId"],
        token_of(payload["idTag"]),
        expires_at,
        None if connector == STATION_CONNECTOR else EvseId(connector),
        token_of(parent) if parent else None,
    )
    return {"status": reservation_status(await context.station.execute(Reserve(reservation)))}


def reservation_status(verdict: Verdict) -> str:
    return ACCEPTED_OR_REJECTED[verdict.status] if verdict.refusal is None else REFUSED[verdict.refusal]


async def cancel_reservation(context: DialectContext, payload: JsonObject) -> JsonObject:
    verdict = await context.station.execute(CancelReservation(payload["reservationId"]))
    return {"status": ACCEPTED_OR_REJECTED[verdict.status]}


ROUTES: Mapping[str, Handler] = {"ReserveNow": reserve_now, "CancelReservation": cancel_reservation}
