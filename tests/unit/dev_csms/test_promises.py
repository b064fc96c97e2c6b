"""What the CSMS knows a station to keep: its local list's version and its reservations."""

import json
from typing import Any

from dev_csms import AnomalyKind, CsmsCore, CsmsSession, Version
from unit.dev_csms.raw_station import start_16
from unit.dev_csms.teller import NOW

RESERVATION = {"connectorId": 1, "expiryDate": "2026-11-21T12:00:00Z", "idTag": "CARD1", "reservationId": 0}


def answered(session: CsmsSession, action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
    message_id, _ = session.make_call(action, payload)
    session.receive(json.dumps([3, message_id, answer]), NOW)


def start(session: CsmsSession, message_id: str, **fields: Any) -> None:
    session.receive(json.dumps([2, message_id, "StartTransaction", {**start_16(), **fields}]), NOW)


def test_a_list_version_is_what_was_accepted_or_said_last() -> None:
    session = CsmsSession(CsmsCore(), "CP1", Version.V16)
    record = session.core.station("CP1")
    answered(session, "SendLocalList", {"listVersion": 3, "updateType": "Full"}, {"status": "Accepted"})
    assert record.local_list_version == 3
    answered(session, "SendLocalList", {"listVersion": 4, "updateType": "Full"}, {"status": "Failed"})
    assert record.local_list_version == 3
    answered(session, "GetLocalListVersion", {}, {"listVersion": 0})
    assert record.local_list_version == 0


def test_a_reservation_stands_until_it_is_used_or_cancelled() -> None:
    session = CsmsSession(CsmsCore(), "CP1", Version.V16)
    record = session.core.station("CP1")
    record.is_boot_accepted = True
    answered(session, "ReserveNow", RESERVATION, {"status": "Occupied"})
    assert record.reservations == {}
    answered(session, "ReserveNow", RESERVATION, {"status": "Accepted"})
    assert set(record.reservations) == {0}
    start(session, "1", reservationId=0)
    start(session, "1", reservationId=0)
    assert (record.reservations, record.anomalies) == ({}, []), "the same request again uses nothing up"
    answered(session, "ReserveNow", RESERVATION, {"status": "Accepted"})
    answered(session, "CancelReservation", {"reservationId": 0}, {"status": "Accepted"})
    start(session, "2", reservationId=0, connectorId=2)
    assert record.anomaly_kinds() == [AnomalyKind.UNKNOWN_RESERVATION]
