"""Configuration keys of 1.6 about the link and the queue: changed over the wire, seen in what leaves the station."""

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from chargepoint.charging.commands import ResetKind
from dev_csms.faults import CsmsFault, FaultKind
from scenarios.keys_of_1_6 import accepted, change, entry, is_told_and_fixed, tell_1_6
from support.rig import Rig


def sent_at(rig: Rig, action: str) -> list[datetime]:
    """When the station sent a CALL of this action, in order."""
    frames = [frame for frame in rig.csms.core.frames if frame.direction == "from_station"]
    read = [(frame.at, json.loads(frame.text)) for frame in frames]
    return [at for at, frame in read if frame[0] == 2 and frame[2] == action]


def waits(times: list[datetime]) -> list[float]:
    return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


@pytest.mark.ocpp_1_6("GetConfigurationMaxKeys", "GetConfiguration")
def test_more_keys_than_the_maximum_are_refused_and_as_many_are_answered(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await is_told_and_fixed(rig, "GetConfigurationMaxKeys", "100", "200")
        unknown = [f"NoSuchKey{number}" for number in range(99)]
        answer = await rig.csms.call("GetConfiguration", {"key": ["HeartbeatInterval", *unknown]})
        assert answer.payload is not None
        assert [one["key"] for one in answer.payload["configurationKey"]] == ["HeartbeatInterval"]
        assert answer.payload["unknownKey"] == unknown
        answer = await rig.csms.call("GetConfiguration", {"key": ["HeartbeatInterval", "One", *unknown]})
        assert answer.error is not None
        assert answer.error.code == "OccurenceConstraintViolation"
        assert len(rig.csms.record.connections) == 1

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("GetConfiguration")
def test_names_of_keys_ignore_case_and_come_back_as_they_were_asked(tmp_path: Path) -> None:
    """They are CiStrings (sections 5.8 and 7.29)."""

    async def story(rig: Rig) -> None:
        assert await change(rig, "HEARTBEATINTERVAL", "77") == "Accepted"
        assert await entry(rig, "heartbeatInterval") == {"key": "heartbeatInterval", "readonly": False, "value": "77"}

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("HeartbeatInterval")
def test_a_heartbeat_interval_that_is_shortened_counts_from_the_last_exchange(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, HeartbeatInterval=3600)
        await rig.wait(100)
        before = len(sent_at(rig, "Heartbeat"))
        await accepted(rig, HeartbeatInterval=20)
        await rig.wait(61)
        beats = sent_at(rig, "Heartbeat")[before:]
        assert len(beats) == 3, "not only when the old hour is over"
        assert waits(beats) == [pytest.approx(20, abs=1.5)] * 2
        for wrong in ("0", "-1", "often", "86401"):
            assert await change(rig, "HeartbeatInterval", wrong) == "Rejected"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("TransactionMessageRetryInterval")
def test_a_failed_report_is_tried_again_after_the_interval_times_the_attempts(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, TransactionMessageRetryInterval=4)
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "StartTransaction", count=3))
        await rig.charge(40)
        assert waits(sent_at(rig, "StartTransaction")) == [pytest.approx(wait, abs=0.5) for wait in (4, 8, 12)]

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("TransactionMessageAttempts")
@pytest.mark.parametrize(("attempts", "seen"), [(2, 2), (4, 4), (0, 9)])
def test_a_report_that_the_csms_fails_to_process_is_tried_as_often_as_the_key_says(
    tmp_path: Path, attempts: int, seen: int
) -> None:
    """0: until it works (errata). Then the next report has its turn."""

    async def story(rig: Rig) -> None:
        await rig.charge(6)
        await accepted(rig, TransactionMessageAttempts=attempts, TransactionMessageRetryInterval=1)
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "StopTransaction", count=8))
        rig.plug_out()
        await rig.wait(120)
        assert len(sent_at(rig, "StopTransaction")) == seen
        assert (await rig.depth()).dead == (0 if attempts == 0 else 1)
        assert (await rig.depth()).pending == 0

    tell_1_6(tmp_path, story, settings={"meter_value_sample_interval_seconds": "0"})


