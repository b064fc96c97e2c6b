"""What breaks while somebody charges: the power goes off in time, the CSMS hears why, the bill stays right."""

from pathlib import Path

import pytest

from chargepoint.charging.commands import AcknowledgeFaults
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint_hal.bench.ev import PlugIn
from scenarios.stories import (
    all_told,
    calls_of_station,
    charging_states,
    is_1_6,
    only_transaction,
    tell,
    told_statuses,
    under_both,
)
from support.rig import START_WH, Rig


def last_error_code(rig: Rig) -> str | None:
    code = [note.error_code for note in rig.csms.record.statuses if note.evse_id == 1][-1]
    return None if code is None else str(code)


STOPPING = [
    ("residual_current", {"1.6": "Other", "2.0.1": "GroundFault"}, "GroundFailure"),
    ("emergency_stop", {"1.6": "EmergencyStop", "2.0.1": "EmergencyStop"}, "OtherError"),
]


@under_both
@pytest.mark.parametrize(("fault", "reason", "code"), STOPPING)
@pytest.mark.requirement("E06.FR.16", "E07.FR.06")
def test_a_dangerous_fault_ends_the_transaction(
    tmp_path: Path, version: str, fault: str, reason: dict[str, str], code: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(8)
        rig.world.set_fault(1, fault, True)
        await rig.until(lambda: not rig.is_live(), 0.5, "the contactor opens at once")
        await all_told(rig)
        assert rig.csms.record.status(1) == "Faulted"
        if is_1_6(rig):
            assert last_error_code(rig) == code
        else:
            assert calls_of_station(rig, "TransactionEvent")[-1]["triggerReason"] == "AbnormalCondition"
        assert only_transaction(rig).stop_reason == reason[version]
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)
        await rig.swipe()
        await rig.wait(5)
        assert not rig.is_live()

    tell(tmp_path, version, story)


@under_both
def test_overheating_suspends_and_cooling_resumes(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(6)
        rig.world.set_fault(1, "over_temperature", True)
        await rig.until(lambda: not rig.is_live(), 15, "no power while hot")
        await rig.wait(5)
        assert only_transaction(rig).is_running
        assert rig.csms.record.status(1) == "Faulted"
        rig.world.set_fault(1, "over_temperature", False)
        await rig.until(rig.is_live, 60, "charging goes on")
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)
        if not is_1_6(rig):
            states = charging_states(rig)
            assert "Charging" in states[states.index("SuspendedEVSE") :]

    tell(tmp_path, version, story)


