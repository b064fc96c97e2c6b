"""Nonsense from the CSMS: answered with the right error of the version, and the link stays up."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.records import AnomalyKind
from scenarios.stories import Operator, all_told, is_1_6, only_transaction, tell, under_both
from support.rig import Rig
from support.virtual_time import run_virtual

DEEP = '[2,"deep","Reset",' + '{"a":' * 3000 + "1" + "}" * 3000 + "]"
NO_FRAMES = ["", "nonsense", "[]", "{}", '[2,"x"]', '[9,"x","Reset",{}]', '[3,"never-asked",{}]', "[2,7,8,9]", DEEP]


def errors_sent(rig: Rig) -> dict[str, str]:
    """CALLERROR codes that the station sent, by message id."""
    frames = [json.loads(frame.text) for frame in rig.csms.core.frames if frame.direction == "from_station"]
    return {frame[1]: frame[2] for frame in frames if frame[0] == 4}


async def say(rig: Rig, text: str) -> None:
    assert rig.csms.channel is not None
    rig.csms.channel.deliver(text)
    await rig.wait(0.5)


@under_both
def test_frames_without_sense_neither_close_the_link_nor_stop_a_session(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        for text in NO_FRAMES:
            await say(rig, text)
        assert len(rig.csms.record.connections) == 1
        assert rig.is_live()
        assert await Operator(rig).trigger("Heartbeat") == "Accepted"
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).has_ended

    tell(tmp_path, version, story, provoked=[AnomalyKind.UNEXPECTED_ANSWER])


@pytest.mark.parametrize("text", ["", "nonsense", '[2,7,"Reset",{"type":', DEEP.replace('"deep"', "7")])
def test_what_can_not_be_read_at_all_is_no_request_of_2_0_1(tmp_path: Path, text: str) -> None:
    async def story(rig: Rig) -> None:
        await say(rig, text)
        assert errors_sent(rig) == {"-1": "RpcFrameworkError"}
        assert len(rig.csms.record.connections) == 1

    tell(tmp_path, "2.0.1", story, provoked=[AnomalyKind.UNEXPECTED_ANSWER])


CASES: list[tuple[str, Any, str, str]] = [
    ("NoSuchAction", {}, "NotImplemented", "NotImplemented"),
    ("Heartbeat", {}, "NotSupported", "NotSupported"),
    ("Reset", {"type": 5}, "TypeConstraintViolation", "TypeConstraintViolation"),
    ("Reset", {"type": "Sideways"}, "PropertyConstraintViolation", "PropertyConstraintViolation"),
    ("Reset", {}, "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    ("Reset", [], "FormationViolation", "FormatViolation"),
]


@under_both
@pytest.mark.parametrize(("action", "payload", "in_1_6", "in_2_0_1"), CASES)
def test_a_request_outside_its_schema_gets_the_error_of_the_version(
    tmp_path: Path, version: str, action: str, payload: Any, in_1_6: str, in_2_0_1: str
) -> None:
    async def story(rig: Rig) -> None:
        await say(rig, json.dumps([2, "bad-1", action, payload]))
        assert errors_sent(rig)["bad-1"] == (in_1_6 if is_1_6(rig) else in_2_0_1)
        assert rig.restarts.kinds == []
        assert await Operator(rig).trigger("Heartbeat") == "Accepted"

    tell(tmp_path, version, story, provoked=[AnomalyKind.UNEXPECTED_ANSWER])


ID_TAG_OF_21 = {"connectorId": 1, "idTag": "X" * 21}
KEYS_1_TO_101 = {"key": [f"Key{number}" for number in range(101)]}
CASES_OF_1_6: list[tuple[str, str]] = [
    ('[2,"bad-1","Unheard",{}]', "NotImplemented"),
    ('[2,"bad-1","reset",{"type":"Soft"}]', "NotImplemented"),
    ('[2,"bad-1","BootNotification",{}]', "NotSupported"),
    ('[2,"bad-1","StatusNotification",{}]', "NotSupported"),
    ('[2,"bad-1","Reset"]', "ProtocolError"),
    ('[2,"bad-1","Reset",{"type":"Soft"},1]', "FormationViolation"),
    ('[2,"bad-1","Reset",{"type":"Soft"', "FormationViolation"),
    ('[2,"bad-1","Reset","Soft"]', "FormationViolation"),
    ('[2,"bad-1",7,{}]', "FormationViolation"),
    ('[2,"bad-1","Reset",{"type":"Soft","when":"now"}]', "FormationViolation"),
    ('[2,"bad-1","Reset",{"type":NaN}]', "FormationViolation"),
    (DEEP.replace("deep", "bad-1"), "FormationViolation"),
    ('[2,"bad-1","Reset",{"type":"soft"}]', "PropertyConstraintViolation"),
    (json.dumps([2, "bad-1", "RemoteStartTransaction", ID_TAG_OF_21]), "PropertyConstraintViolation"),
    ('[2,"bad-1","UnlockConnector",{"connectorId":2147483648}]', "PropertyConstraintViolation"),
    ('[2,"bad-1","ChangeConfiguration",{"key":"HeartbeatInterval"}]', "OccurenceConstraintViolation"),
    (json.dumps([2, "bad-1", "GetConfiguration", KEYS_1_TO_101]), "OccurenceConstraintViolation"),
    ('[2,"bad-1","UnlockConnector",{"connectorId":"1"}]', "TypeConstraintViolation"),
    ('[2,"bad-1","UnlockConnector",{"connectorId":1.5}]', "TypeConstraintViolation"),
    ('[2,"bad-1","ChangeConfiguration",{"key":"HeartbeatInterval","value":60}]', "TypeConstraintViolation"),
    ('[2,"bad-1","ClearCache",[]]', "FormationViolation"),
]


@pytest.mark.parametrize(("text", "name"), CASES_OF_1_6)
def test_each_bad_request_has_its_error_of_1_6_and_a_session_goes_on(tmp_path: Path, text: str, name: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(3)
        await say(rig, text)
        assert errors_sent(rig) == {"bad-1": name}
        assert rig.is_live()
        assert rig.restarts.kinds == []
        assert await Operator(rig).trigger("Heartbeat") == "Accepted"
        assert len(rig.csms.record.connections) == 1

    tell(tmp_path, "1.6", story, provoked=[AnomalyKind.UNEXPECTED_ANSWER])


def test_more_requests_at_once_than_the_station_can_serve_are_told_so(tmp_path: Path) -> None:
    """GenericError; those that are under way, here waiting for a bolt that is jammed, are answered."""

    async def story(rig: Rig) -> None:
        await rig.charge(3)
        rig.world.set_fault(1, "lock_jammed", True)
        assert rig.csms.channel is not None
        for number in range(20):
            rig.csms.channel.deliver(json.dumps([2, f"unlock-{number}", "UnlockConnector", {"connectorId": 1}]))
        await rig.wait(30)
        refused = errors_sent(rig)
        assert set(refused.values()) == {"GenericError"}
        assert set(refused) == {f"unlock-{number}" for number in range(16, 20)}
        assert await Operator(rig).trigger("Heartbeat") == "Accepted"

    tell(tmp_path, "1.6", story, provoked=[AnomalyKind.UNEXPECTED_ANSWER])


def test_a_request_before_the_station_is_accepted_is_a_security_error_in_1_6(tmp_path: Path) -> None:
    """OCPP-J errata 3.10; afterwards the same request is served."""

    async def whole() -> None:
        rig = Rig(tmp_path, "1.6")
        rig.csms.core.faults.add(CsmsFault(FaultKind.BOOT_REJECTED))
        await rig.start_world()
        try:
            await rig.power_up(wait=False)
            await rig.until(lambda: bool(rig.csms.record.boots), 20)
            await say(rig, '[2,"bad-1","ClearCache",{}]')
            assert errors_sent(rig) == {"bad-1": "SecurityError"}
            await rig.until(lambda: rig.csms.record.is_boot_accepted, 600)
            await rig.wait(2)
            assert await Operator(rig).clear_cache() == "Accepted"
            assert len(rig.csms.record.connections) == 1
        finally:
            await rig.close()

    run_virtual(whole())
