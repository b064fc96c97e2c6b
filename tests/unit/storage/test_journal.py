"""What is known after a restart: open transactions with their samples, settings, availability, cards, meters."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from chargepoint.charging.effects import (
    Checkpoint,
    ForgetVerdicts,
    RememberAvailability,
    RememberVerdict,
    TransactionForgotten,
)
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import MeterMemo
from chargepoint.model.status import Availability
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.model.transactions import StopReason, Transaction
from chargepoint.storage.store import Storage
from chargepoint.storage.token_memory import VERDICTS_KEPT, RememberedTokens
from unit.storage.station_life import MOMENT, NOON, TOKEN, Charging, at, open_inline, register

ACCEPTED = TokenVerdict(AuthorizationStatus.ACCEPTED, IdToken("GROUP"), NOON + timedelta(hours=1), "Welcome")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chargepoint.db"


async def reopened(storage: Storage, path: Path) -> Storage:
    await storage.close()
    return await open_inline(path)


async def test_an_open_transaction_comes_back_with_every_sample(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    for step in (charging.start(), charging.sample(), charging.sample(), charging.suspend()):
        await storage.commit(step, MOMENT)
    storage = await reopened(storage, path)
    assert storage.recovered.transactions == (charging.record,)
    await storage.commit(charging.sample(), MOMENT)
    storage = await reopened(storage, path)
    assert storage.recovered.transactions == (charging.record,)
    await storage.close()


async def test_thinned_samples_replace_what_was_stored(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    for step in (charging.start(), charging.sample(), charging.sample(), charging.sample()):
        await storage.commit(step, MOMENT)
    thinned = replace(charging.record, stop_samples=charging.record.stop_samples[::2])
    await storage.commit([Checkpoint(thinned)], MOMENT)
    storage = await reopened(storage, path)
    assert storage.recovered.transactions == (thinned,)
    await storage.close()


async def test_a_checkpoint_after_a_failed_commit_stores_the_samples_all_the_same(path: Path) -> None:
    cut_now = False

    def watch(when: str) -> None:
        if cut_now and when == "before_commit":
            raise StorageError("the disk has gone away")

    storage = await open_inline(path, watch=watch)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    cut_now = True
    lost = charging.sample()
    with pytest.raises(StorageError):
        await storage.commit(lost, MOMENT)
    cut_now = False
    await storage.commit(lost, MOMENT)
    storage = await reopened(storage, path)
    assert storage.recovered.transactions == (charging.record,)
    assert (await storage.depth()).pending == 2
    await storage.close()


async def test_an_ended_transaction_is_not_open_and_a_forgotten_one_is_gone(path: Path) -> None:
    storage = await open_inline(path)
    ended, forgotten = Charging("tx-1"), Charging("tx-2")
    await storage.commit(ended.start() + ended.end(), MOMENT)
    await storage.commit([Checkpoint(forgotten.record)], MOMENT)
    await storage.commit([TransactionForgotten(forgotten.record.transaction_id)], MOMENT)
    storage = await reopened(storage, path)
    assert storage.recovered.transactions == ()
    assert (await storage.depth()).pending == 2
    await storage.close()


def finish(storage: Storage, record: Transaction, connection: sqlite3.Connection) -> None:
    storage._journal.checkpoint(connection, record)
    storage._journal.close_book(connection, record.transaction_id)


async def test_the_history_keeps_the_last_thousand(path: Path) -> None:
    storage = await open_inline(path)
    for number in range(1002):
        charging = Charging(f"tx-{number}")
        await storage._disk.write(partial(finish, storage, charging.record))
    history = await storage.history(limit=5000)
    assert len(history) == 1000
    assert history[0].transaction_id == "tx-1001"
    await storage.close()


async def test_settings_availability_and_meters_are_remembered(path: Path) -> None:
    storage = await open_inline(path)
    memo = MeterMemo(1234.5, "7000001", 98765.4321, at(7.0))
    await storage.save_setting("heartbeat_interval_seconds", "60")
    await storage.save_setting("heartbeat_interval_seconds", "90")
    await storage.commit([RememberAvailability(EvseId(0), Availability.INOPERATIVE)], MOMENT)
    await storage.remember("SDM630 unit 1", memo)
    storage = await reopened(storage, path)
    assert storage.recovered.setting_texts == {"heartbeat_interval_seconds": "90"}
    assert storage.recovered.availability == {0: Availability.INOPERATIVE}
    assert storage.recall("SDM630 unit 1") == memo
    assert storage.recall("another") == MeterMemo()
    assert storage.recovered.set_aside is None
    await storage.close()


async def test_where_a_register_stands_goes_with_the_next_checkpoint_and_costs_no_commit(path: Path) -> None:
    commits: list[str] = []
    storage = await open_inline(path, watch=commits.append)
    first, last = MeterMemo(0.0, "A1", 100.0, at(1.0)), MeterMemo(0.0, "A1", 150.0, at(2.0))
    storage.note("main", first)
    storage.note("main", last)
    await storage.commit([RememberAvailability(EvseId(1), Availability.OPERATIVE)], MOMENT)
    storage = await reopened(storage, path)
    assert storage.recall("main") == MeterMemo()
    storage.note("main", last)
    commits.clear()
    await storage.commit(Charging("tx-1").start(), MOMENT)
    await storage.close()
    storage = await open_inline(path)
    assert storage.recall("main") == last
    await storage.close()


async def test_the_cards_that_the_csms_judged_are_known_after_a_restart(path: Path) -> None:
    storage = await open_inline(path)
    blocked = TokenVerdict(AuthorizationStatus.BLOCKED)
    await storage.commit([RememberVerdict(TOKEN, blocked), RememberVerdict(IdToken("other"), ACCEPTED)], MOMENT)
    await storage.commit([RememberVerdict(TOKEN, ACCEPTED)], MOMENT)
    storage = await reopened(storage, path)
    assert storage.tokens.cached(IdToken(TOKEN.value.lower()), MOMENT) == ACCEPTED
    assert list(storage.recovered.cached_verdicts) == [IdToken("other").key, TOKEN.key]
    await storage.commit([ForgetVerdicts()], MOMENT)
    assert storage.tokens.cached(TOKEN, MOMENT) is None
    storage = await reopened(storage, path)
    assert storage.recovered.cached_verdicts == {}
    await storage.close()


@pytest.mark.requirement("C10.FR.07")
def test_a_verdict_ends_when_the_csms_said_so_and_the_oldest_makes_room() -> None:
    tokens = RememberedTokens()
    tokens.remember(TOKEN, ACCEPTED)
    assert tokens.cached(TOKEN, MOMENT) == ACCEPTED
    assert tokens.cached(TOKEN, replace(MOMENT, utc=NOON + timedelta(hours=1))) is None
    for number in range(VERDICTS_KEPT):
        tokens.remember(IdToken(f"card {number}"), TokenVerdict(AuthorizationStatus.ACCEPTED))
    assert tokens.cached(TOKEN, MOMENT) is None
    assert tokens.cached(IdToken("card 0"), MOMENT) is not None


async def test_a_transaction_that_can_not_be_read_does_not_stop_the_start(path: Path) -> None:
    storage = await open_inline(path)
    good, bad = Charging("tx-1"), Charging("tx-2")
    await storage.commit(good.start() + bad.start(), MOMENT)
    await storage._disk.write(
        lambda c: c.execute("UPDATE transactions SET record = '{}' WHERE transaction_id = 'tx-2'")
    )
    await storage._disk.write(lambda c: c.execute("UPDATE starts SET body = '{}' WHERE transaction_id = 'tx-2'"))
    await storage._disk.write(lambda c: c.execute("UPDATE outbox SET body = '{}' WHERE transaction_id = 'tx-2'"))
    storage = await reopened(storage, path)
    assert [transaction.transaction_id for transaction in storage.recovered.transactions] == ["tx-1"]
    assert len(storage.recovered.damage) == 2
    await storage.close()


async def test_a_record_that_can_not_be_read_is_made_anew_from_the_start(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start() + charging.sample(), MOMENT)
    await storage._disk.write(lambda c: c.execute("UPDATE transactions SET record = '{}'"))
    storage = await reopened(storage, path)
    (transaction,) = storage.recovered.transactions
    record = charging.record
    assert transaction.id_token == record.id_token
    assert transaction.start_energy_wh == record.start_energy_wh
    assert transaction.last_energy_wh == record.last_energy_wh
    assert transaction.next_sequence == record.next_sequence
    assert transaction.stop_samples == record.stop_samples
    assert transaction.stop_reason is StopReason.POWER_LOSS
    await storage.close()


async def test_the_checkpoint_of_a_long_transaction_stays_small(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    wal = path.with_name(path.name + "-wal")
    sizes = []
    for _ in range(90):
        before = wal.stat().st_size
        charging.record = replace(
            charging.record, stop_samples=(*charging.record.stop_samples, register(at(charging.seconds), 1.0))
        )
        charging.seconds += 60.0
        await storage.commit([Checkpoint(charging.record)], MOMENT)
        sizes.append(wal.stat().st_size - before)
    assert sum(sizes) / len(sizes) < 4000
    await storage.close()
