"""The raspberry-pi board keeps the contract, on pins, SPI and sysfs that lead into the bench's world."""

from functools import partial
from pathlib import Path

import pytest

from chargepoint_hal.conformance import BoardConformance, OpenBoard, Settle
from unit.boards.pi_bench import TWO_CONTACTORS, PiBench


@pytest.fixture(params=["mcp3008", "mcp3208, active-low coil"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> PiBench:
    model, _, coil = request.param.partition(", ")
    return PiBench(tmp_path, model, coil_is_active_low=bool(coil))


class TestRaspberryPiBoard(BoardConformance):
    @pytest.fixture
    def open_board(self, bench: PiBench) -> OpenBoard:
        return bench.open_board

    @pytest.fixture
    def settle(self, bench: PiBench) -> Settle:
        return bench.settle


class TestRaspberryPiWithTwoContactors(TestRaspberryPiBoard):
    @pytest.fixture
    def open_board(self, bench: PiBench) -> OpenBoard:
        return partial(bench.open_board, **TWO_CONTACTORS)
