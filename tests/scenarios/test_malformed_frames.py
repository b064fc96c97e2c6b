"""Nonsense from the CSMS: answered with the right error of the version, and the link stays up."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev_csms.records import AnomalyKind
from scenarios.stories import Operator, all_told, is_1_6, only_transaction, tell, under_both
from support.rig import Rig

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
