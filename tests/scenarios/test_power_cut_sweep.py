"""A whole session is cut at every commit and every message, and each time the station starts again and is billed.

Each test prints how many cut points it tried: none is left out.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.cut_books import (
    assert_billed,
    assert_boot_came_first,
    assert_start_was_committed,
    emptied,
    moved_wh,
    named,
)
from scenarios.power_cuts import (
    QUIET_PLACE,
    CutStation,
    Errand,
    Line,
    Meanwhile,
    Terms,
    live_through,
    record_session,
    started_on_disk,
)
from support.virtual_time import run_virtual

Record = Callable[[str, object], None]

EV_LEAVES_AT_EVERY = 4
EV_EXCHANGED_AT_EVERY = 5
POINTS_AT_EVERY = 5
STRONG_AT_EVERY = 4
STRONG = Terms(rating_amps=63.0, supply_volts=250.0, sample_seconds=60, charge_seconds=130.0)
LOST_SECONDS = 15.0
"""Three samples long the CSMS is silent and the link seems to be up."""
LEAST_LOST_WH = 20.0
"""What was seen after the last commit of a running transaction is read from the meter's register again."""
OTHER_TERMS = (
    Terms("EVConnected", "EVConnected"),
    Terms("Authorized", "Authorized"),
    Terms("EnergyTransfer", "EnergyTransfer,PowerPathClosed"),
)


@pytest.mark.parametrize("line", Line, ids=lambda line: line.name.lower())
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_session_cut_anywhere_is_billed_once_and_whole(
    version: str, line: Line, memory_path: Path, record_property: Record
) -> None:
    uncut = record_session(emptied(memory_path / "uncut"), version, line)
    assert_billed(uncut, transactions=1)
    lost_wh = 0.0
    for number, cut in enumerate(uncut.cuts):
        with named(cut, number):
            assert_start_was_committed(cut, emptied(memory_path / "look"))
            station = live_through(cut, emptied(memory_path / "cut"), version)
            assert_billed(station, transactions=1, repeats=1)
            assert_boot_came_first(station, cut)
        lost_wh = max(lost_wh, moved_wh(station) - station.bill_wh())
    assert len(uncut.cuts) > 40
    record_property(
        "shown", f"power cuts, OCPP {version}, CSMS {line}: {len(uncut.cuts)} points, at most {lost_wh:.2f} Wh unbilled"
    )


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_an_ev_that_leaves_while_the_power_is_off_is_billed_up_to_the_cut(
    version: str, memory_path: Path, record_property: Record
) -> None:
    uncut = record_session(emptied(memory_path / "uncut"), version, Line.ONLINE)
    chosen = uncut.cuts[::EV_LEAVES_AT_EVERY]
    for number, cut in enumerate(chosen):
        with named(cut, number):
            started = started_on_disk(cut, emptied(memory_path / "look"))
            station = live_through(cut, emptied(memory_path / "cut"), version, Meanwhile.EV_LEAVES)
            assert_billed(station, transactions=started, repeats=1)
            reasons = {transaction.stop_reason for transaction in station.csms.core.transactions}
            assert reasons <= {"PowerLoss", "Local"}, reasons
    told = f"{len(chosen)} points (every {EV_LEAVES_AT_EVERY}th of those online)"
    record_property("shown", f"power cuts, OCPP {version}, EV gone meanwhile: {told}")


@pytest.mark.parametrize("meanwhile", [Meanwhile.EXCHANGED, Meanwhile.EXCHANGED_UNTIMED], ids=lambda each: each.name)
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_another_ev_at_the_plug_is_never_charged_on_the_old_bill(
    version: str, meanwhile: Meanwhile, memory_path: Path, record_property: Record
) -> None:
    is_timed = meanwhile is not Meanwhile.EXCHANGED_UNTIMED
    uncut = record_session(emptied(memory_path / "uncut"), version, Line.ONLINE, clock_is_trusted=is_timed)
    chosen = uncut.cuts[::EV_EXCHANGED_AT_EVERY]
    for number, cut in enumerate(chosen):
        with named(cut, number):
            started = started_on_disk(cut, emptied(memory_path / "look"))
            station = live_through(cut, emptied(memory_path / "cut"), version, meanwhile)
            assert_billed(station, transactions=started, repeats=1)
            reasons = {transaction.stop_reason for transaction in station.csms.core.transactions}
            assert reasons <= {"PowerLoss", "Local"}, reasons
    told = f"{len(chosen)} points (every {EV_EXCHANGED_AT_EVERY}th of those online)"
    record_property("shown", f"power cuts, OCPP {version}, {meanwhile}: {told}")


