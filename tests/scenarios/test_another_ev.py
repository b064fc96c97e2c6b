"""Another EV at the plug: it gets no power on the permission, and not on the bill, of the one before."""

from pathlib import Path

import pytest

from chargepoint.model.faults import Fault
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import ChargingState
from scenarios.stories import all_told, only_transaction, tell, under_both
from support.rig import START_WH, Rig

FREE_VEND = {"free_vend_active": "true"}


async def never_live(rig: Rig, seconds: float) -> None:
    for _ in range(int(seconds / 0.25)):
        await rig.wait(0.25)
        assert not rig.is_live(), "a stranger's EV is energised\n" + rig.describe()


@under_both
def test_an_ev_that_comes_while_no_controller_lives_gets_no_power_and_no_bill(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(30)
        await rig.stop_controller()
        await rig.wait(0.5)
        rig.plug_out()
        await rig.wait(1.5)
        mine_wh = rig.energy_wh() - START_WH
        rig.plug_in()
        await never_live(rig, 15)
        await rig.start_controller()
        await never_live(rig, 30)
        assert rig.snapshot().session is SessionState.FINISHED
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "PowerLoss"
        assert only_transaction(rig).energy_wh == pytest.approx(mine_wh, abs=1.0)
        await rig.swipe("AA11BB22")
        await rig.until(rig.is_live, 30, "the stranger may pay for himself")

    tell(tmp_path, version, story)


@under_both
def test_the_same_ev_goes_on_after_a_controller_that_was_away_for_long(tmp_path: Path, version: str) -> None:
    """Safety has lived on and nobody has unplugged: no clock is needed to know whose EV it is."""

    async def story(rig: Rig) -> None:
        await rig.charge(20)
        await rig.stop_controller()
        await rig.rest(1200)
        assert not rig.is_live(), "the lease has run out"
        await rig.start_controller()
        await rig.until(rig.is_live, 60, "the same EV goes on")
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "Local"
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story)


