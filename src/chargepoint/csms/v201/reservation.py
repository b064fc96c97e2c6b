"""Block H: ReserveNow, CancelReservation, ReservationStatusUpdate."""

from datetime import datetime

from chargepoint.charging.commands import CancelReservation, Refusal, Reserve, Verdict, VerdictStatus
from chargepoint.charging.ports import StationPort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.authorization import read_token
from chargepoint.csms.v201.device_model import (
    Attribute,
    Characteristics,
    Component,
    DataType,
    ModelVariable,
    Mutability,
    Variable,
)
from chargepoint.csms.v201.places import Places
from chargepoint.csms.v201.wire_time import read_time
from chargepoint.model.reports import ReservationReport
from chargepoint.model.reservations import Reservation

REFUSED = {
    **dict.fromkeys(Refusal, "Rejected"),
    Refusal.OCCUPIED: "Occupied",
    Refusal.FAULTED: "Faulted",
    Refusal.UNAVAILABLE: "Unavailable",
}
"""ReserveNowStatusEnumType."""
CANCEL_STATUS = {
    **dict.fromkeys(VerdictStatus, "Rejected"),
    VerdictStatus.ACCEPTED: "Accepted",
}


class ReservationBlock:
    """Outlets kept for somebody by order of the CSMS."""

    def __init__(self, station: StationPort, places: Places) -> None:
        self._station = station
        self._places = places

    async def reserve_now(self, payload: JsonObject) -> JsonObject:
        """H01. The reservation is used as soon as its card is accepted (H03.FR.09)."""
        place = self._places.find_numbers(payload.get("evseId"))
        if place.unknown is not None:
            return answer("Rejected", place.unknown)
        token = read_token(payload["idToken"])
        if token is None or not token.value:
            return answer("Rejected", "InvalidIdToken", "idToken.idToken is empty")
        reservation = Reservation(
            payload["id"],
            token,
            _expiry(payload["expiryDateTime"]),
            place.evse_id,
            read_token(payload.get("groupIdToken")),
            payload.get("connectorType"),
            is_used_by_card=True,
        )
        return reservation_answer(await self._station.execute(Reserve(reservation)))

    async def cancel_reservation(self, payload: JsonObject) -> JsonObject:
        """H02. No ReservationStatusUpdate follows: the CSMS knows."""
        verdict = await self._station.execute(CancelReservation(payload["reservationId"]))
        status = CANCEL_STATUS[verdict.status]
        return answer(status) if status == "Accepted" else answer(status, "NotFound", verdict.reason)


def _expiry(text: object) -> datetime:
    try:
        return read_time(text)
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"expiryDateTime: {error}") from error


def reservation_answer(verdict: Verdict) -> JsonObject:
    if verdict.status is VerdictStatus.ACCEPTED:
        return answer("Accepted")
    status = "Rejected" if verdict.refusal is None else REFUSED[verdict.refusal]
    return answer(status, "Unspecified", verdict.reason)


def reservation_status_update(report: ReservationReport) -> OutgoingCall:
    """H01.FR.16, H01.FR.17, H04.FR.01."""
    payload = {"reservationId": report.reservation_id, "reservationUpdateStatus": report.end.value}
    return OutgoingCall("ReservationStatusUpdate", payload)


def reservation_variables() -> tuple[ModelVariable, ...]:
    """What is no setting: that outlets can be reserved."""
    attributes = {"Actual": Attribute(Mutability.READ_ONLY, _is_available)}
    boolean = Characteristics(DataType.BOOLEAN)
    return (ModelVariable(Component("ReservationCtrlr"), Variable("Available"), boolean, attributes),)


def _is_available(_snapshot: StationSnapshot, _utc: datetime) -> str:
    return "true"
