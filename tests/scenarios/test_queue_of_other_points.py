"""Transactions that 2.0.1's TxStartPoint and TxStopPoint began and ended elsewhere leave in 1.6, which knows one span.

1.6 has no transaction before somebody is authorised and the EV is there: it is told of what was billed, and of no more.
"""

from pathlib import Path

import pytest

from dev_csms.records import AnomalyKind
from scenarios.cut_books import assert_billed, moved_wh
from scenarios.power_cuts import CutStation, Terms
from scenarios.test_queue_changes_dialect import move
from support.rig import START_WH
from support.virtual_time import run_virtual

GAP = frozenset({AnomalyKind.SEQUENCE_GAP})
ROUNDING_WH = 1.0

UNTIL_THE_EV_LEAVES = Terms("EVConnected", "EVConnected")
AUTHORIZATION = Terms("Authorized", "Authorized")
ENERGY = Terms("EnergyTransfer", "EnergyTransfer,PowerPathClosed")
every_span = pytest.mark.parametrize(
    "terms", [UNTIL_THE_EV_LEAVES, AUTHORIZATION, ENERGY], ids=lambda each: f"{each.starts} to {each.ends}"
)


@every_span
@pytest.mark.parametrize("told_before", [False, True], ids=["offline", "half told"])
@pytest.mark.parametrize("card_first", [False, True], ids=["plug first", "card first"])
def test_wherever_a_transaction_began_1_6_gets_one_pair(
    terms: Terms, told_before: bool, card_first: bool, memory_path: Path
) -> None:
    station = CutStation(memory_path, "2.0.1", terms=terms)

    async def story() -> None:
        async with station:
            if not told_before:
                station.csms.go_offline()
            await begin(station, card_first)
            station.csms.go_offline()
            await station.wait(6.0)
            await station.swipe()
            await station.until(lambda: not station.is_live(), what="the contactor is open")
            await station.wait(3.0)
            station.plug_out()
            await station.wait(3.0)
            move(station, "1.6")
            await station.drained()
            await station.wait(1.0)

    run_virtual(story())
    assert_one_pair(station)


def test_several_authorisations_in_one_transaction_are_one_pair_in_1_6(memory_path: Path) -> None:
    station = CutStation(memory_path, "2.0.1", terms=UNTIL_THE_EV_LEAVES)

    async def story() -> None:
        async with station:
            station.csms.go_offline()
            await begin(station, card_first=False)
            for _ in range(2):
                await station.wait(6.0)
                await station.swipe()
                await station.until(lambda: not station.is_live(), what="the contactor is open")
                await station.wait(8.0)
                await station.swipe()
                await station.until(station.is_live, what="charging again")
            await station.wait(6.0)
            station.plug_out()
            await station.wait(3.0)
            move(station, "1.6")
            await station.drained()
            await station.wait(1.0)

    run_virtual(story())
    assert_one_pair(station)
    assert station.csms.core.transactions[0].stop_reason == "EVDisconnected"


def test_an_ev_that_nobody_was_authorised_for_is_nothing_in_1_6(memory_path: Path) -> None:
    station = CutStation(memory_path, "2.0.1", terms=UNTIL_THE_EV_LEAVES)

    async def story() -> None:
        async with station:
            station.csms.go_offline()
            station.plug_in()
            await station.wait(20.0)
            station.plug_out()
            await station.wait(3.0)
            move(station, "1.6")
            await station.drained()
            await station.wait(1.0)

    run_virtual(story())
    assert_billed(station, transactions=0)


def test_a_card_whose_ev_never_came_is_nothing_in_1_6(memory_path: Path) -> None:
    station = CutStation(memory_path, "2.0.1", terms=AUTHORIZATION)

    async def story() -> None:
        async with station:
            station.csms.go_offline()
            await station.swipe()
            await station.wait(10.0)
            await station.swipe()
            await station.wait(3.0)
            move(station, "1.6")
            await station.drained()
            await station.wait(1.0)

    run_virtual(story())
    assert_billed(station, transactions=0)


async def begin(station: CutStation, card_first: bool) -> None:
    """Charging, with what comes first a while before the other."""
    if card_first:
        await station.swipe()
        await station.wait(4.0)
        station.plug_in()
    else:
        station.plug_in()
        await station.wait(9.0)
        await station.swipe()
    await station.until(station.is_live, what="the contactor is closed")


def assert_one_pair(station: CutStation) -> None:
    assert_billed(station, transactions=1, forgiven=GAP)
    (transaction,) = station.csms.core.transactions
    assert str(transaction.version) == "1.6"
    assert transaction.start_wh == pytest.approx(START_WH, abs=ROUNDING_WH)
    assert transaction.energy_wh == pytest.approx(moved_wh(station), abs=ROUNDING_WH)
    assert moved_wh(station) > 30.0
