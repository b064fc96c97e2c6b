"""Block N: what monitors and faults tell, as NotifyEvent (N07, N08); how it spells places and kinds."""

from collections.abc import Mapping

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.device_model import Component, Variable
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.monitoring import EventSource, EventTrigger, MonitoredVariable, VariableEvent
from chargepoint.model.reports import EventReport, KeptEventReport

TRIGGER: Mapping[EventTrigger, str] = {
    EventTrigger.ALERTING: "Alerting",
    EventTrigger.DELTA: "Delta",
    EventTrigger.PERIODIC: "Periodic",
}
NOTIFICATION_TYPE: Mapping[EventSource, str] = {
    EventSource.HARD_WIRED_NOTIFICATION: "HardWiredNotification",
    EventSource.HARD_WIRED_MONITOR: "HardWiredMonitor",
    EventSource.PRECONFIGURED_MONITOR: "PreconfiguredMonitor",
    EventSource.CUSTOM_MONITOR: "CustomMonitor",
}


def notify_event(report: EventReport | KeptEventReport) -> OutgoingCall:
    """NotifyEvent. Each message is the first one of its events, and so has the number 0 (N07.FR.07, N08.FR.04)."""
    time = write_time(report.stamp.utc)
    payload: JsonObject = {
        "generatedAt": time,
        "seqNo": 0,
        "tbc": False,
        "eventData": [_write_event(event, time) for event in report.events],
    }
    return OutgoingCall("NotifyEvent", payload)


def _write_event(event: VariableEvent, time: str) -> JsonObject:
    wire: JsonObject = {
        "eventId": event.event_id,
        "timestamp": time,
        "trigger": TRIGGER[event.trigger],
        "actualValue": event.actual_value,
        "eventNotificationType": NOTIFICATION_TYPE[event.source],
        "component": write_component(component_of(event.subject)),
        "variable": write_variable_name(variable_of(event.subject)),
    }
    optional: JsonObject = {
        "cause": event.cause,
        "techCode": event.tech_code,
        "cleared": event.is_cleared or None,
        "transactionId": event.transaction_id,
        "variableMonitoringId": event.monitor_id,
    }
    return wire | {name: value for name, value in optional.items() if value is not None}


def subject_of(component: Component, variable: Variable) -> MonitoredVariable:
    return MonitoredVariable(
        component.name,
        variable.name,
        component.instance,
        component.evse_id,
        component.connector_id,
        variable.instance,
    )


def component_of(subject: MonitoredVariable) -> Component:
    return Component(subject.component, subject.component_instance, subject.evse_id, subject.connector_id)


def variable_of(subject: MonitoredVariable) -> Variable:
    return Variable(subject.variable, subject.variable_instance)


def write_component(component: Component) -> JsonObject:
    """ComponentType."""
    wire: JsonObject = {"name": component.name}
    if component.instance:
        wire["instance"] = component.instance
    if component.evse_id is not None:
        wire["evse"] = {"id": component.evse_id}
        if component.connector_id is not None:
            wire["evse"]["connectorId"] = component.connector_id
    return wire


def write_variable_name(variable: Variable) -> JsonObject:
    """VariableType."""
    return {"name": variable.name} | ({"instance": variable.instance} if variable.instance else {})
