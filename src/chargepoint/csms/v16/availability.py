"""StatusNotification and ChangeAvailability."""

from collections.abc import Mapping

from chargepoint.charging.commands import ChangeAvailability, VerdictStatus
from chargepoint.csms.dialect import DialectContext, JsonObject, OutgoingCall
from chargepoint.csms.v16.ci_string import CI_STRING_50, cut
from chargepoint.csms.v16.handler import STATION_CONNECTOR, Handler, without_none
from chargepoint.csms.v16.status_projection import CONNECTOR_STATUS, LIST_CONFLICT, STATION_STATUS, error_code
from chargepoint.csms.v16.wire_time import write_time
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reports import StatusReport
from chargepoint.model.status import Availability

AVAILABILITY: Mapping[str, Availability] = {
    "Operative": Availability.OPERATIVE,
    "Inoperative": Availability.INOPERATIVE,
}

AVAILABILITY_STATUS: Mapping[VerdictStatus, str] = {
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.SCHEDULED: "Scheduled",
    VerdictStatus.REJECTED: "Rejected",
    VerdictStatus.UNKNOWN_TARGET: "Rejected",
    VerdictStatus.NOT_SUPPORTED: "Rejected",
    VerdictStatus.NOT_IMPLEMENTED: "Rejected",
    VerdictStatus.UNLOCKED: "Rejected",
    VerdictStatus.UNLOCK_FAILED: "Rejected",
    VerdictStatus.TRANSACTION_RUNNING: "Rejected",
}


def encode_status(report: StatusReport) -> OutgoingCall:
    """StatusNotification.req of one connector, or of the whole charge point (connectorId 0)."""
    words = STATION_STATUS if report.evse_id == STATION_CONNECTOR else CONNECTOR_STATUS
    payload = {
        "connectorId": report.evse_id,
        "errorCode": LIST_CONFLICT if report.is_list_conflict else error_code(report.status, report.fault),
        "info": cut(report.text, CI_STRING_50),
        "status": words[report.status],
        "timestamp": write_time(report.stamp.utc),
        "vendorErrorCode": None if report.fault is None else cut(report.fault.value, CI_STRING_50),
    }
    return OutgoingCall("StatusNotification", without_none(payload))


async def change_availability(context: DialectContext, payload: JsonObject) -> JsonObject:
    """connectorId 0 is the charge point with all its connectors (section 5.2)."""
    connector = payload["connectorId"]
    if connector != STATION_CONNECTOR and connector not in context.evse_ids:
        return {"status": "Rejected"}
    command = ChangeAvailability(
        availability=AVAILABILITY[payload["type"]],
        evse_id=None if connector == STATION_CONNECTOR else EvseId(connector),
        overrides_evses=connector == STATION_CONNECTOR,
    )
    verdict = await context.station.execute(command)
    return {"status": AVAILABILITY_STATUS[verdict.status]}


ROUTES: Mapping[str, Handler] = {"ChangeAvailability": change_availability}
SENDS = frozenset({"StatusNotification"})