@under_both
def test_free_charging_goes_on_for_each_ev_that_comes(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        for _ in range(3):
            rig.plug_in()
            await rig.until(rig.is_live, 30, "the EV charges")
            await rig.wait(12)
            rig.plug_out()
            await rig.until(lambda: not rig.is_live(), 1, "no power without an EV")
            await rig.wait(12)
        await all_told(rig)
        assert len(rig.csms.core.transactions) == 3
        assert rig.bill_wh() == pytest.approx(rig.energy_wh() - START_WH, abs=3.0)

    tell(tmp_path, version, story, settings=FREE_VEND)


@under_both
def test_a_transaction_that_outlives_an_unplugging_gets_a_new_permission(tmp_path: Path, version: str) -> None:
    """StopTransactionOnEVSideDisconnect off: unplugging suspends, plugging in goes on, with or without a restart."""

    async def story(rig: Rig) -> None:
        await rig.charge(15)
        rig.plug_out()
        await rig.wait(12)
        rig.plug_in()
        await rig.until(rig.is_live, 30, "it goes on")
        await rig.wait(12)
        await rig.stop_controller()
        await rig.wait(2)
        await rig.start_controller()
        await rig.wait(5)
        assert rig.is_live(), "the plug-in that is charged now is the one that counts"
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "Local"

    settings = {"stop_transaction_on_ev_side_disconnect": "false", "tx_stop_point": "Authorized"}
    tell(tmp_path, version, story, settings=settings)


@under_both
@pytest.mark.parametrize("minutes_off", [0, 30])
def test_a_power_cut_that_no_clock_measured_resumes_nothing(tmp_path: Path, version: str, minutes_off: int) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(30)
        rig.csms.go_offline()
        await rig.wait(2)
        mine_wh = rig.energy_wh() - START_WH
        await rig.power_cut()
        rig.plug_out()
        await rig.rest(10 + minutes_off * 60)
        rig.plug_in()
        await rig.power_up(wait=False)
        await rig.wait(30)
        assert "right time" in str(rig.snapshot().why_not_charging)
        await never_live(rig, 120)
        assert rig.snapshot().session is SessionState.FINISHED
        rig.csms.come_back()
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "PowerLoss"
        assert only_transaction(rig).energy_wh == pytest.approx(mine_wh, abs=2.0)
        await rig.swipe()
        await rig.until(rig.is_live, 30, "a new swipe begins anew")
        await rig.wait(8)
        await rig.finish()
        await all_told(rig)
        assert len(rig.csms.core.transactions) == 2

    tell(tmp_path, version, story, clock_is_trusted=False)


@under_both
def test_a_short_cut_goes_on_once_the_csms_has_told_the_time(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(30)
        rig.csms.go_offline()
        await rig.wait(2)
        await rig.power_cut()
        await rig.wait(60)
        await rig.power_up(wait=False)
        await never_live(rig, 20)
        rig.csms.come_back()
        await rig.until(rig.is_live, 60, "the same EV goes on")
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "Local"
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story, clock_is_trusted=False)


@under_both
@pytest.mark.parametrize("seconds_away", [30, 1200])
def test_a_safety_process_that_was_away_for_long_is_asked_for_no_power(
    tmp_path: Path, version: str, seconds_away: int
) -> None:
    """Half a minute is the same EV; after twenty it may be another one, and the bill ends with what has flowed."""

    async def story(rig: Rig) -> None:
        await rig.charge(30)
        rig.lose_safety()
        mine_wh = rig.energy_wh() - START_WH
        await rig.rest(seconds_away)
        assert rig.snapshot().faults == {Fault.SAFETY_LINK_LOST}
        assert rig.csms.record.status(1) == "Faulted"
        rig.plug_out()
        rig.plug_in()
        rig.restart_safety()
        if seconds_away < 600:
            await rig.until(rig.is_live, 60, "it goes on")
            await rig.finish()
            await all_told(rig)
            assert only_transaction(rig).stop_reason == "Local"
            return
        await never_live(rig, 60)
        assert rig.snapshot().session is SessionState.FINISHED
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "PowerLoss"
        assert only_transaction(rig).energy_wh == pytest.approx(mine_wh, abs=1.0)
        await rig.swipe()
        await rig.until(rig.is_live, 30, "a new swipe begins anew")

    tell(tmp_path, version, story)


@under_both
def test_a_safety_process_that_hangs_is_not_believed(tmp_path: Path, version: str) -> None:
    """Its socket is open and it says nothing: as if the process were stopped."""

    async def story(rig: Rig) -> None:
        await rig.charge(30)
        hung, rig.safety = rig.safety, None
        await rig.wait(5.6)
        assert rig.snapshot().faults == {Fault.SAFETY_LINK_LOST}
        assert not rig.snapshot().power_allowed
        assert rig.snapshot().charging_state is ChargingState.SUSPENDED_EVSE
        await rig.wait(2)
        assert rig.csms.record.status(1) == "Faulted"
        rig.safety = hung
        await rig.until(lambda: not rig.snapshot().faults, 2, "it is heard again")
        await rig.until(rig.is_live, 60, "it goes on")
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "Local"
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story)


@under_both
def test_the_safety_process_saw_the_exchange_before_the_controller_was_back(tmp_path: Path, version: str) -> None:
    """A short power cut and a slow start: what a new watch has seen counts, however short the outage was."""

    async def story(rig: Rig) -> None:
        await rig.charge(30)
        await rig.stop_controller()
        rig.lose_safety()
        await rig.wait(2)
        rig.restart_safety()
        await rig.wait(10)
        rig.plug_out()
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(5)
        await rig.start_controller()
        await never_live(rig, 20)
        await rig.drained()
        assert only_transaction(rig).stop_reason == "PowerLoss"

    tell(tmp_path, version, story)
