"""Two and three connectors behind one station: whose card, whose energy, whose fault."""

from functools import partial
from pathlib import Path

import pytest

from chargepoint.charging.effects import Notice
from dev_csms.tokens import TokenRule
from scenarios.outlets import ALICE, BOB, CAROL, ONE_EACH, charges, status
from scenarios.stories import (
    Operator,
    all_told,
    calls_of_station,
    only_transaction,
    tell,
    tell_twice,
    under_both,
)
from support.rig import START_WH, Rig


async def at_reader(rig: Rig, card: str, evse: int) -> None:
    await rig.swipe(card, evses=(evse,))


# Cards and readers


@under_both
def test_with_a_reader_each_the_card_means_that_outlet_and_no_other(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(1)
        await rig.wait(2)
        await at_reader(rig, ALICE, 2)
        await rig.wait(5)
        assert not rig.is_live(1), "an EV waits at 1, but the card was held to 2"
        rig.plug_in(2)
        await rig.until(lambda: rig.is_live(2), 20)
        assert not rig.is_live(1)
        assert only_transaction(rig).evse_id == 2

    tell(tmp_path, version, story, evses=2, readers=ONE_EACH)


@under_both
def test_with_a_reader_each_a_plug_elsewhere_takes_nobodys_authorisation(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await at_reader(rig, ALICE, 1)
        await rig.wait(2)
        rig.plug_in(2)
        await rig.wait(15)
        assert not rig.is_live(2)
        rig.plug_in(1)
        await rig.until(lambda: rig.is_live(1), 20)
        assert only_transaction(rig).evse_id == 1

    tell(tmp_path, version, story, evses=2, readers=ONE_EACH)


@under_both
def test_with_one_reader_the_card_means_the_ev_that_waits(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(3)
        await rig.wait(2)
        await rig.swipe(ALICE)
        await rig.until(lambda: rig.is_live(3), 20)
        await rig.swipe(BOB)
        await rig.wait(3)
        rig.plug_in(1)
        await rig.until(lambda: rig.is_live(1), 20, "the plug decides for the second card")
        assert [(one.evse_id, one.id_token) for one in rig.csms.core.transactions] == [(3, ALICE), (1, BOB)]
        assert not rig.is_live(2)

    tell(tmp_path, version, story, evses=3)


@pytest.mark.parametrize("readers", [None, ONE_EACH])
def test_two_sessions_cross_and_each_is_stopped_by_its_own_card(
    tmp_path: Path, readers: tuple[tuple[int, ...], ...] | None
) -> None:
    """The first to come is the last to go."""

    async def story(rig: Rig) -> None:
        await charges(rig, 1, ALICE)
        await rig.wait(10)
        await charges(rig, 2, BOB)
        await rig.wait(10)
        await rig.swipe(BOB, evses=(2,))
        await rig.until(lambda: not rig.is_live(2), 15)
        assert rig.is_live(1)
        rig.plug_out(2)
        await rig.wait(5)
        await charges(rig, 2, BOB)
        await rig.wait(10)
        await rig.swipe(ALICE, evses=(1,))
        await rig.until(lambda: not rig.is_live(1), 15)
        assert rig.is_live(2)
        rig.plug_out(1)
        await rig.wait(10)
        rig.plug_out(2)
        await all_told(rig)
        told = [(one.evse_id, one.id_token) for one in rig.csms.core.transactions]
        assert told == [(1, ALICE), (2, BOB), (2, BOB)]
        for evse in (1, 2):
            billed_wh = sum(one.energy_wh or 0 for one in rig.csms.core.transactions if one.evse_id == evse)
            assert billed_wh == pytest.approx(rig.energy_wh(evse) - START_WH, abs=2.0)

    tell_twice(tmp_path, story, evses=2, readers=readers)


@under_both
def test_a_card_at_the_other_outlets_reader_stops_nothing(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await charges(rig, 1, ALICE)
        await charges(rig, 2, BOB)
        await rig.wait(10)
        await at_reader(rig, ALICE, 2)
        await rig.wait(10)
        assert rig.is_live(1)
        assert rig.is_live(2)
        assert rig.shown.notices[-1][0] is Notice.NO_FREE_EVSE
        await at_reader(rig, ALICE, 1)
        await rig.until(lambda: not rig.is_live(1), 15)
        assert rig.is_live(2)

    tell(tmp_path, version, story, evses=2, readers=ONE_EACH)


@under_both
def test_a_card_of_the_group_stops_the_outlet_at_whose_reader_it_is_held(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        for card in (ALICE, BOB, CAROL):
            rig.csms.core.tokens.set(card, TokenRule(group_id="FLEET"))
        await charges(rig, 1, ALICE)
        await charges(rig, 2, BOB)
        await rig.wait(10)
        await at_reader(rig, CAROL, 2)
        await rig.until(lambda: not rig.is_live(2), 15)
        assert rig.is_live(1)

    tell(tmp_path, version, story, evses=2, readers=ONE_EACH)


@under_both
def test_a_remote_start_and_a_remote_stop_mean_their_connector(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        for evse in (1, 2, 3):
            rig.plug_in(evse)
        await rig.wait(3)
        operator = Operator(rig)
        for evse in (3, 1):
            assert await operator.start(evse, token=f"REMOTE{evse}") == "Accepted"
            await rig.until(partial(rig.is_live, evse), 20)
        assert not rig.is_live(2)
        third, first = rig.csms.core.transactions
        assert (third.evse_id, first.evse_id) == (3, 1)
        await rig.wait(10)
        assert await operator.stop(third.transaction_id) == "Accepted"
        await rig.until(lambda: not rig.is_live(3), 15)
        assert rig.is_live(1)
        assert await operator.start(1, token="REMOTE9") == "Rejected", "it is in use"

    tell(tmp_path, version, story, evses=3)


# Meters


def test_samples_name_their_connector_and_their_transaction(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charges(rig, 1, ALICE)
        await charges(rig, 2, BOB)
        await rig.wait(45)
        numbers = {one.evse_id: one.transaction_id for one in rig.csms.core.transactions}
        sampled = calls_of_station(rig, "MeterValues")
        assert {(each["connectorId"], each["transactionId"]) for each in sampled} == set(numbers.items())
        for one in rig.csms.core.transactions:
            registers = [reading.energy_wh for reading in one.readings]
            assert len(registers) >= 4
            assert registers == sorted(registers)
            assert registers[-1] <= rig.energy_wh(one.evse_id or 0) + 1

    tell(tmp_path, "1.6", story, evses=2)


@under_both
def test_a_meter_that_falls_silent_harms_only_its_own_outlet(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "meter_silent", True)
        await rig.wait(10)
        rig.plug_in(1)
        await rig.wait(2)
        await rig.swipe(ALICE, evses=(1,))
        await rig.wait(15)
        assert not rig.is_live(1), "nothing is billed by guess"
        await charges(rig, 2, BOB)
        await rig.wait(10)
        rig.plug_out(2)
        await all_told(rig)
        one = only_transaction(rig)
        assert one.evse_id == 2
        assert one.energy_wh == pytest.approx(rig.energy_wh(2) - START_WH, abs=1.0)

    tell(tmp_path, version, story, evses=2, readers=ONE_EACH)


# Reservations and faults


def test_a_reservation_of_one_connector_leaves_the_other_to_everybody(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        until = rig.utc_now().replace(year=2027).isoformat()
        wire = {"connectorId": 1, "expiryDate": until, "idTag": ALICE, "reservationId": 5}
        answer = await rig.csms.call("ReserveNow", wire)
        assert answer.payload == {"status": "Accepted"}
        await rig.until(lambda: status(rig, 1) == "Reserved", 10)
        assert status(rig, 2) == "Available"
        rig.plug_in(1)
        rig.plug_in(2)
        await rig.wait(2)
        await rig.swipe(BOB)
        await rig.until(lambda: rig.is_live(2), 20, "a stranger's card goes past the reserved one")
        assert not rig.is_live(1)
        await rig.swipe(ALICE)
        await rig.until(lambda: rig.is_live(1), 20)
        await rig.wait(3)
        starts = calls_of_station(rig, "StartTransaction")
        assert [(each["connectorId"], each.get("reservationId")) for each in starts] == [(2, None), (1, 5)]

    tell(tmp_path, "1.6", story, evses=2)


@under_both
def test_a_fault_ends_one_session_and_spares_the_others(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        for evse, card in ((1, ALICE), (2, BOB), (3, CAROL)):
            await charges(rig, evse, card)
        await rig.wait(5)
        rig.world.set_fault(2, "residual_current", True)
        await rig.until(lambda: not rig.is_live(2), 1)
        await rig.wait(10)
        assert rig.is_live(1)
        assert rig.is_live(3)
        assert [one.has_ended for one in rig.csms.core.transactions] == [False, True, False]
        assert status(rig, 2) == "Faulted"
        assert {status(rig, 1), status(rig, 3)} <= {"Charging", "Occupied"}

    tell(tmp_path, version, story, evses=3)


@under_both
def test_a_power_cut_resumes_each_session_on_its_own_outlet(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await charges(rig, 1, ALICE)
        await charges(rig, 3, BOB)
        await rig.wait(10)
        await rig.power_cut()
        await rig.wait(20)
        await rig.power_up()
        await rig.until(lambda: rig.is_live(1) and rig.is_live(3), 60, "both go on")
        assert not rig.is_live(2)
        await rig.wait(10)
        for evse in (1, 3):
            rig.plug_out(evse)
        await all_told(rig)
        assert len(rig.csms.core.transactions) == 2
        for one in rig.csms.core.transactions:
            assert one.energy_wh == pytest.approx(rig.energy_wh(one.evse_id or 0) - START_WH, abs=1.0)

    tell(tmp_path, version, story, evses=3)
