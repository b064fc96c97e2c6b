"""What a station has been given to keep: a local list and reservations, as far as its answers say. Both versions."""

from datetime import datetime

from dev_csms.records import Anomaly, AnomalyKind, StationRecord
from dev_csms.wire import Json


def learn(record: StationRecord, action: str, asked: Json, answered: Json) -> None:
    """A valid answer to an order of ours."""
    is_accepted = answered.get("status") == "Accepted"
    match action:
        case "SendLocalList" if is_accepted:
            record.local_list_version = asked.get("listVersion", asked.get("versionNumber"))
        case "GetLocalListVersion":
            record.local_list_version = answered.get("listVersion", answered.get("versionNumber"))
        case "ReserveNow" if is_accepted:
            record.reservations[int(asked["reservationId" if "reservationId" in asked else "id"])] = asked
        case "CancelReservation" if is_accepted:
            record.reservations.pop(asked["reservationId"], None)
        case _:
            pass


def end_reservation(record: StationRecord, reservation_id: int, now: datetime) -> None:
    """The station says that it has expired or was removed; of one that does not stand that is an anomaly."""
    if record.reservations.pop(reservation_id, None) is None:
        what = f"reservation {reservation_id} is told to be over, and it did not stand"
        record.anomalies.append(Anomaly(AnomalyKind.UNKNOWN_RESERVATION, record.station, now, what))


def use_reservation(record: StationRecord, reservation_id: int, now: datetime) -> None:
    """A transaction says that it ends a reservation; one that nobody made, or that was used before, is an anomaly."""
    if record.reservations.pop(reservation_id, None) is None:
        what = f"a transaction uses reservation {reservation_id}, which does not stand"
        record.anomalies.append(Anomaly(AnomalyKind.UNKNOWN_RESERVATION, record.station, now, what))
