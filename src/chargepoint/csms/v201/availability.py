"""Block G: StatusNotification, ChangeAvailability. The fault itself is no part of a 2.0.1 status."""

from chargepoint.charging.commands import ChangeAvailability, VerdictStatus
from chargepoint.charging.ports import StationPort
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer, verdict_answer
from chargepoint.csms.v201.places import Places
from chargepoint.csms.v201.status_projection import CONNECTOR_STATUS, OPERATIONAL_STATUS
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.reports import StatusReport

CHANGE_AVAILABILITY_STATUS = {
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.SCHEDULED: "Scheduled",
    VerdictStatus.REJECTED: "Rejected",
    VerdictStatus.UNKNOWN_TARGET: "Rejected",
    VerdictStatus.NOT_SUPPORTED: "Rejected",
    VerdictStatus.NOT_IMPLEMENTED: "Rejected",
    VerdictStatus.UNLOCKED: "Rejected",
    VerdictStatus.UNLOCK_FAILED: "Rejected",
    VerdictStatus.TRANSACTION_RUNNING: "Scheduled",
}


def status_notification(report: StatusReport) -> OutgoingCall | None:
    """None for the station as a whole: 2.0.1 reports connectors only."""
    if report.evse_id == 0:
        return None
    return OutgoingCall(
        "StatusNotification",
        {
            "timestamp": write_time(report.stamp.utc),
            "connectorStatus": CONNECTOR_STATUS[report.status],
            "evseId": report.evse_id,
            "connectorId": report.connector_id,
        },
    )


class AvailabilityBlock:
    """Requests of the CSMS to take the station or a part of it in or out of service."""

    def __init__(self, station: StationPort, places: Places) -> None:
        self._station = station
        self._places = places

    async def change_availability(self, payload: JsonObject) -> JsonObject:
        """G03 for an EVSE or its connector, G04 without `evse`."""
        place = self._places.find(payload.get("evse"))
        if place.unknown is not None:
            return answer("Rejected", place.unknown)
        command = ChangeAvailability(OPERATIONAL_STATUS[payload["operationalStatus"]], place.evse_id)
        return verdict_answer(await self._station.execute(command), CHANGE_AVAILABILITY_STATUS)
