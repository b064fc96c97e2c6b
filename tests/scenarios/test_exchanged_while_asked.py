"""The CSMS is asked about a card, and before it answers another EV is at the plug: nothing of that answer is for it.

At every TxStartPoint, whether the controller has seen the exchange or only safety has, and also where the answer comes
first and the news of the exchange after it. What counts is the contactor and the CSMS's books.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dev_csms.faults import CsmsFault, FaultKind
from scenarios.stories import UNKNOWN_CARDS, Operator, all_told, assert_all_billed, tell
from support.rig import KNOWN_TOKEN, START_WH, Rig

BILLED = "04B0B0B0"  # an idTag
SLOW_SECONDS = 8.0
POINTS = ["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer", "EVConnected,Authorized"]
AT_EVERY_START = [("1.6", ""), *(("2.0.1", points) for points in POINTS)]
at_every_start = pytest.mark.parametrize(("version", "starts"), AT_EVERY_START, ids=lambda each: each or "as it is")

Exchange = Callable[[Rig], Awaitable[None]]


def settings(starts: str, *, waits_seconds: int = 20, **more: str) -> dict[str, str]:
    chosen = {"tx_start_point": starts} if starts else {}
    patience = {"message_timeout_seconds": "30", "authorization_timeout_seconds": str(waits_seconds)}
    return {**chosen, **patience, "local_pre_authorize": "false", **more}


def slow(rig: Rig, seconds: float = SLOW_SECONDS) -> None:
    rig.csms.core.faults.add(CsmsFault(FaultKind.DELAY, "Authorize", seconds=seconds))


async def seen(rig: Rig) -> None:
    rig.plug_out()
    await rig.wait(1.5)
    rig.plug_in()
    await rig.wait(0.5)


async def unseen(rig: Rig) -> None:
    await rig.exchange_unseen()


async def replugged(rig: Rig) -> None:
    """Again and again, by somebody who plays with the plug."""
    for _ in range(3):
        rig.plug_out()
        await rig.wait(0.3)
        rig.plug_in()
        await rig.wait(0.3)


async def while_safety_restarts(rig: Rig) -> None:
    """Nobody watches the plug, for less time than a link is lost by."""
    rig.lose_safety()
    rig.plug_out()
    await rig.wait(0.3)
    rig.plug_in()
    await rig.wait(0.2)
    rig.restart_safety()
    await rig.wait(4)


EXCHANGES = [seen, unseen, replugged, while_safety_restarts]
every_exchange = pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda each: each.__name__)


async def never_live(rig: Rig, seconds: float) -> None:
    for _ in range(int(seconds / 0.25)):
        await rig.wait(0.25)
        assert not rig.is_live(), "the other EV is energised\n" + rig.describe()


async def is_the_next_drivers(rig: Rig) -> None:
    """Nothing has flowed, nobody is billed; the one who is there now charges on his own card alone."""
    assert rig.energy_wh() == START_WH
    await rig.swipe(BILLED)
    await rig.until(rig.is_live, 30, "the next driver pays for himself")
    await rig.wait(12)
    await rig.swipe(BILLED)
    await rig.until(lambda: not rig.is_live(), 20, "and stops")
    rig.plug_out()
    await rig.wait(3)
    await all_told(rig)
    assert_all_billed(rig)
    billed = {each.id_token for each in rig.csms.core.transactions if each.energy_wh}
    assert billed == {BILLED}


def nobody_is_billed(rig: Rig) -> bool:
    return all(each.id_token is None for each in rig.csms.core.transactions)


@at_every_start
@every_exchange
def test_a_late_yes_is_not_for_the_ev_that_is_there_now(
    tmp_path: Path, version: str, starts: str, exchange: Exchange
) -> None:
    async def story(rig: Rig) -> None:
        slow(rig)
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe()
        await exchange(rig)
        await never_live(rig, SLOW_SECONDS + 8)
        assert nobody_is_billed(rig)
        await is_the_next_drivers(rig)

    tell(tmp_path, version, story, settings=settings(starts))


@at_every_start
@every_exchange
def test_nor_of_a_card_that_was_presented_before_its_ev_came(
    tmp_path: Path, version: str, starts: str, exchange: Exchange
) -> None:
    async def story(rig: Rig) -> None:
        slow(rig)
        await rig.swipe()
        rig.plug_in()
        await rig.wait(1)
        await exchange(rig)
        await never_live(rig, SLOW_SECONDS + 8)
        assert nobody_is_billed(rig)
        await is_the_next_drivers(rig)

    tell(tmp_path, version, story, settings=settings(starts))


@at_every_start
@every_exchange
def test_nor_does_a_csms_that_says_nothing_let_it_charge_as_an_unknown_card(
    tmp_path: Path, version: str, starts: str, exchange: Exchange
) -> None:
    async def story(rig: Rig) -> None:
        slow(rig, 60.0)
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe()
        await exchange(rig)
        await never_live(rig, 15)
        assert nobody_is_billed(rig)
        await rig.wait(50)
        await is_the_next_drivers(rig)

    tell(tmp_path, version, story, settings=settings(starts, waits_seconds=6, **UNKNOWN_CARDS))


@at_every_start
def test_an_exchange_that_is_heard_of_after_the_answer_costs_nobody_anything(
    tmp_path: Path, version: str, starts: str
) -> None:
    """The controller is deaf while the EVs are exchanged and the answer comes: safety alone knows."""

    async def story(rig: Rig) -> None:
        slow(rig, 5.0)
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe()
        await rig.wait(0.5)
        await rig.exchange_unseen(deaf_after_seconds=2.0)
        await never_live(rig, 20)
        assert all(not each.is_running for each in rig.csms.core.transactions if each.id_token == KNOWN_TOKEN)
        await is_the_next_drivers(rig)

    tell(tmp_path, version, story, settings=settings(starts))


@at_every_start
@every_exchange
def test_a_remote_start_that_is_asked_about_is_not_for_the_next_ev_either(
    tmp_path: Path, version: str, starts: str, exchange: Exchange
) -> None:
    async def story(rig: Rig) -> None:
        slow(rig)
        rig.plug_in()
        await rig.wait(3)
        assert await Operator(rig).start() == "Accepted"
        await rig.wait(1)
        await exchange(rig)
        await never_live(rig, SLOW_SECONDS + 8)
        assert nobody_is_billed(rig)
        await is_the_next_drivers(rig)

    tell(tmp_path, version, story, settings=settings(starts, authorize_remote_tx_requests="true"))


@at_every_start
def test_the_driver_who_has_pulled_the_plug_himself_presents_the_card_again(
    tmp_path: Path, version: str, starts: str
) -> None:
    async def story(rig: Rig) -> None:
        slow(rig, 12.0)
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe(BILLED)
        await seen(rig)
        await rig.swipe(BILLED)
        await never_live(rig, 4)
        await rig.until(rig.is_live, 30, "the answer to the second question")
        await rig.wait(10)
        await rig.swipe(BILLED)
        await rig.until(lambda: not rig.is_live(), 20, "it stops")
        rig.plug_out()
        await rig.wait(3)
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, version, story, settings=settings(starts))


@at_every_start
@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "unseen"])
def test_where_a_reader_has_two_outlets_the_late_yes_is_for_neither_of_the_other_evs(
    tmp_path: Path, version: str, starts: str, is_seen: bool
) -> None:
    """One has come in the place of the EV that the card was for, and one beside it."""

    async def story(rig: Rig) -> None:
        slow(rig)
        rig.plug_in(2)
        await rig.wait(3)
        await rig.swipe()
        rig.plug_in(1)
        if is_seen:
            rig.plug_out(2)
            await rig.wait(1.5)
            rig.plug_in(2)
        else:
            await rig.exchange_unseen(2)
        for _ in range(60):
            await rig.wait(0.25)
            assert not rig.is_live(1), rig.describe()
            assert not rig.is_live(2), rig.describe()
        assert nobody_is_billed(rig)

    tell(tmp_path, version, story, settings=settings(starts), evses=2)


@at_every_start
def test_where_a_reader_has_two_outlets_the_late_yes_is_for_the_ev_that_waited(
    tmp_path: Path, version: str, starts: str
) -> None:
    async def story(rig: Rig) -> None:
        slow(rig)
        rig.plug_in(2)
        await rig.wait(3)
        await rig.swipe(BILLED)
        rig.plug_in(1)
        await rig.until(lambda: rig.is_live(2), 30, "the EV that waited charges")
        await rig.wait(10)
        assert not rig.is_live(1)
        await rig.swipe(BILLED)
        await rig.until(lambda: not rig.is_live(2), 20, "it stops")
        rig.plug_out(2)
        rig.plug_out(1)
        await rig.wait(3)
        await all_told(rig)
        assert_all_billed(rig)
        assert {(each.evse_id, each.id_token) for each in rig.csms.core.transactions if each.energy_wh} == {(2, BILLED)}

    tell(tmp_path, version, story, settings=settings(starts), evses=2)
