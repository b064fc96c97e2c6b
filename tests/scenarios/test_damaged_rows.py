"""Single rows that can not be read any more: the transaction is billed all the same, and the damage is told."""

import sqlite3
from pathlib import Path

import pytest

from chargepoint.model.faults import Fault
from dev_csms.records import AnomalyKind
from scenarios.stories import all_told, assert_all_billed, only_transaction, tell, under_both
from support.rig import START_WH, Rig

SAMPLE = """
    UPDATE stop_samples SET body = substr(body, 1, 20)
    WHERE place = (SELECT place FROM stop_samples ORDER BY place LIMIT 1 OFFSET 1)
"""
RECORD = "UPDATE transactions SET record = substr(record, 1, 100)"
NO_RECORD = "UPDATE transactions SET record = NULL"
FLIPPED_BIT = "UPDATE transactions SET record = CAST(CAST(substr(record, 1, 40) AS BLOB) || x'a0' AS TEXT)"
START_TOO = "UPDATE starts SET body = '{'; UPDATE transactions SET record = '{'"

WITH_SAMPLES = {"stop_txn_sampled_data": "Energy.Active.Import.Register"}


def damage(rig: Rig, script: str) -> None:
    connection = sqlite3.connect(rig.directory / "chargepoint.db")
    connection.executescript(script)
    connection.close()


@under_both
def test_a_bad_sample_costs_itself_alone(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(60)
        await rig.power_cut()
        damage(rig, SAMPLE)
        await rig.power_up()
        await rig.until(rig.is_live, what="the transaction is resumed")
        assert Fault.STORAGE_CORRUPT in _station_faults(rig)
        await rig.finish()
        await all_told(rig)
        assert_all_billed(rig)
        assert only_transaction(rig).stop_reason == "Local"

    tell(tmp_path, version, story, settings=WITH_SAMPLES)


@pytest.mark.parametrize("script", [RECORD, NO_RECORD, FLIPPED_BIT])
@pytest.mark.parametrize("is_offline", [False, True])
@under_both
def test_a_bad_record_ends_with_power_loss_and_everything_is_billed(
    tmp_path: Path, version: str, is_offline: bool, script: str
) -> None:
    async def story(rig: Rig) -> None:
        if is_offline:
            rig.csms.go_offline()
            await rig.wait(2)
        await rig.charge(60)
        await rig.power_cut()
        damage(rig, script)
        rig.csms.come_back()
        await rig.power_up()
        await rig.wait(30)
        assert not rig.is_live()
        assert Fault.STORAGE_CORRUPT in _station_faults(rig)
        await all_told(rig)
        assert_all_billed(rig)
        ended = only_transaction(rig)
        assert ended.has_ended
        assert ended.stop_reason == "PowerLoss"
        assert ended.start_wh == START_WH

    tell(tmp_path, version, story, settings={**WITH_SAMPLES, "allow_offline_tx_for_unknown_id": "true"})


def test_without_record_and_start_the_next_session_is_served(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        await rig.drained()
        await rig.power_cut()
        damage(rig, START_TOO)
        await rig.power_up()
        await rig.wait(30)
        assert Fault.STORAGE_CORRUPT in _station_faults(rig)
        rig.plug_out()
        await rig.wait(5)
        await rig.charge(20)
        await rig.finish()
        await rig.drained()
        assert [each.has_ended for each in rig.csms.core.transactions] == [False, True]

    tell(tmp_path, "1.6", story, provoked=list(AnomalyKind))


def _station_faults(rig: Rig) -> frozenset[Fault]:
    assert rig.assembly is not None
    return rig.assembly.controller.snapshot().faults
