"""OCPP 1.6: what a station's requests are filed as, and what they are answered with. One table, action by action."""

from collections.abc import Callable

from dev_csms.desk import Desk
from dev_csms.promises import use_reservation
from dev_csms.records import Notification, StatusNote
from dev_csms.samples import register_readings
from dev_csms.transactions import FactKind, TransactionFact
from dev_csms.wire import Json, Version, parse_timestamp

Handler = Callable[[Desk, Json], Json]


def _authorize(desk: Desk, payload: Json) -> Json:
    desk.record.authorizations.append(Notification("Authorize", payload, desk.now))
    return {"idTagInfo": desk.tokens.answer(payload["idTag"], Version.V16)}


def _status_notification(desk: Desk, payload: Json) -> Json:
    timestamp = desk.read_time(payload["timestamp"]) if "timestamp" in payload else None
    connector = payload["connectorId"]
    note = StatusNote(
        evse_id=connector,
        connector_id=1 if connector else 0,
        status=payload["status"],
        error_code=payload["errorCode"],
        timestamp=timestamp,
        received_at=desk.now,
    )
    desk.record.statuses.append(note)
    return {}


def _start_transaction(desk: Desk, payload: Json) -> Json:
    is_new = not desk.ledger.knows_start(desk.record.station, payload)
    transaction_id = desk.ledger.id_for_start(desk.record.station, payload)
    if is_new and "reservationId" in payload:
        use_reservation(desk.record, payload["reservationId"], desk.now)
    fact = TransactionFact(
        kind=FactKind.STARTED,
        station=desk.record.station,
        transaction_id=transaction_id,
        received_at=desk.now,
        payload=payload,
        at=parse_timestamp(payload["timestamp"]),
        evse_id=payload["connectorId"],
        id_token=payload["idTag"],
        energy_wh=float(payload["meterStart"]),
    )
    desk.book(fact, Version.V16)
    return {"transactionId": transaction_id, "idTagInfo": desk.tokens.answer(payload["idTag"], Version.V16)}


def _meter_values(desk: Desk, payload: Json) -> Json:
    if "transactionId" not in payload:
        desk.record.loose_meter_values.append(Notification("MeterValues", payload, desk.now))
        return {}
    fact = TransactionFact(
        kind=FactKind.UPDATED,
        station=desk.record.station,
        transaction_id=payload["transactionId"],
        received_at=desk.now,
        payload=payload,
        at=parse_timestamp(payload["meterValue"][-1]["timestamp"]) if payload["meterValue"] else None,
        evse_id=payload["connectorId"],
        readings=register_readings(payload["meterValue"], Version.V16),
    )
    desk.book(fact, Version.V16)
    return {}


def _stop_transaction(desk: Desk, payload: Json) -> Json:
    fact = TransactionFact(
        kind=FactKind.ENDED,
        station=desk.record.station,
        transaction_id=payload["transactionId"],
        received_at=desk.now,
        payload=payload,
        at=parse_timestamp(payload["timestamp"]),
        id_token=payload.get("idTag"),
        energy_wh=float(payload["meterStop"]),
        readings=register_readings(payload.get("transactionData", []), Version.V16),
        stop_reason=payload.get("reason", "Local"),  # 1.6: an absent reason means Local
    )
    desk.book(fact, Version.V16)
    return {"idTagInfo": desk.tokens.answer(payload["idTag"], Version.V16)} if "idTag" in payload else {}


def _data_transfer(desk: Desk, payload: Json) -> Json:
    desk.note_notification("DataTransfer", payload)
    return {"status": "UnknownVendorId"}


def _sign_certificate(desk: Desk, payload: Json) -> Json:
    desk.note_notification("SignCertificate", payload)
    return {"status": "Accepted"}


HANDLERS: dict[str, Handler] = {
    "BootNotification": Desk.answer_boot,
    "Heartbeat": Desk.answer_heartbeat,
    "Authorize": _authorize,
    "StatusNotification": _status_notification,
    "StartTransaction": _start_transaction,
    "MeterValues": _meter_values,
    "StopTransaction": _stop_transaction,
    "DataTransfer": _data_transfer,
    "SignCertificate": _sign_certificate,
}
