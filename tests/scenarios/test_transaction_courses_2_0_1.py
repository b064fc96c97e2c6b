"""However a transaction goes under OCPP 2.0.1, its events carry the values and the numbers that block E wants."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chargepoint.model.metering import STOP_VALUES_TOLD
from chargepoint.settings import catalogue
from chargepoint_hal.bench.ev import EvChange, PlugIn
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.stories import Operator, all_told, assert_all_billed, calls_of_station, reconnect, start_offline, tell
from support.rig import KNOWN_TOKEN, START_WH, Rig

Json = dict[str, Any]
Way = Callable[[Rig, float], Awaitable[None]]
"""Charges for about so many seconds, and ends."""

BEGIN, MIDDLE, END = "Voltage", "Current.Import", "Power.Active.Import"
REGISTER = "Energy.Active.Import.Register"
WANTED = {
    "tx_started_measurands": f"{REGISTER},{BEGIN}",
    "meter_values_sampled_data": f"{REGISTER},{MIDDLE}",
    "stop_txn_sampled_data": f"{REGISTER},{END}",
    "allow_offline_tx_for_unknown_id": "true",
}


async def charges(rig: Rig, seconds: float) -> None:
    await rig.until(rig.is_live, 60)
    await rig.wait(seconds)


async def plug_first(rig: Rig, seconds: float) -> None:
    await rig.charge(seconds)
    await rig.finish()


async def card_first(rig: Rig, seconds: float) -> None:
    await rig.swipe()
    rig.plug_in()
    await charges(rig, seconds)
    await rig.finish()


async def offline_all_the_time(rig: Rig, seconds: float) -> None:
    await start_offline(rig)
    await charges(rig, seconds)
    await rig.finish()
    await reconnect(rig)


async def offline_card_first(rig: Rig, seconds: float) -> None:
    rig.csms.go_offline()
    await rig.wait(2)
    await card_first(rig, seconds)
    await reconnect(rig)


async def offline_from_the_middle_on(rig: Rig, seconds: float) -> None:
    await rig.charge(seconds / 2)
    rig.csms.go_offline()
    await rig.wait(seconds / 2)
    await rig.finish()
    await reconnect(rig)


async def refused_afterwards(rig: Rig, seconds: float) -> None:
    rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
    await start_offline(rig)
    await charges(rig, seconds)
    await reconnect(rig)
    await rig.until(lambda: rig.snapshot().transaction is None, 120)
    rig.plug_out()


async def refused_afterwards_card_first(rig: Rig, seconds: float) -> None:
    rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
    rig.csms.go_offline()
    await rig.wait(2)
    await rig.swipe()
    rig.plug_in()
    await charges(rig, seconds)
    await reconnect(rig)
    await rig.until(lambda: rig.snapshot().transaction is None, 120)
    rig.plug_out()


async def pulled_at_the_ev(rig: Rig, seconds: float) -> None:
    await rig.charge(seconds)
    rig.plug_out(cable_stays=True)
    await rig.until(lambda: rig.snapshot().transaction is None, 30)
    rig.plug_out()


async def pulled_and_plugged_in_again(rig: Rig, seconds: float) -> None:
    await Operator(rig).change(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT, "false")
    await rig.charge(seconds / 2)
    rig.plug_out(cable_stays=True)
    await rig.wait(20)
    rig.plug_in()
    await charges(rig, seconds / 2)
    await rig.finish()


async def ended_by_the_ev(rig: Rig, seconds: float) -> None:
    await Operator(rig).change(catalogue.TX_STOP_POINT, "EnergyTransfer")
    await rig.charge(seconds)
    rig.ev(EvChange(ready=False))
    await rig.until(lambda: rig.snapshot().transaction is None, 60)
    rig.plug_out()


async def from_afar_with_the_plug_first(rig: Rig, seconds: float) -> None:
    rig.plug_in()
    await rig.wait(3)
    assert await Operator(rig).start() == "Accepted"
    await charges(rig, seconds)
    await stopped_from_afar(rig)


async def from_afar_first(rig: Rig, seconds: float) -> None:
    assert await Operator(rig).start() == "Accepted"
    await rig.wait(3)
    rig.plug_in()
    await charges(rig, seconds)
    await stopped_from_afar(rig)


async def stopped_from_afar(rig: Rig) -> None:
    assert await Operator(rig).stop(rig.csms.core.transactions[-1].transaction_id) == "Accepted"
    await rig.until(lambda: rig.snapshot().transaction is None, 30)
    rig.plug_out()


WAYS = [
    plug_first,
    card_first,
    offline_all_the_time,
    offline_card_first,
    offline_from_the_middle_on,
    refused_afterwards,
    refused_afterwards_card_first,
    pulled_at_the_ev,
    pulled_and_plugged_in_again,
    ended_by_the_ev,
    from_afar_with_the_plug_first,
    from_afar_first,
]
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


def samples(event: Json, context: str) -> list[Json]:
    values = event.get("meterValue", [])
    return [sample for value in values for sample in value["sampledValue"] if sample["context"] == context]


def measurands(event: Json, context: str) -> set[str]:
    return {sample["measurand"] for sample in samples(event, context)}


@each_way
@pytest.mark.requirement("E02.FR.16", "E04.FR.05", "E04.FR.06", "E04.FR.11", "E05.FR.04", "E05.FR.05", "E05.FR.08")
@pytest.mark.requirement("E06.FR.14", "E07.FR.11", "E08.FR.09", "E09.FR.05", "E10.FR.04", "E12.FR.03", "E12.FR.07")
@pytest.mark.requirement(
    "J02.FR.17", "E15.FR.01", "F01.FR.14", "F01.FR.15", "F01.FR.18", "F02.FR.02", "F02.FR.03", "F03.FR.04"
)
@pytest.mark.parametrize("start", ["PowerPathClosed", "Authorized"])
def test_begin_middle_and_end_have_the_values_that_the_csms_wants(tmp_path: Path, way: Way, start: str) -> None:
    async def story(rig: Rig) -> None:
        await way(rig, 45)
        await all_told(rig)
        assert_all_billed(rig)
        events = calls_of_station(rig, "TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert [event["eventType"] for event in events] == ["Started", *["Updated"] * (len(events) - 2), "Ended"]
        (first, *_) = [event for event in events if samples(event, "Transaction.Begin")]
        assert measurands(first, "Transaction.Begin") == {REGISTER, BEGIN}
        register = [each for each in samples(first, "Transaction.Begin") if each["measurand"] == REGISTER]
        assert [each["value"] for each in register] == [START_WH], "as the meter has it"
        assert first is events[0] or "evse" not in events[0] or start == "Authorized"
        periodic = [event for event in events if event["triggerReason"] == "MeterValuePeriodic"]
        assert len(periodic) >= 3
        assert all(measurands(event, "Sample.Periodic") == {REGISTER, MIDDLE} for event in periodic)
        assert {REGISTER} <= measurands(events[-1], "Transaction.End") <= {REGISTER, END}

    tell(tmp_path, "2.0.1", story, settings={**WANTED, "tx_start_point": start, "tx_stop_point": "Authorized"})


@each_way
@pytest.mark.requirement("E06.FR.12", "E06.FR.13", "E07.FR.09", "E07.FR.10", "E08.FR.10", "E08.FR.11", "E09.FR.06")
@pytest.mark.requirement("E09.FR.07", "E10.FR.05", "E10.FR.06", "E12.FR.08", "E12.FR.09", "E15.FR.02", "E15.FR.03")
@pytest.mark.requirement("F03.FR.05", "F03.FR.06", "F04.FR.05", "F04.FR.06", "J02.FR.20")
def test_of_too_many_values_for_the_end_those_in_between_go(tmp_path: Path, way: Way) -> None:
    async def story(rig: Rig) -> None:
        await way(rig, 130)
        await all_told(rig)
        assert_all_billed(rig)
        values = calls_of_station(rig, "TransactionEvent")[-1]["meterValue"]
        assert 40 <= len(values) <= STOP_VALUES_TOLD
        contexts = [value["sampledValue"][0]["context"] for value in values]
        assert contexts[0] == "Transaction.Begin"
        assert "Sample.Periodic" in contexts[1:]
        registers = [
            sample["value"] for value in values for sample in value["sampledValue"] if sample["measurand"] == REGISTER
        ]
        assert registers == sorted(registers)
        gained = [later - earlier for earlier, later in pairwise(registers)]
        assert max(gained) < (registers[-1] - registers[0]) / 4, "no long part of it is left out"

    often = {"tx_ended_sample_interval_seconds": "1", "meter_value_sample_interval_seconds": "60"}
    tell(tmp_path, "2.0.1", story, settings={**WANTED, **often, "tx_stop_point": "Authorized"})


def phases_told(rig: Rig) -> list[int]:
    events = calls_of_station(rig, "TransactionEvent")
    return [event["numberOfPhasesUsed"] for event in events if "numberOfPhasesUsed" in event]


@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.requirement("E02.FR.18", "E03.FR.13", "J02.FR.07")
def test_by_how_many_phases_the_ev_charges_is_told_once_it_is_known(tmp_path: Path, phases: int) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(plug=PlugIn(phases=phases))
        await rig.swipe()
        await charges(rig, 60)
        await rig.finish()
        await all_told(rig)
        assert phases_told(rig) == [phases]
        events = calls_of_station(rig, "TransactionEvent")
        (*_, last) = [event for event in events if event["triggerReason"] == "MeterValuePeriodic"]
        amps = {each["phase"]: each["value"] for each in samples(last, "Sample.Periodic") if "phase" in each}
        assert [amps[phase] > 6 for phase in ("L1", "L2", "L3")] == [phase <= phases for phase in (1, 2, 3)]

    tell(tmp_path, "2.0.1", story, settings={"meter_values_sampled_data": MIDDLE})


@pytest.mark.requirement("E02.FR.19", "E03.FR.14")
def test_another_number_of_phases_is_told_when_it_has_settled(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await Operator(rig).change(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT, "false")
        await rig.swipe()
        rig.plug_in(plug=PlugIn(phases=3))
        await charges(rig, 40)
        rig.plug_out(cable_stays=True)
        await rig.wait(5)
        rig.plug_in(plug=PlugIn(phases=1))
        await charges(rig, 40)
        await rig.finish()
        await all_told(rig)
        assert phases_told(rig) == [3, 1]

    tell(tmp_path, "2.0.1", story, settings={"tx_stop_point": "Authorized"})


@pytest.mark.requirement("E11.FR.07")
def test_what_a_lost_link_leaves_in_the_queue_is_told_as_of_offline(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        await rig.drained()
        before = len(calls_of_station(rig, "TransactionEvent"))
        rig.csms.is_black_hole = True
        await rig.wait(27)
        rig.csms.go_offline()
        rig.csms.is_black_hole = False
        await rig.wait(5)
        await reconnect(rig)
        await rig.drained()
        on_the_wire, queued, *_ = calls_of_station(rig, "TransactionEvent")[before:]
        assert "offline" not in on_the_wire, "said in the same words again"
        assert queued.get("offline") is True, "made while the link was up, told on the next one"
        await rig.wait(15)
        assert "offline" not in calls_of_station(rig, "TransactionEvent")[-1]
        await rig.finish()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


def test_where_that_is_turned_off_nothing_begins_before_the_station_is_accepted(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.go_offline()
        await rig.stop_controller()
        await rig.start_controller()
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe()
        await rig.wait(30)
        assert not rig.is_live()
        await reconnect(rig)
        await rig.until(lambda: rig.csms.record.is_boot_accepted, 60)
        await rig.wait(5)
        rig.csms.go_offline()
        await rig.wait(5)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.wait(5)
        await rig.finish()
        await reconnect(rig)
        await all_told(rig)
        assert_all_billed(rig)

    settings = {"tx_before_accepted_enabled": "false", "allow_offline_tx_for_unknown_id": "true"}
    tell(tmp_path, "2.0.1", story, settings=settings)


@pytest.mark.requirement("E07.FR.07")
def test_after_the_stop_the_cable_is_free(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        assert rig.truth()["locked"] is True
        await rig.swipe()
        await rig.until(lambda: rig.truth()["locked"] is False, 20)
        await all_told(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("C10.FR.09")
def test_what_the_csms_says_to_the_driver_is_not_kept_with_his_card(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        price = "0.25 EUR per kWh, 4711"
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(personal_message=price))
        await rig.charge(10)
        await rig.finish()
        await all_told(rig)
        assert any(price in text for _, _, text in rig.shown.notices)
        await rig.stop_controller()

    tell(tmp_path, "2.0.1", story)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("chargepoint.db*"))
    assert KNOWN_TOKEN.encode() in kept.upper()
    assert b"4711" not in kept


def test_a_transaction_that_never_drew_is_not_told_and_leaves_nothing_on_the_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(plug=PlugIn(ready_after_seconds=1000.0))
        await rig.wait(2)
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is not None, 10, "it waits for energy")
        await rig.wait(10)
        rig.plug_out()
        await rig.until(lambda: rig.snapshot().transaction is None, 10, "the EV has left")
        await rig.wait(5)
        assert not calls_of_station(rig, "TransactionEvent")
        await rig.stop_controller()

    tell(tmp_path, "2.0.1", story, settings={"tx_start_point": "EnergyTransfer"})
    with closing(sqlite3.connect(tmp_path / "chargepoint.db")) as database:
        assert database.execute("SELECT COUNT(*) FROM transactions").fetchone() == (0,)
    assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


def modes(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in directory.glob("chargepoint.db*")}


@pytest.mark.requirement("C10.FR.12")
def test_what_is_kept_of_cards_is_read_by_nobody_else_on_the_machine(tmp_path: Path) -> None:
    """A hash would hide no card: its numbers are few enough to be tried, and bills need them as they are."""

    async def story(rig: Rig) -> None:
        await rig.charge(10)
        await rig.finish()
        await all_told(rig)
        found = modes(tmp_path)
        assert set(found) >= {"chargepoint.db", "chargepoint.db-wal"}
        assert set(found.values()) == {0o600}, found

    tell(tmp_path, "2.0.1", story)
