"""Whatever a person, an operator and bad luck do with a station, in whatever order: the books agree with the wires.

A failure names every step. The measure is what the CSMS has in its books beside what really flowed; never the station's
own word.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev_csms.records import AnomalyKind
from scenarios.cut_books import assert_in_order, assert_nothing_waits, assert_retries_identical, emptied
from scenarios.random_walks import SAMPLE_SECONDS, Walk
from scenarios.stories import ENERGY_TOLERANCE_WH, under_both
from support.rig import START_WH
from support.virtual_time import run_virtual

WALKS = int(os.environ.get("RANDOM_WALKS", "3"))
"""Of each version; more of them find more, in about four seconds each."""
STEPS = 30
LOST_WH = 3 * 230.0 * 32.0 * (SAMPLE_SECONDS + 1) / 3600.0
"""What may stay unbilled each time that the controller dies: one sample, and one period of the meter."""


@under_both
@pytest.mark.parametrize("seed", range(WALKS))
def test_whatever_happens_is_billed_once(
    seed: int, version: str, memory_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    walk = Walk(emptied(memory_path / "walk"), version, seed)

    async def story() -> None:
        async with walk.rig:
            await walk.walk(STEPS)
            assert_agreement(walk)
        assert_nothing_waits(walk.rig.directory)

    with named(walk):
        run_virtual(story())
        assert walk.watcher.wrong == []
        assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


def assert_agreement(walk: Walk) -> None:
    """Each transaction once, in order and whole, and every Wh on one bill."""
    core, record = walk.rig.csms.core, walk.rig.csms.record
    nobody_came = {each.transaction_id for each in core.transactions if each.start_wh is each.stop_wh is None}
    assert record.schema_errors == []
    assert [
        each
        for each in record.anomalies
        if not (each.kind is AnomalyKind.STOP_WITHOUT_ENERGY and each.transaction_id in nobody_came)
    ] == []
    assert_retries_identical(walk.rig)
    for transaction in core.transactions:
        assert_in_order(transaction)
        assert transaction.sequences == list(range(len(transaction.sequences)))
    bill = core.bill()
    assert set(bill.unknown) == nobody_came
    rounding_wh = ENERGY_TOLERANCE_WH * max(1, len(core.transactions))
    flowed_wh = sum(walk.rig.energy_wh(row.id) - START_WH for row in walk.rig.config.evse)
    assert bill.energy_wh <= flowed_wh + rounding_wh, "billed twice"
    assert flowed_wh - bill.energy_wh <= rounding_wh + walk.deaths * LOST_WH, "flowed for nothing"


@contextmanager
def named(walk: Walk) -> Iterator[None]:
    """A failure says what was done."""
    try:
        yield
    except (AssertionError, Exception) as error:
        error.add_note("\n".join(walk.steps))
        raise
