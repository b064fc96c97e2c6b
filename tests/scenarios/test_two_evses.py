"""Two EVSEs and one reader between them."""

from pathlib import Path

import pytest

from dev_csms.tokens import TokenRule
from scenarios.stories import all_told, only_transaction, tell, tell_twice, under_both
from support.rig import KNOWN_TOKEN, START_WH, Rig

SECOND_CARD = "0499AA11"


def test_two_sessions_at_once_are_two_bills_that_do_not_mix(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(1)
        await rig.wait(2)
        await rig.swipe()
        await rig.until(lambda: rig.is_live(1), 10)
        rig.plug_in(2)
        await rig.wait(2)
        await rig.swipe(SECOND_CARD)
        await rig.until(lambda: rig.is_live(2), 10)
        await rig.wait(10)
        await rig.swipe(KNOWN_TOKEN)
        await rig.until(lambda: not rig.is_live(1), 15)
        assert rig.is_live(2)
        await rig.wait(10)
        rig.plug_out(2)
        await all_told(rig)
        first, second = rig.csms.core.transactions
        assert (first.evse_id, first.id_token) == (1, KNOWN_TOKEN)
        assert (second.evse_id, second.id_token) == (2, SECOND_CARD)
        for transaction in (first, second):
            flowed_wh = rig.energy_wh(transaction.evse_id or 0) - START_WH
            assert transaction.energy_wh == pytest.approx(flowed_wh, abs=1.0)

    tell_twice(tmp_path, story, evses=2)


@under_both
def test_a_card_is_for_the_evse_that_somebody_plugs_into(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.swipe()
        await rig.wait(5)
        rig.plug_in(2)
        await rig.until(lambda: rig.is_live(2), 10)
        assert only_transaction(rig).evse_id == 2
        assert not rig.is_live(1)

    tell(tmp_path, version, story, evses=2)


@under_both
def test_a_fault_at_one_evse_leaves_the_other_charging(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(2)
        await rig.wait(2)
        await rig.swipe()
        await rig.until(lambda: rig.is_live(2), 10)
        rig.world.set_fault(1, "residual_current", True)
        await rig.wait(3)
        assert rig.csms.record.status(1) == "Faulted"
        assert rig.is_live(2)

    tell(tmp_path, version, story, evses=2)


@under_both
def test_a_colleague_s_card_starts_his_own_waiting_ev_and_stops_nobody(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        for card in (KNOWN_TOKEN, SECOND_CARD):
            rig.csms.core.tokens.set(card, TokenRule(group_id="FLEET"))
        rig.plug_in(1)
        await rig.wait(2)
        await rig.swipe()
        await rig.until(lambda: rig.is_live(1), 10)
        await rig.wait(30)
        rig.plug_in(2)
        await rig.wait(2)
        await rig.swipe(SECOND_CARD)
        await rig.until(lambda: rig.is_live(2), 10)
        assert rig.is_live(1)
        await rig.wait(30)
        await rig.swipe(SECOND_CARD)
        await rig.until(lambda: not rig.is_live(2), 15)
        assert rig.is_live(1), "the same card stops its own transaction, not the group's other one"
        await rig.swipe(SECOND_CARD)
        await rig.until(lambda: not rig.is_live(1), 15)

    tell(tmp_path, version, story, evses=2)
