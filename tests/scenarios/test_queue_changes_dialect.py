"""What was written under one OCPP version leaves under the other: the station is moved to another CSMS meanwhile.

The new CSMS speaks only the other version and knows nothing of what the old one was told.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from dev_csms.core import CsmsCore
from dev_csms.records import AnomalyKind
from dev_csms.transactions import CsmsTransaction
from scenarios.cut_books import assert_billed, assert_in_order, emptied, named
from scenarios.power_cuts import CutStation, Errand, live_through
from support.rig import START_WH
from support.virtual_time import run_virtual

Record = Callable[[str, object], None]

there_and_back = pytest.mark.parametrize(("old", "new"), [("1.6", "2.0.1"), ("2.0.1", "1.6")])

GAP = frozenset({AnomalyKind.SEQUENCE_GAP})
"""What only the old CSMS was told is missing in the new one's sequence numbers; the energy is not."""
ROUNDING_WH = 1.0


@there_and_back
def test_a_queue_written_offline_leaves_in_the_other_version(old: str, new: str, memory_path: Path) -> None:
    station = CutStation(memory_path, old)

    async def story() -> None:
        async with station:
            station.csms.go_offline()
            for _ in range(3):
                await session(station)
            old_books = move(station, new)
            await station.drained()
            await station.wait(1.0)
            assert old_books.transactions == []

    run_virtual(story())
    assert_billed(station, transactions=3)
    assert {str(transaction.version) for transaction in station.csms.core.transactions} == {new}


@there_and_back
def test_a_transaction_half_told_in_one_version_is_told_whole_in_the_other(
    old: str, new: str, memory_path: Path
) -> None:
    station = CutStation(memory_path, old)

    async def story() -> None:
        async with station:
            await half_told_and_one_more(station)
            old_books = move(station, new)
            await station.drained()
            await station.wait(1.0)
            (half,) = old_books.transactions
            first = station.csms.core.transactions[0]
            assert half.is_running
            assert first.start_at == half.start_at
            assert first.start_wh == pytest.approx(half.start_wh, abs=ROUNDING_WH)

    run_virtual(story())
    assert_billed(station, transactions=2, forgiven=GAP)


@there_and_back
def test_a_running_transaction_is_stopped_by_its_id_in_the_new_version(old: str, new: str, memory_path: Path) -> None:
    station = CutStation(memory_path, old)

    async def story() -> None:
        async with station:
            await station.charge(6.0)
            station.csms.go_offline()
            await station.wait(6.0)
            move(station, new)
            await station.until(lambda: len(station.csms.core.transactions) == 1, what="the start is told again")
            await station.drained()
            (transaction,) = station.csms.core.transactions
            await assert_ongoing(station, transaction, is_ongoing=True)
            assert await stop_remotely(station, transaction) == "Accepted"
            await station.until(lambda: station.snapshot().transaction is None, what="it has ended")
            station.plug_out()
            await station.wait(2.0)
            await station.drained()
            await assert_ongoing(station, transaction, is_ongoing=False)

    run_virtual(story())
    assert_billed(station, transactions=1, forgiven=GAP)
    assert station.csms.core.transactions[0].stop_reason == "Remote"


@there_and_back
def test_a_move_to_the_other_version_and_back_says_no_start_a_third_time(old: str, new: str, memory_path: Path) -> None:
    station = CutStation(memory_path, old)

    async def story() -> None:
        async with station:
            await station.charge(6.0)
            station.csms.go_offline()
            await station.wait(5.0)
            old_books = move(station, new)
            await station.drained()
            assert station.csms.core.transactions[0].is_running
            station.csms.go_offline()
            await finish_offline(station)
            station.csms.core, station.csms.versions = old_books, (f"ocpp{old}",)
            station.csms.come_back()
            await station.drained()
            await station.wait(1.0)

    run_virtual(story())
    (transaction,) = station.csms.core.transactions
    assert_in_order(transaction)
    assert transaction.duplicates == 0
    assert transaction.energy_wh == pytest.approx(
        station.world.evse(1).meter.energy_import_wh - START_WH, abs=ROUNDING_WH
    )


@there_and_back
def test_a_power_cut_anywhere_while_the_queue_changes_its_version_bills_once(
    old: str, new: str, memory_path: Path, record_property: Record
) -> None:
    station = CutStation(emptied(memory_path / "uncut"), old)

    async def story() -> None:
        async with station:
            await half_told_and_one_more(station)
            station.errand = Errand.LEAVE
            station.record_cuts()
            move(station, new)
            await station.drained()

    run_virtual(story())
    for number, cut in enumerate(station.cuts):
        with named(cut, number):
            survivor = live_through(cut, emptied(memory_path / "cut"), new)
            assert_billed(survivor, transactions=2, repeats=1, forgiven=GAP)
    assert len(station.cuts) > 20
    record_property("shown", f"power cuts, queue of OCPP {old} leaving in {new}: {len(station.cuts)} points")


async def session(station: CutStation) -> None:
    await station.charge(6.0)
    await finish_offline(station)


async def finish_offline(station: CutStation) -> None:
    await station.finish()
    await station.wait(2.0)


async def half_told_and_one_more(station: CutStation) -> None:
    """The old CSMS has the start and a sample; then it is gone, and the rest and another session are queued."""
    await station.charge(6.0)
    assert len(station.csms.core.transactions) == 1
    station.csms.go_offline()
    await station.wait(5.0)
    await finish_offline(station)
    await session(station)


def move(station: CutStation, version: str) -> CsmsCore:
    """Another CSMS answers at the station's URL; the old one's books."""
    old_books = station.csms.core
    station.csms.core = CsmsCore()
    station.csms.versions = (f"ocpp{version}",)
    station.csms.come_back()
    return old_books


async def stop_remotely(station: CutStation, transaction: CsmsTransaction) -> str:
    """The new CSMS's order, by the id that it knows."""
    action = "RemoteStopTransaction" if isinstance(transaction.transaction_id, int) else "RequestStopTransaction"
    answer = await station.csms.call(action, {"transactionId": transaction.transaction_id})
    assert answer.payload is not None
    return str(answer.payload["status"])


async def assert_ongoing(station: CutStation, transaction: CsmsTransaction, *, is_ongoing: bool) -> None:
    """GetTransactionStatus, where the version has it; nothing of the transaction is queued."""
    if isinstance(transaction.transaction_id, int):
        return
    answer = await station.csms.call("GetTransactionStatus", {"transactionId": transaction.transaction_id})
    assert answer.payload == {"ongoingIndicator": is_ongoing, "messagesInQueue": False}
