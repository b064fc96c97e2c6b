"""The CSMS refuses a card whose transaction has begun without it."""

from pathlib import Path

import pytest

from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.stories import (
    UNKNOWN_CARDS,
    all_told,
    is_1_6,
    only_transaction,
    start_offline,
    tell,
    under_both,
)
from support.rig import KNOWN_TOKEN, START_WH, Rig


@under_both
@pytest.mark.requirement("E05.FR.10")
def test_a_late_refusal_ends_the_transaction(tmp_path: Path, version: str) -> None:
    """StopTransactionOnInvalidId."""

    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
        await start_offline(rig)
        await rig.until(rig.is_live, 10)
        await rig.wait(10)
        rig.csms.come_back()
        await rig.until(lambda: not rig.is_live(), 60, "deauthorised")
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "DeAuthorized"
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story, settings=UNKNOWN_CARDS)


@under_both
def test_a_late_refusal_without_the_stop_suspends_until_the_ev_leaves(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
        await start_offline(rig)
        await rig.until(rig.is_live, 10)
        await rig.wait(5)
        rig.csms.come_back()
        await rig.until(lambda: not rig.is_live(), 60, "no more energy")
        await rig.wait(10)
        assert only_transaction(rig).is_running
        assert rig.csms.record.status(1) == ("SuspendedEVSE" if is_1_6(rig) else "Occupied")
        rig.plug_out()
        await all_told(rig)
        assert only_transaction(rig).has_ended

    tell(tmp_path, version, story, settings=UNKNOWN_CARDS | {"stop_transaction_on_invalid_id": "false"})


@under_both
@pytest.mark.requirement("E05.FR.03")
def test_a_late_refusal_may_leave_some_energy_to_get_home(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
        await start_offline(rig)
        await rig.until(rig.is_live, 10)
        rig.csms.come_back()
        await rig.until(lambda: len(rig.csms.core.transactions) == 1, 60, "the start is told")
        refused_at_wh = rig.energy_wh()
        assert rig.is_live()
        await rig.until(lambda: not rig.is_live(), 60, "the allowance is used up")
        assert rig.energy_wh() - refused_at_wh == pytest.approx(100, abs=30)

    settings = UNKNOWN_CARDS | {"stop_transaction_on_invalid_id": "false", "max_energy_on_invalid_id_wh": "100"}
    tell(tmp_path, version, story, settings=settings)
