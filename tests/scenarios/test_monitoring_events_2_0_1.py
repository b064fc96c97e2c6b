"""What monitors and faults tell (N07, N08), by the steps of part 6 and its errata."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from chargepoint.app import event_sender
from chargepoint.model.faults import Fault
from chargepoint_hal.bench.ev import EvChange
from dev_csms.faults import CsmsFault, FaultKind
from scenarios.monitors import (
    ENERGY,
    POWER,
    POWER_LIMIT_WATTS,
    STATE_OF_CONNECTOR,
    STATE_OF_EVSE,
    STATE_OF_STATION,
    clear,
    event_of,
    events,
    get_variable,
    installed,
    monitor,
    named,
    report,
    set_base,
    set_level,
    set_variable,
)
from scenarios.stories import all_told, calls_of_station, only_transaction, reconnect, tell
from support.rig import Rig

OFFLINE_THRESHOLD = named("OCPPCommCtrlr", "OfflineThreshold")


@pytest.mark.requirement("N07.FR.02", "N07.FR.06", "N07.FR.07", "N07.FR.16", "N07.FR.17")
def test_thresholds_are_told_when_they_are_passed_and_when_that_is_over(tmp_path: Path) -> None:
    """TC_N_20_CS"""

    async def story(rig: Rig) -> None:
        await set_base(rig, "All")
        (upper,) = await installed(rig, monitor(POWER, "UpperThreshold", 100.0))
        await set_level(rig, 8)
        await rig.charge(5)
        raised = await event_of(rig, upper)
        assert (raised["trigger"], raised["eventNotificationType"]) == ("Alerting", "CustomMonitor")
        assert float(raised["actualValue"]) > 100.0
        assert not raised.get("cleared", False)
        transaction_id = only_transaction(rig).transaction_id
        assert raised["transactionId"] == transaction_id
        assert {name: raised[name] for name in POWER} == POWER
        (lower,) = await installed(rig, monitor(POWER, "LowerThreshold", 10.0))
        await rig.wait(5)
        assert events(rig, lower) == []
        await rig.finish()
        cleared, dropped = await event_of(rig, upper, 2), await event_of(rig, lower)
        assert cleared["cleared"] is True
        assert float(cleared["actualValue"]) <= 100.0
        assert float(dropped["actualValue"]) < 10.0
        assert not dropped.get("cleared", False)
        assert {cleared["transactionId"], dropped["transactionId"]} == {transaction_id}
        await rig.wait(20)
        assert (len(events(rig, upper)), len(events(rig, lower))) == (2, 1), "each is told once"

    tell(tmp_path, "2.0.1", story)


def test_a_fault_is_told_as_a_hard_wired_notification(tmp_path: Path) -> None:
    """TC_N_21_CS"""

    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "emergency_stop", True)
        await rig.until(lambda: len(events(rig)) >= 1, 10, "the event")
        raised = next(event for event in events(rig) if event["eventNotificationType"] == "HardWiredNotification")
        assert raised["component"] == {"name": "EVSE", "evse": {"id": 1}}
        assert raised["variable"] == {"name": "Problem"}
        assert (raised["trigger"], raised["actualValue"], raised["techCode"]) == ("Alerting", "true", "emergency_stop")
        assert "variableMonitoringId" not in raised
        rig.world.set_fault(1, "emergency_stop", False)
        await rig.until(lambda: not rig.snapshot().faults, 60, "the fault is over")
        await rig.until(lambda: any(each.get("cleared", False) for each in events(rig)), 10, "that is told")
        (cleared,) = [each for each in events(rig) if each.get("cleared", False)]
        assert (cleared["techCode"], cleared["actualValue"]) == ("emergency_stop", "false")

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("G05.FR.01", "G05.FR.02")
def test_a_lock_that_fails_is_told_and_nothing_is_charged(tmp_path: Path) -> None:
    """TC_G_20_CS"""

    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.wait(2)
        rig.world.set_fault(1, "lock_jammed", True)
        await rig.swipe()
        await rig.until(lambda: len(events(rig)) >= 1, 30, "the event")
        (event,) = events(rig)
        assert (event["trigger"], event["actualValue"]) == ("Delta", "true")
        assert event["component"] == {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}}
        assert event["variable"] == {"name": "Problem"}
        await rig.wait(20)
        assert not rig.is_live()
        rig.plug_out()
        await rig.wait(8)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.05")
def test_what_a_fault_has_brought_about_names_it_as_its_cause(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        rig.world.set_fault(1, "residual_current", True)
        await rig.until(lambda: len(events(rig)) >= 2, 10, "the fault and the trip")
        fault, trip = events(rig)[:2]
        assert fault["techCode"] == Fault.RESIDUAL_CURRENT
        assert trip["variable"] == {"name": "Tripped"}
        assert (trip["eventNotificationType"], trip["trigger"]) == ("HardWiredMonitor", "Delta")
        assert trip["cause"] == fault["eventId"]
        await all_told(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.04")
def test_what_is_severe_enough_is_queued_while_offline(tmp_path: Path) -> None:
    """TC_N_22_CS"""

    async def story(rig: Rig) -> None:
        assert await set_variable(rig, "MonitoringCtrlr", "OfflineQueuingSeverity", "5") == "Accepted"
        (number,) = await installed(rig, monitor(STATE_OF_EVSE, "Delta", severity=5))
        rig.csms.go_offline()
        await rig.wait(3)
        rig.plug_in()
        await rig.wait(30)
        at = rig.utc_now()
        await reconnect(rig)
        event = await event_of(rig, number)
        assert (event["trigger"], event["actualValue"]) == ("Delta", "Occupied")
        assert at - timedelta(seconds=32) < datetime.fromisoformat(event["timestamp"]) < at - timedelta(seconds=25)
        await rig.wait(5)
        assert len(events(rig, number)) == 1

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.04")
def test_what_is_queued_outlives_a_power_cut(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await set_variable(rig, "MonitoringCtrlr", "OfflineQueuingSeverity", "5") == "Accepted"
        (number,) = await installed(rig, monitor(STATE_OF_EVSE, "Delta", severity=5))
        rig.csms.go_offline()
        await rig.wait(3)
        rig.plug_in()
        await rig.wait(10)
        await rig.power_cut()
        rig.csms.come_back()
        await rig.power_up()
        await event_of(rig, number)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.04")
def test_what_is_less_severe_is_judged_when_the_csms_is_back(tmp_path: Path) -> None:
    """TC_N_23_CS"""

    async def story(rig: Rig) -> None:
        assert await set_variable(rig, "MonitoringCtrlr", "OfflineQueuingSeverity", "4") == "Accepted"
        of_evse, of_connector = await installed(
            rig,
            monitor(STATE_OF_EVSE, "Delta", severity=5),
            monitor(STATE_OF_CONNECTOR, "Delta", severity=5),
        )
        rig.plug_in()
        for number, place in ((of_evse, STATE_OF_EVSE), (of_connector, STATE_OF_CONNECTOR)):
            event = await event_of(rig, number)
            assert (event["trigger"], event["actualValue"]) == ("Delta", "Occupied")
            assert event["component"] == place["component"]
        rig.csms.go_offline()
        await rig.wait(3)
        rig.plug_out()
        await rig.wait(10)
        rig.plug_in()
        await rig.wait(20)
        await reconnect(rig)
        await rig.wait(20)
        assert (len(events(rig, of_evse)), len(events(rig, of_connector))) == (1, 1), "it is as it was"
        rig.csms.go_offline()
        await rig.wait(3)
        rig.plug_out()
        await rig.wait(10)
        await reconnect(rig)
        assert (await event_of(rig, of_evse, 2))["actualValue"] == "Available", "and what is not, is told"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N05.FR.01", "N05.FR.03", "N07.FR.15")
def test_a_level_keeps_what_is_less_severe_quiet(tmp_path: Path) -> None:
    """TC_N_16_CS"""

    async def story(rig: Rig) -> None:
        quiet, told = await installed(
            rig, monitor(STATE_OF_EVSE, "Delta", severity=8), monitor(STATE_OF_EVSE, "Delta", severity=7)
        )
        assert await set_level(rig, 7) == {"status": "Accepted"}
        rig.plug_in()
        await event_of(rig, told)
        await rig.wait(10)
        assert events(rig, quiet) == []

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.08", "N08.FR.04", "N08.FR.05", "N08.FR.06")
def test_a_periodic_monitor_speaks_at_its_interval(tmp_path: Path) -> None:
    """TC_N_24_CS"""

    async def story(rig: Rig) -> None:
        await set_level(rig, 8)
        state, power = await installed(
            rig, monitor(STATE_OF_EVSE, "Periodic", 2.0), monitor(POWER, "Periodic", 7.0, severity=5)
        )
        await rig.wait(30)
        assert [event["actualValue"] for event in events(rig, state)][:3] == ["Available"] * 3
        assert {event["trigger"] for event in events(rig, state)} == {"Periodic"}
        for number, seconds, count in ((state, 2, 14), (power, 7, 4)):
            times = [datetime.fromisoformat(event["timestamp"]) for event in events(rig, number)]
            assert len(times) >= count
            assert all(
                timedelta(seconds=seconds - 0.1) < b - a < timedelta(seconds=seconds + 0.1) for a, b in pairwise(times)
            )

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N08.FR.07")
def test_a_clock_aligned_monitor_speaks_on_the_grid_of_the_day(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(ENERGY, "PeriodicClockAligned", 900.0))
        await rig.rest(3000)
        times = [datetime.fromisoformat(event["timestamp"]) for event in events(rig, number)]
        assert [(time.minute, time.second) for time in times] == [(15, 0), (30, 0), (45, 0)]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N08.FR.03")
def test_periodic_events_are_queued_by_severity(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        severe, mild = await installed(
            rig, monitor(POWER, "Periodic", 10.0, severity=4), monitor(POWER, "Periodic", 10.0, severity=5)
        )
        rig.csms.go_offline()
        await rig.wait(45)
        assert (events(rig, severe), events(rig, mild)) == ([], [])
        await reconnect(rig)
        await event_of(rig, severe, 4)
        assert events(rig, mild) == []
        await event_of(rig, mild, 1)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.06", "N07.FR.07", "N07.FR.18", "N07.FR.19")
def test_differences_are_told(tmp_path: Path) -> None:
    """TC_N_45_CS, TC_N_56_CS"""

    async def story(rig: Rig) -> None:
        await set_level(rig, 8)
        power, energy, state = await installed(
            rig, monitor(POWER, "Delta", 100.0), monitor(ENERGY, "Delta", 20.0), monitor(STATE_OF_EVSE, "Delta")
        )
        await rig.charge(60)
        event = await event_of(rig, power)
        assert (event["trigger"], event["variableMonitoringId"]) == ("Delta", power)
        assert {name: event[name] for name in POWER} == POWER
        assert (await event_of(rig, state))["actualValue"] == "Occupied"
        registers = [float(event["actualValue"]) for event in events(rig, energy)]
        assert len(registers) >= 2
        assert all(b - a > 20.0 for a, b in pairwise(registers)), "each counts from the last one told"
        await rig.finish()

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.18")
def test_a_difference_that_is_not_exceeded_is_not_told(tmp_path: Path) -> None:
    """TC_N_61_CS"""

    async def story(rig: Rig) -> None:
        now = int(await get_variable(rig, "OCPPCommCtrlr", "OfflineThreshold"))
        (number,) = await installed(rig, monitor(OFFLINE_THRESHOLD, "Delta", 1.0))
        assert await set_variable(rig, "OCPPCommCtrlr", "OfflineThreshold", str(now + 1)) == "Accepted"
        await rig.wait(10)
        assert events(rig, number) == []
        assert await set_variable(rig, "OCPPCommCtrlr", "OfflineThreshold", str(now + 2)) == "Accepted"
        assert (await event_of(rig, number))["actualValue"] == str(now + 2)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.11")
def test_a_changed_threshold_is_judged_at_once(tmp_path: Path) -> None:
    """TC_N_51_CS"""

    async def story(rig: Rig) -> None:
        await set_level(rig, 8)
        (number,) = await installed(rig, monitor(POWER, "UpperThreshold", POWER_LIMIT_WATTS))
        await rig.charge(10)
        assert events(rig, number) == []
        assert await installed(rig, monitor(POWER, "UpperThreshold", 50.0, id=number)) == [number]
        event = await event_of(rig, number)
        assert event["trigger"] == "Alerting"
        assert float(event["actualValue"]) > 50.0
        await installed(rig, monitor(POWER, "UpperThreshold", POWER_LIMIT_WATTS, id=number))
        assert (await event_of(rig, number, 2))["cleared"] is True, "and the old one is cleared by it"
        await rig.finish()

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.12")
def test_a_cleared_monitor_says_nothing_more(tmp_path: Path) -> None:
    """TC_N_52_CS"""

    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(POWER, "UpperThreshold", 0.0))
        await rig.charge(5)
        await event_of(rig, number)
        assert await clear(rig, number) == ["Accepted"]
        assert await report(rig, POWER, criteria=["ThresholdMonitoring"]) == []
        await rig.finish()
        await rig.wait(10)
        assert len(events(rig, number)) == 1

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.14")
def test_a_threshold_that_was_told_is_cleared_after_a_restart(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(POWER, "UpperThreshold", 100.0, severity=3))
        await rig.charge(5)
        await event_of(rig, number)
        await rig.wait(12)
        await rig.power_cut()
        rig.plug_out()
        await rig.power_up()
        assert (await event_of(rig, number, 2, 60))["cleared"] is True
        await all_told(rig)

    tell(tmp_path, "2.0.1", story)


def test_a_fault_is_not_told_again_after_a_restart_and_its_end_is(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "emergency_stop", True)
        await rig.until(lambda: len(events(rig)) >= 1, 10, "the event")
        told = [event["techCode"] for event in events(rig) if "techCode" in event]
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(60)
        assert [event["techCode"] for event in events(rig) if "techCode" in event] == told
        rig.world.set_fault(1, "emergency_stop", False)
        await rig.until(lambda: any(each.get("cleared", False) for each in events(rig)), 60, "its end is told")

    tell(tmp_path, "2.0.1", story)


def test_a_monitor_for_transactions_is_quiet_outside_of_them(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        always, sometimes = await installed(
            rig,
            monitor(POWER, "Periodic", 5.0, severity=5),
            monitor(POWER, "Periodic", 5.0, severity=6, transaction=True),
        )
        await event_of(rig, always, 2)
        assert events(rig, sometimes) == []
        await rig.charge(12)
        transaction_id = only_transaction(rig).transaction_id
        assert {event["transactionId"] for event in events(rig, sometimes)} == {transaction_id}
        await rig.finish()
        await rig.wait(6)
        count = len(events(rig, sometimes))
        await rig.wait(20)
        assert len(events(rig, sometimes)) == count

    tell(tmp_path, "2.0.1", story)


def test_turned_off_nothing_is_told_and_the_monitors_stay(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(STATE_OF_EVSE, "Delta"))
        assert await set_variable(rig, "MonitoringCtrlr", "Enabled", "false") == "Accepted"
        rig.plug_in()
        rig.world.set_fault(1, "lock_jammed", True)
        await rig.wait(20)
        assert events(rig) == []
        assert await set_variable(rig, "MonitoringCtrlr", "Enabled", "true") == "Accepted"
        await event_of(rig, number)

    tell(tmp_path, "2.0.1", story)


def test_a_flickering_value_does_not_flood_the_csms(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(named("CPPWMController", "State", 1), "Delta"))
        rig.plug_in()
        await rig.wait(5)
        before = len(events(rig, number))
        for _ in range(60):
            rig.ev(EvChange(ready=False))
            await rig.wait(0.1)
            rig.ev(EvChange(ready=True))
            await rig.wait(0.1)
        assert len(events(rig, number)) - before <= 12 / 0.5 + 1
        rig.plug_out()
        await rig.wait(5)

    tell(tmp_path, "2.0.1", story)


def test_a_station_that_speaks_1_6_sends_no_events_and_queues_none(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "emergency_stop", True)
        await rig.wait(10)
        rig.csms.go_offline()
        rig.world.set_fault(1, "emergency_stop", False)
        await rig.wait(30)
        assert (await rig.depth()).pending == 0
        assert "NotifyEvent" not in rig.csms.actions()

    tell(tmp_path, "1.6", story)


def test_many_events_at_once_are_several_messages(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        places = (STATE_OF_STATION, STATE_OF_EVSE, STATE_OF_CONNECTOR, POWER, ENERGY)
        ids = await installed(
            rig, *(monitor(place, "Periodic", 20.0, severity) for place in places for severity in range(9))
        )
        await event_of(rig, ids[-1])
        sizes = [len(message["eventData"]) for message in calls_of_station(rig, "NotifyEvent")]
        assert sizes == [20, 20, 5]
        assert sorted(event["variableMonitoringId"] for event in events(rig)) == sorted(ids)

    tell(tmp_path, "2.0.1", story)


def test_what_was_said_as_the_link_broke_is_said_on_the_next_one(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(STATE_OF_EVSE, "Delta", severity=8))
        rig.csms.is_black_hole = True
        rig.plug_in()
        await rig.wait(3)
        rig.csms.cut("the black hole is noticed")
        rig.csms.is_black_hole = False
        assert (await event_of(rig, number, within_seconds=120))["actualValue"] == "Occupied"

    tell(tmp_path, "2.0.1", story)


def test_a_long_time_offline_queues_no_more_than_a_disk_can_bear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_sender, "MOST_QUEUED", 20)

    async def story(rig: Rig) -> None:
        await installed(rig, monitor(POWER, "Periodic", 2.0, severity=0))
        rig.csms.go_offline()
        await rig.rest(120)
        assert (await rig.depth()).pending == 20
        rig.world.set_fault(1, "emergency_stop", True)
        await rig.wait(2)
        assert (await rig.depth()).pending == 21, "but faults are always told"
        await reconnect(rig)
        await rig.drained()
        assert any(event.get("techCode") == "emergency_stop" for event in events(rig))
        rig.csms.go_offline()
        await rig.wait(10)
        assert (await rig.depth()).pending > 0, "the next time offline counts anew"

    tell(tmp_path, "2.0.1", story)


def test_a_csms_that_knows_no_events_is_told_everything_else(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.faults.add(
            CsmsFault(FaultKind.CALL_ERROR, action="NotifyEvent", code="NotImplemented", count=None)
        )
        rig.world.set_fault(1, "emergency_stop", True)
        await rig.wait(5)
        rig.world.set_fault(1, "emergency_stop", False)
        await rig.until(lambda: not rig.snapshot().faults, 60, "the fault is over")
        await rig.charge(10)
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).stop_reason is not None
        assert "NotifyEvent" in rig.csms.actions()

    tell(tmp_path, "2.0.1", story)


def test_two_changes_at_once_are_one_message(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await installed(
            rig,
            monitor(STATE_OF_EVSE, "Delta"),
            monitor(STATE_OF_CONNECTOR, "Delta"),
            monitor(STATE_OF_STATION, "Delta"),
        )
        rig.plug_in()
        await rig.until(lambda: len(events(rig)) == 3, 10, "the events")
        assert len(calls_of_station(rig, "NotifyEvent")) == 1

    tell(tmp_path, "2.0.1", story)
