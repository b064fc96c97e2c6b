"""What the stories about monitors share: orders of the CSMS, its reports, and the events that it was told."""

from collections.abc import Sequence
from typing import Any

from scenarios.stories import calls_of_station
from support.rig import Rig

Wire = dict[str, Any]

POWER_LIMIT_WATTS = 3 * 32 * 230.0
"""EVSE.Power of a station of three phases and 32 A."""


async def ask(rig: Rig, action: str, payload: Wire) -> Wire:
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


def named(component: str, variable: str, evse: int | None = None, connector: int | None = None) -> Wire:
    place: Wire = {"name": component}
    if evse is not None:
        place["evse"] = {"id": evse} | ({} if connector is None else {"connectorId": connector})
    return {"component": place, "variable": {"name": variable}}


STATE_OF_STATION = named("ChargingStation", "AvailabilityState")
STATE_OF_EVSE = named("EVSE", "AvailabilityState", 1)
STATE_OF_CONNECTOR = named("Connector", "AvailabilityState", 1, 1)
POWER = named("EVSE", "Power", 1)
ENERGY = named("FiscalMetering", "EnergyImportRegister", 1)


def monitor(place: Wire, kind: str, value: float = 1.0, severity: int = 5, **more: Any) -> Wire:
    return {**place, "type": kind, "value": value, "severity": severity, **more}


async def set_monitors(rig: Rig, *monitors: Wire) -> list[Wire]:
    """The results, each of which repeats what it is about."""
    answer = await ask(rig, "SetVariableMonitoring", {"setMonitoringData": list(monitors)})
    results: list[Wire] = answer["setMonitoringResult"]
    repeated = ("type", "severity", "component", "variable")
    assert [{name: each[name] for name in repeated} for each in results] == [
        {name: each[name] for name in repeated} for each in monitors
    ]
    assert all(("id" in each) is (each["status"] == "Accepted") for each in results)
    return results


async def installed(rig: Rig, *monitors: Wire) -> list[int]:
    """The ids of monitors that are all accepted."""
    results = await set_monitors(rig, *monitors)
    assert [each["status"] for each in results] == ["Accepted"] * len(monitors), results
    return [int(each["id"]) for each in results]


async def clear(rig: Rig, *ids: int) -> list[str]:
    results = (await ask(rig, "ClearVariableMonitoring", {"id": list(ids)}))["clearMonitoringResult"]
    assert [each["id"] for each in results] == list(ids)
    return [each["status"] for each in results]


async def set_base(rig: Rig, base: str) -> Wire:
    return await ask(rig, "SetMonitoringBase", {"monitoringBase": base})


async def set_level(rig: Rig, severity: int) -> Wire:
    return await ask(rig, "SetMonitoringLevel", {"severity": severity})


async def report(rig: Rig, *places: Wire, criteria: Sequence[str] = ()) -> list[Wire]:
    """The rows of the whole report: component, variable, variableMonitoring; its parts must be in order."""
    before = len(calls_of_station(rig, "NotifyMonitoringReport"))
    wanted: Wire = {"requestId": 4711}
    wanted |= {"componentVariable": list(places)} if places else {}
    wanted |= {"monitoringCriteria": list(criteria)} if criteria else {}
    answer = await ask(rig, "GetMonitoringReport", wanted)
    if answer["status"] == "EmptyResultSet":
        assert answer["statusInfo"]["reasonCode"] == "NotFound"
        await rig.wait(2)
        assert len(calls_of_station(rig, "NotifyMonitoringReport")) == before
        return []
    assert answer == {"status": "Accepted"}

    def parts() -> list[Wire]:
        return calls_of_station(rig, "NotifyMonitoringReport")[before:]

    await rig.until(lambda: any(not part["tbc"] for part in parts()), 60, "the whole report")
    assert [part["seqNo"] for part in parts()] == list(range(len(parts())))
    assert {part["requestId"] for part in parts()} == {4711}
    assert all("generatedAt" in part for part in parts())
    return [row for part in parts() for row in part["monitor"]]


def monitors_in(rows: Sequence[Wire]) -> list[Wire]:
    return [each for row in rows for each in row["variableMonitoring"]]


def kinds_in(rows: Sequence[Wire]) -> set[str]:
    return {each["type"] for each in monitors_in(rows)}


def subjects_in(rows: Sequence[Wire]) -> set[tuple[str, str]]:
    return {(row["component"]["name"], row["variable"]["name"]) for row in rows}


def events(rig: Rig, monitor_id: int | None = None) -> list[Wire]:
    """Everything that the CSMS was told of, or by one monitor, in order."""
    messages = calls_of_station(rig, "NotifyEvent")
    assert {message["seqNo"] for message in messages} <= {0}
    found = [event for message in messages for event in message["eventData"]]
    assert len({event["eventId"] for event in found}) == len(found)
    return [event for event in found if monitor_id is None or event.get("variableMonitoringId") == monitor_id]


async def event_of(rig: Rig, monitor_id: int, number: int = 1, within_seconds: float = 30.0) -> Wire:
    """That event of a monitor, as soon as it was told."""
    await rig.until(
        lambda: len(events(rig, monitor_id)) >= number, within_seconds, f"event {number} of monitor {monitor_id}"
    )
    return events(rig, monitor_id)[number - 1]


async def get_variable(rig: Rig, component: str, variable: str) -> str:
    wanted = {"getVariableData": [named(component, variable)]}
    (result,) = (await ask(rig, "GetVariables", wanted))["getVariableResult"]
    assert result["attributeStatus"] == "Accepted", result
    return str(result["attributeValue"])


async def set_variable(rig: Rig, component: str, variable: str, value: str) -> str:
    wanted = {"setVariableData": [{**named(component, variable), "attributeValue": value}]}
    (result,) = (await ask(rig, "SetVariables", wanted))["setVariableResult"]
    return str(result["attributeStatus"])
