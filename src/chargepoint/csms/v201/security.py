"""Block A: security events as the CSMS is told of them."""

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.reports import SecurityReport

LONGEST_TYPE = 50
LONGEST_TECH_INFO = 255


def security_event(report: SecurityReport) -> OutgoingCall:
    """SecurityEventNotification (A04)."""
    payload: JsonObject = {
        "type": report.event_type[:LONGEST_TYPE],
        "timestamp": write_time(report.stamp.utc),
    }
    if report.text:
        payload["techInfo"] = report.text[:LONGEST_TECH_INFO]
    return OutgoingCall("SecurityEventNotification", payload)
