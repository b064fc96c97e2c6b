"""OCPP 2.0.1: what a station's requests are filed as, and what they are answered with. One table, action by action."""

from collections.abc import Callable

from dev_csms.desk import Desk
from dev_csms.promises import end_reservation, use_reservation
from dev_csms.records import Notification, StatusNote
from dev_csms.samples import register_readings
from dev_csms.transactions import FactKind, Reading, TransactionFact
from dev_csms.wire import Json, Version, parse_timestamp

Handler = Callable[[Desk, Json], Json]

OVER = frozenset({"Blocked", "Expired", "Invalid", "Unknown"})
"""What is said of the token of a contract that is none any more (C07.FR.13); no certificate is looked at."""
FACT_KIND = {"Started": FactKind.STARTED, "Updated": FactKind.UPDATED, "Ended": FactKind.ENDED}


def _authorize(desk: Desk, payload: Json) -> Json:
    desk.record.authorizations.append(Notification("Authorize", payload, desk.now))
    verdict = desk.tokens.answer(payload["idToken"]["idToken"], Version.V201)
    if "certificate" not in payload and "iso15118CertificateHashData" not in payload:
        return {"idTokenInfo": verdict}
    is_over = verdict["status"] in OVER
    return {"idTokenInfo": verdict, "certificateStatus": "ContractCancelled" if is_over else "Accepted"}


def _status_notification(desk: Desk, payload: Json) -> Json:
    note = StatusNote(
        evse_id=payload["evseId"],
        connector_id=payload["connectorId"],
        status=payload["connectorStatus"],
        error_code=None,
        timestamp=desk.read_time(payload["timestamp"]),
        received_at=desk.now,
    )
    desk.record.statuses.append(note)
    return {}


def _transaction_event(desk: Desk, payload: Json) -> Json:
    about = payload["transactionInfo"]
    token = payload.get("idToken", {}).get("idToken")
    readings = register_readings(payload.get("meterValue", []), Version.V201)
    kind = FACT_KIND[payload["eventType"]]
    is_new = desk.ledger.get(desk.record.station, about["transactionId"]) is None or kind is FactKind.UPDATED
    if "reservationId" in payload and is_new:
        use_reservation(desk.record, payload["reservationId"], desk.now)
    fact = TransactionFact(
        kind=kind,
        station=desk.record.station,
        transaction_id=about["transactionId"],
        received_at=desk.now,
        payload=payload,
        at=parse_timestamp(payload["timestamp"]),
        evse_id=payload.get("evse", {}).get("id"),
        id_token=token,
        energy_wh=boundary_energy_wh(kind, readings),
        readings=readings,
        sequence=payload["seqNo"],
        stop_reason=about.get("stoppedReason", "Local") if kind is FactKind.ENDED else None,  # absent means Local
    )
    desk.book(fact, Version.V201)
    prices = desk.prices.answer(kind)
    if token is None:
        return prices
    priority = desk.tokens.rule(token).transaction_priority
    own = {} if priority is None else {"chargingPriority": priority}
    return {"idTokenInfo": desk.tokens.answer(token, Version.V201), **own, **prices}


def boundary_energy_wh(kind: FactKind, readings: tuple[Reading, ...]) -> float | None:
    """The register at the start or end: the reading of that context, else the outermost; None if there is none."""
    if kind is FactKind.UPDATED or not readings:
        return None
    if kind is FactKind.STARTED:
        begin = [reading for reading in readings if reading.context == "Transaction.Begin"]
        return (begin or list(readings))[0].energy_wh
    end = [reading for reading in readings if reading.context == "Transaction.End"]
    return (end or list(readings))[-1].energy_wh


def _notify_report(desk: Desk, payload: Json) -> Json:
    desk.record.reports.setdefault(payload["requestId"], []).append(payload)
    for entry in payload.get("reportData", []):
        for attribute in entry["variableAttribute"]:
            if attribute.get("type", "Actual") == "Actual":
                desk.record.configuration[variable_name(entry)] = attribute.get("value")
    return {}


def variable_name(entry: Json) -> str:
    """`Component[.instance][#evse].Variable[.instance]` of anything that has a component and a variable."""
    component, variable = entry["component"], entry["variable"]
    name = str(component["name"])
    name += f".{component['instance']}" if "instance" in component else ""
    name += f"#{component['evse']['id']}" if "evse" in component else ""
    name += f".{variable['name']}"
    return name + (f".{variable['instance']}" if "instance" in variable else "")


def _meter_values(desk: Desk, payload: Json) -> Json:
    desk.record.loose_meter_values.append(Notification("MeterValues", payload, desk.now))
    return {}


def _reservation_status_update(desk: Desk, payload: Json) -> Json:
    desk.note_notification("ReservationStatusUpdate", payload)
    end_reservation(desk.record, payload["reservationId"], desk.now)
    return {}


def _answering(action: str, answer: Json) -> Handler:
    """File the request as a notification and give a constant answer."""

    def handle(desk: Desk, payload: Json) -> Json:
        desk.note_notification(action, payload)
        return answer

    return handle


HANDLERS: dict[str, Handler] = {
    "BootNotification": Desk.answer_boot,
    "Heartbeat": Desk.answer_heartbeat,
    "Authorize": _authorize,
    "StatusNotification": _status_notification,
    "TransactionEvent": _transaction_event,
    "NotifyReport": _notify_report,
    "MeterValues": _meter_values,
    "ReservationStatusUpdate": _reservation_status_update,
    "DataTransfer": _answering("DataTransfer", {"status": "UnknownVendorId"}),
    "SignCertificate": _answering("SignCertificate", {"status": "Accepted"}),
    "Get15118EVCertificate": _answering("Get15118EVCertificate", {"status": "Failed", "exiResponse": ""}),
    "GetCertificateStatus": _answering("GetCertificateStatus", {"status": "Failed"}),
    "NotifyEVChargingNeeds": _answering("NotifyEVChargingNeeds", {"status": "Rejected"}),
    "NotifyEVChargingSchedule": _answering("NotifyEVChargingSchedule", {"status": "Rejected"}),
}