@pytest.mark.parametrize("line", [Line.ONLINE, Line.GONE_MIDWAY], ids=lambda line: line.name.lower())
@pytest.mark.parametrize("terms", OTHER_TERMS, ids=lambda each: f"{each.starts} to {each.ends}")
def test_wherever_a_transaction_starts_and_ends_a_cut_bills_it_once(
    terms: Terms, line: Line, memory_path: Path, record_property: Record
) -> None:
    uncut = record_session(emptied(memory_path / "uncut"), "2.0.1", line, terms=terms)
    assert_billed(uncut, transactions=1)
    chosen = uncut.cuts[::POINTS_AT_EVERY]
    for number, cut in enumerate(chosen):
        with named(cut, number):
            assert_start_was_committed(cut, emptied(memory_path / "look"))
            station = live_through(cut, emptied(memory_path / "cut"), "2.0.1", terms=terms)
            assert_billed(station, transactions=1, repeats=1)
            assert_boot_came_first(station, cut)
    told = f"{len(chosen)} points (every {POINTS_AT_EVERY}th)"
    record_property("shown", f"power cuts, {terms.starts} to {terms.ends}, CSMS {line}: {told}")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_strong_outlet_that_is_sampled_rarely_loses_nothing_to_its_own_speed(
    version: str, memory_path: Path, record_property: Record
) -> None:
    uncut = record_session(emptied(memory_path / "uncut"), version, Line.ONLINE, terms=STRONG)
    assert_billed(uncut, transactions=1)
    chosen = [cut for number, cut in enumerate(uncut.cuts) if number % STRONG_AT_EVERY == 0 or cut.place == QUIET_PLACE]
    lost_wh = 0.0
    for number, cut in enumerate(chosen):
        with named(cut, number):
            station = live_through(cut, emptied(memory_path / "cut"), version, terms=STRONG)
            assert_billed(station, transactions=1, repeats=1)
            lost_wh = max(lost_wh, moved_wh(station) - station.bill_wh())
    assert lost_wh < LEAST_LOST_WH
    told = f"{len(chosen)} points (every {STRONG_AT_EVERY}th, and between samples), at most {lost_wh:.2f} Wh unbilled"
    record_property("shown", f"power cuts, OCPP {version}, 63 A and a sample a minute: {told}")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_cut_while_a_lost_links_rest_is_told_says_no_message_in_other_words(
    version: str, memory_path: Path, record_property: Record
) -> None:
    """2.0.1 tells as of offline what was made while the link still seemed to be up."""
    uncut = CutStation(emptied(memory_path / "uncut"), version)

    async def story() -> None:
        async with uncut:
            await uncut.charge(6.0)
            uncut.csms.is_black_hole = True
            await uncut.wait(LOST_SECONDS)
            uncut.csms.go_offline()
            uncut.csms.is_black_hole = False
            await uncut.finish()
            await uncut.wait(2.0)
            uncut.errand = Errand.LEAVE
            uncut.record_cuts()
            uncut.csms.come_back()
            await uncut.drained()

    run_virtual(story())
    assert_billed(uncut, transactions=1)
    for number, cut in enumerate(uncut.cuts):
        with named(cut, number):
            station = live_through(cut, emptied(memory_path / "cut"), version)
            assert_billed(station, transactions=1, repeats=1)
    assert len(uncut.cuts) > 20
    record_property("shown", f"power cuts, OCPP {version}, a lost link's rest is told: {len(uncut.cuts)} points")
