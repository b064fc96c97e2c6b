"""docs/monitoring.md: where each fault is told under 2.0.1, and which monitors a station with one EVSE comes with."""

from chargepoint.csms.v201.built_in_monitors import FAULT_TOLD, LOCK, FaultPlaces, built_in_monitors
from chargepoint.csms.v201.live_variables import EvseRating, Ratings
from chargepoint.csms.v201.monitoring import KIND_NAME
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.monitoring import MonitoredVariable, MonitorOrigin, Severity
from chargepoint.monitoring.monitor_set import MOST_CUSTOM_MONITORS

INTRODUCTION = f"""# OCPP 2.0.1: monitors and faults

What the CSMS is told by NotifyEvent. It may set {MOST_CUSTOM_MONITORS} monitors of its own on any variable that has an
Actual value (docs/device-model.md). An event of a severity number above the monitoring level is not told. While the
CSMS is away events of a number up to `offline_queuing_severity` are queued, and what is less severe is judged when it
is back. `monitoring_enabled` turns all of it off.

## Faults

Each is told when it comes and, with `cleared`, when it is gone; `techCode` is the fault's name. A fault of the station
as a whole has no EVSE. 1.6 tells faults by StatusNotification.

| fault | component | variable | severity | told as |
|---|---|---|---|---|
"""
MONITORS = """
## Monitors that the station comes with

For EVSE 1; the ids of another one are higher by ten for each EVSE. Preconfigured monitors can be replaced and cleared.

| id | component | variable | type | value | severity | active with the base |
|---|---|---|---|---|---|---|
"""
OF_STATION = (Fault.READER_SILENT, Fault.STORAGE_CORRUPT, Fault.STORAGE_FULL)
EXAMPLE = FaultPlaces(Ratings({1: EvseRating(phases=3, maximum_amps=32.0, has_meter=True)}, readers=("reader",)))


def table() -> str:
    monitors = sorted(built_in_monitors((1,)), key=lambda monitor: monitor.monitor_id)
    rows = []
    for monitor in monitors:
        bases = "All" if not monitor.is_factory_default else "All, FactoryDefault"
        cells = (
            str(monitor.monitor_id),
            component_text(monitor.subject),
            monitor.subject.variable,
            KIND_NAME[monitor.kind],
            f"{monitor.value:g}",
            _severity(monitor.severity),
            "every one (hard-wired)" if monitor.origin is MonitorOrigin.HARD_WIRED else bases,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return INTRODUCTION + "\n".join(map(_fault, Fault)) + "\n" + MONITORS + "\n".join(rows) + "\n"


def subject_of(fault: Fault) -> MonitoredVariable:
    """Where the fault is told at EVSE 1, or of the station as a whole."""
    place = EXAMPLE(fault, None if fault in OF_STATION else EvseId(1))
    return MonitoredVariable(LOCK, "Problem", evse_id=1, connector_id=1) if place is None else place.subject


def _fault(fault: Fault) -> str:
    subject = subject_of(fault)
    told_as = "HardWiredMonitor, Delta" if subject.component == LOCK else "HardWiredNotification, Alerting"
    severity = _severity(FAULT_TOLD[fault].severity)
    return f"| {fault} | {component_text(subject)} | {subject.variable} | {severity} | {told_as} |"


def component_text(subject: MonitoredVariable) -> str:
    place = "".join(f"/{number}" for number in (subject.evse_id, subject.connector_id) if number is not None)
    return subject.component + place + (f"[{subject.component_instance}]" if subject.component_instance else "")


def _severity(number: int) -> str:
    return f"{number} {Severity(number).name.lower().replace('_', ' ')}"
