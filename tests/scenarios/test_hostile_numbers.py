"""Numbers, times and texts that the schemas allow and no station can keep: an error, never a lost stop or bill."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.commands import InstallProfile, VerdictStatus
from chargepoint.charging.events import Event, EvseObserved
from chargepoint.csms.v16.smart_charging import read_profile
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from dev_csms.records import AnomalyKind
from scenarios.stories import all_told, is_1_6, only_transaction, tell, tell_twice, under_both
from scenarios.test_smart_charging import profile
from support.rig import KNOWN_TOKEN, Rig

HUGE = [2**31, -(2**31) - 1, 2**63, 10**30]
FOR_EVER = ["9999-12-31T23:59:59Z", "9999-12-31T23:00:00-14:00"]


def spoil(rig: Rig, field: str, value: object, times: int = 1000) -> Callable[[], int]:
    """The CSMS answers with this value in this field, so many times; how often it has."""
    done = 0

    def rewrite(text: str) -> str:
        nonlocal done
        message = json.loads(text)
        if message[0] != 3 or field not in message[2] or done >= times:
            return text
        done += 1
        message[2][field] = value
        return json.dumps(message)

    rig.csms.rewrite = rewrite
    return lambda: done


def starts_of(rig: Rig) -> int:
    return sum('"StartTransaction"' in each.text for each in rig.csms.core.frames if each.direction == "from_station")


def assert_nothing_waits(rig: Rig) -> None:
    assert rig.assembly is not None
    assert rig.assembly.controller.steps_waiting == 0


@pytest.mark.parametrize("number", HUGE)
def test_a_profile_with_a_huge_id_is_refused_and_the_stop_after_it_is_stored(tmp_path: Path, number: int) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        wire = {"connectorId": 1, "csChargingProfiles": profile((0, 16), number=number)}
        answer = await rig.csms.call("SetChargingProfile", wire)
        assert answer.error is not None
        assert answer.error.code == "PropertyConstraintViolation"
        await rig.swipe()
        await rig.wait(5)
        assert not rig.is_live()
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(60)
        assert not rig.is_live()
        assert rig.csms.actions().count("StopTransaction") == 1

    tell(tmp_path, "1.6", story)


@under_both
def test_even_a_value_that_slips_through_to_the_disk_undoes_no_stop(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        assert rig.assembly is not None
        bad = profile((0, 16), number=2**70, validTo="2030-01-01T00:00:00Z")
        order = InstallProfile(read_profile(bad), EvseId(1))
        assert (await rig.assembly.controller.execute(order)).status is VerdictStatus.ACCEPTED
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is None, what="the transaction has ended")
        await rig.wait(1)
        assert_nothing_waits(rig)
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(60)
        assert not rig.is_live()
        assert only_transaction(rig).has_ended

    tell(tmp_path, version, story)


ORDERS_1_6: list[tuple[str, dict[str, Any]]] = [
    ("RemoteStopTransaction", {"transactionId": 10**30}),
    ("ClearChargingProfile", {"id": 2**63}),
    ("ChangeAvailability", {"connectorId": 10**30, "type": "Inoperative"}),
    ("RemoteStartTransaction", {"idTag": "A", "connectorId": 2**63}),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 10**18}),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile((0, 16), level=2**64)}),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile((0, 16), duration=10**20)}),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile((0, 16), (10**17, 8))}),
]
ORDERS_2_0_1: list[tuple[str, dict[str, Any]]] = [
    ("RequestStartTransaction", {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": 2**63}),
    ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 10**30}}),
    ("UnlockConnector", {"evseId": 1, "connectorId": 10**30}),
    ("GetBaseReport", {"requestId": 2**31, "reportBase": "FullInventory"}),
]


@under_both
def test_an_order_with_a_number_beyond_32_bits_is_refused_as_such(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        for action, payload in ORDERS_1_6 if is_1_6(rig) else ORDERS_2_0_1:
            answer = await rig.csms.call(action, payload, strict=False)
            assert answer.error is not None, action
            assert answer.error.code == "PropertyConstraintViolation", action
        await rig.charge(20)
        await rig.finish()
        await all_told(rig)
        assert_nothing_waits(rig)

    tell(tmp_path, version, story)


@pytest.mark.parametrize("value", ["999999999999999999", "9" * 39, "1e300", "-1", "\x00", "💥" * 500])
@under_both
def test_a_setting_of_any_value_harms_no_session(tmp_path: Path, version: str, value: str) -> None:
    async def story(rig: Rig) -> None:
        for name in ("MeterValueSampleInterval", "ConnectionTimeOut", "ClockAlignedDataInterval", "HeartbeatInterval"):
            if is_1_6(rig):
                await rig.csms.call("ChangeConfiguration", {"key": name, "value": value[:500]}, strict=False)
        for component, variable in (("SampledDataCtrlr", "TxUpdatedInterval"), ("TxCtrlr", "EVConnectionTimeOut")):
            data = {"attributeValue": value, "component": {"name": component}, "variable": {"name": variable}}
            if not is_1_6(rig):
                await rig.csms.call("SetVariables", {"setVariableData": [data]}, strict=False)
        await rig.charge(20)
        await rig.finish()
        await all_told(rig)
        assert_nothing_waits(rig)

    tell(tmp_path, version, story)


@pytest.mark.parametrize("number", HUGE)
def test_a_transaction_number_beyond_32_bits_counts_an_attempt(tmp_path: Path, number: int) -> None:
    async def story(rig: Rig) -> None:
        times = spoil(rig, "transactionId", number, times=2)
        await rig.charge(120)
        assert times() == 2
        assert starts_of(rig) == 3
        assert rig.is_live()
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).has_ended

    tell(tmp_path, "1.6", story)


def test_a_csms_that_never_gives_a_usable_number_blocks_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        spoil(rig, "transactionId", 2**63)
        await rig.charge(60)
        await rig.finish()
        await rig.drained()
        assert starts_of(rig) == 5
        assert (await rig.depth()).dead == 1
        assert rig.csms.actions().count("StopTransaction") == 1

    tell(tmp_path, "1.6", story, provoked=list(AnomalyKind), settings={"transaction_message_attempts": "5"})


@pytest.mark.parametrize("time", FOR_EVER)
def test_a_time_that_can_not_be_now_is_not_believed_and_the_card_still_stops(tmp_path: Path, time: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(60)
        before = rig.energy_wh()
        times = spoil(rig, "currentTime", time)
        await rig.csms.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
        await rig.until(lambda: times() > 0, what="the heartbeat is answered")
        await rig.wait(30)
        assert rig.is_live()
        await rig.swipe()
        await rig.until(lambda: not rig.is_live(), 5, "the card stops")
        rig.plug_out()
        assert rig.energy_wh() > before

    tell_twice(tmp_path, story)


def test_a_first_time_that_can_not_be_now_trusts_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert rig.assembly is not None
        assert rig.utc_now().year == 2026
        spoil(rig, "currentTime", "9999-12-31T23:59:59Z")
        await rig.power_cut()
        await rig.power_up()
        await rig.charge(30)
        await rig.finish()
        await rig.drained()
        start = only_transaction(rig).start_at
        assert start is not None
        assert start.year == 2026

    tell(tmp_path, "1.6", story, clock_is_trusted=False)


def test_a_core_that_is_deaf_loses_its_lease(tmp_path: Path) -> None:
    """Whatever the bug: who does not take in what safety sees must not go on allowing power."""

    async def story(rig: Rig) -> None:
        await rig.charge(60)
        assert rig.assembly is not None
        controller = rig.assembly.controller
        hear = controller.note

        def hear_half(event: Event) -> None:
            if not isinstance(event, EvseObserved):
                hear(event)

        controller.note = hear_half  # type: ignore[method-assign]  # the bug
        await rig.until(lambda: not rig.is_live(), 30, "the lease runs out")
        pulse = controller.heartbeat_at
        await rig.wait(30)
        assert controller.heartbeat_at == pulse, "the watchdog must starve"
        assert Fault.STORAGE_CORRUPT not in rig.snapshot().faults

    tell(tmp_path, "1.6", story, provoked=list(AnomalyKind))


def test_the_group_of_a_token_may_be_any_text(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        spoil(rig, "idTagInfo", {"status": "Accepted", "parentIdTag": "\x00💥" * 100, "expiryDate": FOR_EVER[0]})
        await rig.charge(20)
        await rig.power_cut()
        await rig.power_up()
        await rig.until(lambda: rig.snapshot().transaction is not None, what="the transaction is found")
        await rig.until(rig.is_live, what="the transaction is resumed")
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).id_token == KNOWN_TOKEN

    tell(tmp_path, "1.6", story)