@pytest.mark.ocpp_1_6("MessageTimeout")
@pytest.mark.parametrize("seconds", [5, 25])
def test_an_answer_is_waited_for_as_long_as_the_key_says(tmp_path: Path, seconds: int) -> None:
    """Errata 3.83: the CSMS may change it."""

    async def story(rig: Rig) -> None:
        await accepted(rig, MessageTimeout=seconds, TransactionMessageRetryInterval=1)
        rig.csms.core.faults.add(CsmsFault(FaultKind.LOST_REQUEST, "StartTransaction"))
        await rig.charge(40)
        assert waits(sent_at(rig, "StartTransaction")) == [pytest.approx(seconds + 1, abs=0.5)]
        assert await change(rig, "MessageTimeout", 0) == "Rejected"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("RetryBackOffWaitMinimum", "RetryBackOffRepeatTimes", "RetryBackOffRandomRange")
def test_the_station_comes_back_at_the_pace_that_the_three_keys_say(tmp_path: Path) -> None:
    """The rig's chance is always one half."""

    async def story(rig: Rig) -> None:
        await accepted(rig, RetryBackOffWaitMinimum=10, RetryBackOffRepeatTimes=2, RetryBackOffRandomRange=4)
        lost_at = rig.utc_now()
        rig.csms.go_offline()
        await rig.wait(200)
        found = waits([lost_at, *rig.csms.attempts[1:]])
        assert found == [pytest.approx(wait, abs=0.2) for wait in (12, 22, 42, 42, 42)]
        rig.csms.come_back()
        await rig.until(lambda: rig.csms.channel is not None, 60)
        assert await change(rig, "RetryBackOffWaitMinimum", 0) == "Rejected"
        assert await change(rig, "RetryBackOffRepeatTimes", -1) == "Rejected"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("ResetRetries", "Reset")
def test_a_reset_takes_along_how_often_it_may_be_tried_again(tmp_path: Path) -> None:
    """What the trying looks like: `unit/app/test_reset_retries.py`."""

    async def story(rig: Rig) -> None:
        await accepted(rig, ResetRetries=3)
        answer = await rig.csms.call("Reset", {"type": "Hard"})
        assert answer.payload == {"status": "Accepted"}
        await rig.until(lambda: rig.restarts.kinds == [ResetKind.HARD], 10)
        assert rig.restarts.retries == [3]

    tell_1_6(tmp_path, story)


def test_what_was_changed_is_still_there_after_a_power_cut(tmp_path: Path) -> None:
    changed = {
        "HeartbeatInterval": "123",
        "ConnectionTimeOut": "45",
        "LocalPreAuthorize": "true",
        "StopTxnAlignedData": "Voltage,Frequency",
        "CpoName": "An Operator, Ltd.",
        "OfflineLimitAmps": "12.5",
    }

    async def story(rig: Rig) -> None:
        await accepted(rig, **changed)
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.wait(5)
        for key in changed.keys() - {"HeartbeatInterval"}:
            assert (await entry(rig, key))["value"] == changed[key]

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("ChangeConfiguration")
def test_no_key_of_this_station_needs_a_reboot_and_bad_values_change_nothing(tmp_path: Path) -> None:
    """RebootRequired only where true: each key that can be written is taken as it is, and acts at once."""

    async def story(rig: Rig) -> None:
        answer = await rig.csms.call("GetConfiguration", {})
        assert answer.payload is not None
        told = answer.payload["configurationKey"]
        kept_elsewhere = {"SecurityProfile"}
        for one in told:
            key, value = one["key"], one["value"]
            if one["readonly"]:
                assert await change(rig, key, value) == "Rejected", key
            elif key not in kept_elsewhere:
                assert await change(rig, key, value) == "Accepted", key
            if value.lstrip("-").replace(".", "").isdigit() or value in ("true", "false"):
                assert await change(rig, key, "no such value") == "Rejected", key
            assert (await entry(rig, key)) == one

    tell_1_6(tmp_path, story)
