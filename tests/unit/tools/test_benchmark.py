"""What the benchmark makes of what it measured; and that its CSMS floods with what it says."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.command import main
from benchmarks.durable_queue import REPORTS_OF_A_TRANSACTION, report
from benchmarks.flooding_csms import FRAME_BYTES, flood_payload
from benchmarks.footprint import Usage
from benchmarks.machine import (
    UNKNOWN_PROCESSOR,
    Machine,
    cpu_seconds,
    processor_in,
    proportional_mib,
    resident_mib,
    written_bytes,
)
from benchmarks.own_world import OwnWorld
from benchmarks.report import Row, Spread, as_markdown, percentile, with_rows
from chargepoint.model.transactions import TransactionPhase
from chargepoint_hal.boards.mock import open_board
from chargepoint_hal.contract import Board

MACHINE = Machine("Some CPU", 2, 2048, "Linux 6.1 x86_64", "3.11.2", 0.5)


def test_percentiles_are_values_that_were_measured() -> None:
    ordered = [float(number) for number in range(1, 1001)]
    assert percentile(ordered, 0.5) == 500.0
    assert percentile(ordered, 0.99) == 990.0
    assert percentile(ordered, 0.999) == 999.0
    assert percentile([7.0], 0.999) == 7.0


def test_a_figure_that_is_measured_again_takes_its_place_and_the_document_says_so() -> None:
    day = datetime(2026, 1, 2, tzinfo=UTC)
    before = as_markdown([Row("a", "≤ 5", "6", False), Row("b", "", "7")], MACHINE, day, is_quick=False)
    after = with_rows(before, [Row("a", "≤ 5", "4", True), Row("c", "", "1")], ["queue"], MACHINE, day)
    assert "| a | ≤ 5 | 4 | reached |  |" in after
    assert "| a | ≤ 5 | 6" not in after
    assert after.index("| a |") < after.index("| b |  | 7 |") < after.index("| c |")
    assert "measured again on 2026-01-02 at a load average of 0.5: queue" in after


def test_a_spread_does_not_care_for_the_order() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(3, 2.0, 3.0, 3.0, 3.0)


def test_nothing_measured_is_no_spread() -> None:
    with pytest.raises(ValueError, match="no repetition"):
        Spread.of([])


def test_the_document_names_machine_date_and_each_figure_beside_its_mark() -> None:
    rows = [Row("a | b", "≤ 5 ms", "4 ms", True), Row("c", "≤ 1", "2", False, "why"), Row.failed("d", "no bench")]
    text = as_markdown(rows, MACHINE, datetime(2026, 1, 2, tzinfo=UTC), is_quick=True)
    assert "2026-01-02" in text
    assert "Some CPU, 2 cores, 2048 MiB" in text
    assert "| a \\| b | ≤ 5 ms | 4 ms | reached |  |" in text
    assert "| c | ≤ 1 | 2 | missed | why |" in text
    assert "| d |  | not measured |  | no bench |" in text


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor\t: 0\nmodel name\t: Fast One\n", "Fast One"),
        ("processor\t: 0\nHardware\t: BCM2835\nModel\t\t: Raspberry Pi 4 Model B\n", "Raspberry Pi 4 Model B"),
        ("", UNKNOWN_PROCESSOR),
    ],
)
def test_the_processor_is_named_on_a_pc_and_on_a_raspberry_pi(cpuinfo: str, name: str) -> None:
    assert processor_in(cpuinfo) == name


def test_a_process_tells_its_usage() -> None:
    own = os.getpid()
    assert resident_mib(own) > 5.0
    assert 0.0 < proportional_mib(own) <= resident_mib(own) * 1.1
    assert cpu_seconds(own) > 0.0
    assert written_bytes(own) >= 0


def test_usage_is_extrapolated_from_two_looks() -> None:
    before, after = Usage(100.0, 1.0, 1000), Usage(200.0, 3.0, 101_000)
    assert after.cpu_percent_since(before) == pytest.approx(2.0)
    assert after.megabytes_a_day_since(before) == pytest.approx(86.4)


def test_a_flood_request_has_one_megabyte() -> None:
    text = json.dumps(flood_payload(), separators=(",", ":"))
    assert len(text) == pytest.approx(FRAME_BYTES, rel=0.05)
    assert len(text) < 2**20


def test_queued_reports_are_whole_transactions() -> None:
    reports = [report(number) for number in range(2 * REPORTS_OF_A_TRANSACTION)]
    assert [row.phase for row in reports].count(TransactionPhase.STARTED) == 2
    assert [row.phase for row in reports].count(TransactionPhase.ENDED) == 2
    assert [row.sequence for row in reports] == [*range(REPORTS_OF_A_TRANSACTION)] * 2
    assert len({row.transaction_id for row in reports}) == 2


@pytest.fixture
def board_and_world(tmp_path: Path) -> Iterator[tuple[Board, OwnWorld]]:
    world = OwnWorld(tmp_path / "wires")
    world.start()
    board = open_board({"wires": str(tmp_path / "wires")})
    try:
        yield board, world
    finally:
        board.close()
        world.stop()


def test_the_own_world_counts_each_end_of_demand_that_opens_the_contactor(
    board_and_world: tuple[Board, OwnWorld],
) -> None:
    board, world = board_and_world
    hardware = board.evses[1]
    hardware.control_pilot.signal_pwm(50.0)
    world.plug()
    world.repeat(3)
    rest = threading.Event()
    for _ in range(20_000):
        if world.remaining == 0:
            break
        has_demand = hardware.control_pilot.sample().high_volts < 7.0
        hardware.contactor.close(3) if has_demand else hardware.contactor.open()
        rest.wait(0.001)
    assert len(world.latencies_seconds) == 3
    assert all(seconds >= 0.0 for seconds in world.latencies_seconds)


def test_the_command_refuses_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "nonsense"])
    assert ended.value.code == 2
    assert "nonsense" in capsys.readouterr().err
