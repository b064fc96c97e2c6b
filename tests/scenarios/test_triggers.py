"""TriggerMessage under 1.6: Accepted means on the wire within 5 s. The extended one: `test_extended_triggers`."""

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dev_csms.desk import CsmsPolicy
from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.records import AnomalyKind
from scenarios.firmware_workshop import Workshop
from scenarios.stories import Story, assert_clean, at_rest, reconnect, start_offline, tell
from support.file_transfer import FakeFileTransfer
from support.rig import Rig
from support.virtual_time import run_virtual

PROMISE_SECONDS = 5.0


def tell_equipped(directory: Path, story: Story, *, provoked: Collection[AnomalyKind] = (), **options: Any) -> None:
    """Of a station that can upload logs and install firmware."""

    async def whole() -> None:
        rig = Rig(directory, "1.6", file_transfer=FakeFileTransfer(), **options)
        rig.firmware = Workshop(directory).edge()
        async with rig:
            await at_rest(rig)
            await story(rig)
            assert_clean(rig, provoked)

    run_virtual(whole())


async def trigger(rig: Rig, wanted: str, connector: int | None = None) -> str:
    payload: dict[str, Any] = {"requestedMessage": wanted}
    if connector is not None:
        payload["connectorId"] = connector
    answer = await rig.csms.call("TriggerMessage", payload, strict=False)
    assert answer.payload is not None
    return str(answer.payload["status"])


def count(rig: Rig, action: str) -> int:
    return rig.csms.actions().count(action)


ACCEPTED = [
    ("DiagnosticsStatusNotification", None, 1),
    ("FirmwareStatusNotification", None, 1),
    ("Heartbeat", None, 1),
    ("Heartbeat", 1, 1),
    ("MeterValues", 1, 1),
    ("MeterValues", 2, 1),
    ("MeterValues", None, 2),
    ("StatusNotification", 0, 1),
    ("StatusNotification", 2, 1),
    ("StatusNotification", None, 3),
]


@pytest.mark.parametrize(("wanted", "connector", "messages"), ACCEPTED)
@pytest.mark.ocpp_1_6("TriggerMessage")
def test_an_accepted_trigger_is_on_the_wire_within_5_seconds(
    tmp_path: Path, wanted: str, connector: int | None, messages: int
) -> None:
    async def story(rig: Rig) -> None:
        await rig.wait(10)
        before = count(rig, wanted)
        assert await trigger(rig, wanted, connector) == "Accepted"
        await rig.until(lambda: count(rig, wanted) == before + messages, PROMISE_SECONDS, wanted)

    tell_equipped(tmp_path, story, evses=2)


@pytest.mark.ocpp_1_6("TriggerMessage", "BootNotification")
def test_while_pending_a_boot_that_is_triggered_comes_at_once_and_not_with_its_interval(tmp_path: Path) -> None:
    async def whole() -> None:
        rig = Rig(tmp_path, "1.6")
        rig.csms.core.policy = CsmsPolicy(retry_interval_seconds=3600)
        rig.csms.core.faults.add(CsmsFault(FaultKind.BOOT_PENDING, count=1))
        await rig.start_world()
        await rig.power_up(wait=False)
        await rig.wait(60)
        assert len(rig.csms.record.boots) == 1, "the next one is an hour away"
        assert await trigger(rig, "BootNotification") == "Accepted"
        await rig.until(lambda: len(rig.csms.record.boots) == 2, PROMISE_SECONDS)
        await rig.until(lambda: rig.csms.record.is_boot_accepted, PROMISE_SECONDS)
        await rig.close()

    run_virtual(whole())


@pytest.mark.parametrize(
    ("wanted", "connector", "status"),
    [
        ("MeterValues", 0, "Rejected"),
        ("MeterValues", 3, "Rejected"),
        ("StatusNotification", 3, "Rejected"),
        ("StatusNotification", -1, "Rejected"),
        ("BootNotification", None, "Rejected"),
        ("SunRise", None, "NotImplemented"),
    ],
)
def test_what_cannot_be_sent_is_not_promised(tmp_path: Path, wanted: str, connector: int | None, status: str) -> None:
    """BootNotification once accepted: errata 3.35."""

    async def story(rig: Rig) -> None:
        await rig.wait(10)
        before = len(rig.csms.actions())
        assert await trigger(rig, wanted, connector) == status
        await rig.wait(PROMISE_SECONDS)
        assert wanted not in rig.csms.actions()[before:]

    tell(tmp_path, "1.6", story, evses=2)


def is_more(rig: Rig, action: str, seen_before: int) -> bool:
    return count(rig, action) > seen_before


BACKLOGGED = (
    ("DiagnosticsStatusNotification", None),
    ("FirmwareStatusNotification", None),
    ("Heartbeat", None),
    ("MeterValues", 1),
    ("StatusNotification", 1),
)


@pytest.mark.ocpp_1_6("TriggerMessage")
def test_a_backlog_and_a_slow_csms_do_not_delay_what_was_promised(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await start_offline(rig)
        await rig.wait(1200)
        rig.csms.core.faults.add(CsmsFault(kind=FaultKind.DELAY, count=None, seconds=1.0))
        await reconnect(rig)
        await rig.wait(15)
        assert (await rig.depth()).pending > 50, "the queue is long"
        for wanted, connector in BACKLOGGED * 2:
            seen_before = count(rig, wanted)
            assert await trigger(rig, wanted, connector) == "Accepted"
            await rig.until(partial(is_more, rig, wanted, seen_before), PROMISE_SECONDS, wanted)
        assert (await rig.depth()).pending > 20, "it was still long"

    offline = {"allow_offline_tx_for_unknown_id": "true"}
    tell_equipped(tmp_path, story, settings=offline, provoked=(AnomalyKind.TIME_BACKWARDS,))
