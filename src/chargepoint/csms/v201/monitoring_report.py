"""Block N: GetMonitoringReport, answered at once and followed by NotifyMonitoringReport in parts (N02)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from chargepoint.charging.ports import Clock
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.monitoring_port import MonitoringPort
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.device_model import DeviceModel
from chargepoint.csms.v201.events import component_of, variable_of, write_component, write_variable_name
from chargepoint.csms.v201.message_limits import refuse_beyond_limits
from chargepoint.csms.v201.monitoring import KIND_NAME
from chargepoint.csms.v201.reporting import is_asked_for
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.monitoring import PERIODICS, THRESHOLDS, Monitor, MonitoredVariable, MonitorKind

VARIABLES_PER_PART = 20

CRITERION: Mapping[str, frozenset[MonitorKind]] = {
    "ThresholdMonitoring": THRESHOLDS,
    "DeltaMonitoring": frozenset({MonitorKind.DELTA}),
    "PeriodicMonitoring": PERIODICS,
}
MOST_CRITERIA = 3
UNKNOWN_CRITERION = answer("NotSupported", "InvalidValue")
"""N02.FR.02."""


class MonitoringReportBlock:
    """Tells the CSMS which monitors there are."""

    def __init__(
        self, monitoring: MonitoringPort, model: DeviceModel, clock: Clock, post: Callable[[OutgoingCall], None]
    ) -> None:
        self._monitoring = monitoring
        self._model = model
        self._clock = clock
        self._post = post

    async def get_monitoring_report(self, payload: JsonObject) -> JsonObject:
        """N02; what is absent matches everything."""
        wanted = payload.get("componentVariable", [])
        refuse_beyond_limits(self._model, "GetReport", payload, len(wanted))  # N02.FR.07
        criteria = payload.get("monitoringCriteria", list(CRITERION))
        kinds = frozenset(kind for criterion in criteria for kind in CRITERION[criterion])
        monitors = [each for each in self._monitoring.active() if each.kind in kinds and _is_wanted(each, wanted)]
        if not monitors:
            return answer("EmptyResultSet", "NotFound")
        for part in report_parts(payload["requestId"], monitors, self._clock.now().utc):
            self._post(part)
        return answer("Accepted")


def _is_wanted(monitor: Monitor, wanted: Sequence[JsonObject]) -> bool:
    component, variable = component_of(monitor.subject), variable_of(monitor.subject)
    return not wanted or any(is_asked_for(component, variable, item) for item in wanted)


def report_parts(request_id: int, monitors: Sequence[Monitor], utc: datetime) -> list[OutgoingCall]:
    """NotifyMonitoringReport: seqNo from 0, `tbc` in all but the last, one time for all."""
    gathered: dict[MonitoredVariable, list[Monitor]] = {}
    for monitor in monitors:
        gathered.setdefault(monitor.subject, []).append(monitor)
    wires = [_write_variable(subject, found) for subject, found in gathered.items()]
    starts = range(0, len(wires), VARIABLES_PER_PART)
    return [
        OutgoingCall(
            "NotifyMonitoringReport",
            {
                "requestId": request_id,
                "generatedAt": write_time(utc),
                "seqNo": number,
                "tbc": start != starts[-1],
                "monitor": wires[start : start + VARIABLES_PER_PART],
            },
        )
        for number, start in enumerate(starts)
    ]


def _write_variable(subject: MonitoredVariable, monitors: Sequence[Monitor]) -> JsonObject:
    """MonitoringDataType."""
    return {
        "component": write_component(component_of(subject)),
        "variable": write_variable_name(variable_of(subject)),
        "variableMonitoring": [
            {
                "id": monitor.monitor_id,
                "transaction": monitor.only_in_transaction,
                "value": monitor.value,
                "type": KIND_NAME[monitor.kind],
                "severity": monitor.severity,
            }
            for monitor in monitors
        ],
    }