@under_both
def test_a_welded_contactor_is_told_and_stays_told_over_a_restart(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(6)
        rig.world.set_fault(1, "contactor_welded", True)
        await rig.swipe()
        await rig.until(lambda: rig.csms.record.status(1) == "Faulted", 20, "the weld is noticed")
        await all_told(rig)
        assert only_transaction(rig).has_ended
        if is_1_6(rig):
            assert last_error_code(rig) == "PowerSwitchFailure"
        told = len(rig.csms.record.statuses)
        await rig.power_cut()
        await rig.wait(2)
        await rig.power_up()
        await rig.until(lambda: len(rig.csms.record.statuses) > told, 20, "a status after the restart")
        await rig.wait(3)
        assert rig.csms.record.status(1) == "Faulted"
        assert Fault.CONTACTOR_WELDED in rig.snapshot().faults

    tell(tmp_path, version, story)


@under_both
def test_without_a_meter_reading_nothing_starts_and_nothing_is_told_as_0(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "meter_silent", True)
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.wait(10)
        assert not rig.is_live()
        assert rig.csms.core.transactions == []
        rig.world.set_fault(1, "meter_silent", False)
        await rig.wait(8)
        if not rig.is_live():
            await rig.swipe()
        await rig.until(rig.is_live, 10, "the meter is back")
        assert only_transaction(rig).start_wh == pytest.approx(START_WH, abs=1)

    tell(tmp_path, version, story)


@under_both
@pytest.mark.parametrize("fault", ["meter_silent", "meter_frozen"])
def test_a_meter_that_fails_in_the_middle_costs_no_energy_and_is_never_stamped_anew(
    tmp_path: Path, version: str, fault: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(12)
        rig.world.set_fault(1, fault, True)
        await rig.wait(40)
        transaction = only_transaction(rig)
        stale = [reading for reading in transaction.readings if reading.at and reading.at > rig.utc_now()]
        assert stale == []
        registers = [reading.energy_wh for reading in transaction.readings]
        assert registers == sorted(registers)
        rig.world.set_fault(1, fault, False)
        await rig.wait(15)
        await rig.swipe()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story)


@under_both
@pytest.mark.parametrize("jump_wh", [-500_000.0, 900_000.0])
def test_a_register_that_jumps_is_held_and_not_billed(tmp_path: Path, version: str, jump_wh: float) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(12)
        flowed_wh = rig.energy_wh() - START_WH
        rig.world.set_energy(1, rig.energy_wh() + jump_wh)
        await rig.wait(3)
        await rig.swipe()
        await all_told(rig)
        energy_wh = only_transaction(rig).energy_wh
        assert energy_wh is not None
        assert flowed_wh - 20 <= energy_wh <= flowed_wh + 60

    tell(tmp_path, version, story)


@under_both
def test_a_silent_reader_is_a_warning_and_charging_goes_on(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        rig.world.set_fault(1, "reader_silent", True)
        await rig.wait(10)
        assert rig.is_live()
        assert "Faulted" not in told_statuses(rig)

    tell(tmp_path, version, story)


def test_an_ev_that_flaps_for_an_hour_wears_out_no_contactor(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        seen: list[int] = []
        reasons: set[str | None] = set()
        rig.plug_in(plug=PlugIn(quirk="chatter"))
        await rig.wait(1)
        await rig.swipe()
        for _ in range(180):
            await rig.rest(20.0)
            observation = rig.snapshot().observation
            assert observation is not None
            seen.append(observation.closings)
            reasons.add(rig.snapshot().why_not_charging)
        assert 6 <= seen[-1] <= 24, "six in ten minutes at most, and rests that grow"
        assert seen[-1] - seen[89] <= 12
        assert "the EV asked for power too often; the contactor rests" in reasons
        assert only_transaction(rig).is_running

    tell(tmp_path, "1.6", story, poll_seconds=4.0)


@under_both
def test_a_mirror_contact_that_falls_silent_takes_the_power_away(tmp_path: Path, version: str) -> None:
    """A weld could not be seen any more; when it answers again, charging goes on."""

    async def story(rig: Rig) -> None:
        await rig.charge(8)
        rig.world.set_fault(1, "contactor_feedback_missing", True)
        await rig.until(lambda: not rig.is_live(), 15, "no power that nobody watches")
        await rig.wait(5)
        assert rig.csms.record.status(1) == "Faulted"
        if is_1_6(rig):
            assert last_error_code(rig) == "PowerSwitchFailure"
        rig.world.set_fault(1, "contactor_feedback_missing", False)
        await rig.until(rig.is_live, 90, "charging goes on")
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story)


@under_both
def test_a_welded_contactor_is_remembered_until_it_is_acknowledged(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "contactor_welded", True)
        await rig.charge(20)
        await rig.swipe()
        await rig.wait(30)
        rig.plug_out()
        await rig.wait(5)
        assert Fault.CONTACTOR_WELDED in rig.snapshot().faults
        await rig.power_cut()
        await rig.wait(3)
        rig.world.set_fault(1, "contactor_welded", False)
        await rig.power_up()
        await rig.wait(10)
        assert rig.snapshot().faults == {Fault.CONTACTOR_WELDED}
        assert rig.csms.record.status(1) == "Faulted"
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.wait(30)
        assert not rig.is_live()
        assert rig.snapshot().transaction is None
        assert rig.assembly is not None
        verdict = await rig.assembly.controller.execute(AcknowledgeFaults(EvseId(1)))
        assert verdict.reason == "acknowledged: contactor_welded"
        await rig.until(lambda: not rig.snapshot().faults, 2, "the fault is over")
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(10)
        assert rig.snapshot().faults == frozenset(), "and stays over"
        await rig.swipe()
        await rig.until(rig.is_live, 30, "it works again")
        await rig.wait(8)
        await rig.finish()
        await all_told(rig)

    tell(tmp_path, version, story)


def test_an_acknowledgement_while_the_contactor_is_welded_clears_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "contactor_welded", True)
        await rig.charge(20)
        await rig.swipe()
        await rig.wait(30)
        rig.plug_out()
        await rig.wait(5)
        assert rig.assembly is not None
        await rig.assembly.controller.execute(AcknowledgeFaults(EvseId(1)))
        await rig.wait(5)
        rig.world.set_fault(1, "contactor_welded", False)
        await rig.wait(5)
        assert rig.snapshot().faults == {Fault.CONTACTOR_WELDED}
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(10)
        assert rig.snapshot().faults == {Fault.CONTACTOR_WELDED}

    tell(tmp_path, "2.0.1", story)
