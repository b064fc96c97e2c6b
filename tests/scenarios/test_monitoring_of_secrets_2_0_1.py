"""A monitor on what nobody may read (N07), on real connections: passwords need a key store."""

from pathlib import Path
from typing import Any

import pytest

from dev_csms.gate import GateOptions
from scenarios.secured_files import OLD_KEY, password_file
from scenarios.secured_station import SecuredStation, Talk, secured_csms

PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
NEW_PASSWORD = "0123456789abcdef" * 2


def of_monitor(talk: Talk, monitor_id: int) -> list[dict[str, Any]]:
    told = [event for message in talk.told("NotifyEvent") for event in message["eventData"]]
    return [event for event in told if event.get("variableMonitoringId") == monitor_id]


@pytest.mark.requirement("N07.FR.10")
async def test_of_a_new_password_only_the_change_is_told(tmp_path: Path) -> None:
    """TC_N_48_CS"""
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments: dict[str, Any] = {
        "subprotocols": ("ocpp2.0.1",),
        "security_profile": 1,
        "basic_auth_password_file": password_file(tmp_path),
    }
    async with csms, SecuredStation(tmp_path, csms.url, **arguments):
        await talk.connections(1)
        wanted = {**PASSWORD, "type": "Delta", "value": 1.0, "severity": 5}
        answer = await talk.ask("SetVariableMonitoring", {"setMonitoringData": [wanted]})
        (result,) = answer["setMonitoringResult"]
        assert result["status"] == "Accepted"
        threshold = {**PASSWORD, "type": "UpperThreshold", "value": 1.0, "severity": 5}
        answer = await talk.ask("SetVariableMonitoring", {"setMonitoringData": [threshold]})
        assert answer["setMonitoringResult"][0]["status"] == "UnsupportedMonitorType"
        gate.accepted = NEW_PASSWORD.encode()
        change = {"setVariableData": [{**PASSWORD, "attributeValue": NEW_PASSWORD}]}
        assert (await talk.ask("SetVariables", change))["setVariableResult"][0]["attributeStatus"] == "Accepted"
        await talk.connections(2)
        await talk.until(lambda: len(of_monitor(talk, result["id"])) == 1)
        (event,) = of_monitor(talk, result["id"])
        assert (event["trigger"], event["actualValue"]) == ("Delta", "")
        assert {name: event[name] for name in PASSWORD} == PASSWORD
