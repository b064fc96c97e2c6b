"""The mock board, the bench's reader and the in-process meter keep the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chargepoint_hal.bench.in_process import InProcessMeter, InProcessReader
from chargepoint_hal.bench.settings import BenchSettings, EvseSettings, Outlet
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard
from chargepoint_hal.conformance import BoardConformance, OpenBoard, Settle
from chargepoint_hal.conformance_devices import (
    EnergyMeterConformance,
    Present,
    Silence,
    TokenReaderConformance,
)

WITH_MONOFLOP = BenchSettings(evses=(EvseSettings(), EvseSettings(outlet=Outlet.TETHERED, lock_fitted=False, phases=1)))
WITHOUT_MONOFLOP = BenchSettings(monoflop_seconds=None)


class SteppedWorld:
    """A world on a wires file, moved by `settle`; boards open the same file, as another process would."""

    def __init__(self, settings: BenchSettings, path: Path) -> None:
        self.wires = Wires.create(path, len(settings.evses))
        self.world = World(settings, self.wires)
        self.now = 0.0
        self.world.step(self.now)

    def settle(self, seconds: float) -> None:
        self.now += seconds
        self.world.step(self.now)

    def open_board(self) -> MockBoard:
        assert self.wires.path is not None
        board = MockBoard(Wires.open(self.wires.path), clock=lambda: self.now)
        self.settle(0.1)
        return board


@pytest.fixture(params=[WITH_MONOFLOP, WITHOUT_MONOFLOP], ids=["monoflop", "no monoflop"])
def stepped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SteppedWorld]:
    stepped = SteppedWorld(request.param, tmp_path / "wires")
    yield stepped
    stepped.wires.close()


class TestMockBoard(BoardConformance):
    @pytest.fixture
    def open_board(self, stepped: SteppedWorld) -> OpenBoard:
        return stepped.open_board

    @pytest.fixture
    def settle(self, stepped: SteppedWorld) -> Settle:
        return stepped.settle

    def test_feedback_is_the_truth_and_not_the_command(self, stepped: SteppedWorld) -> None:
        board = stepped.open_board()
        stepped.world.set_fault(1, "contactor_stuck_open", active=True)
        board.evses[1].contactor.close(3)
        stepped.settle(0.1)
        assert board.evses[1].contactor.is_closed() is False
        board.close()


class TestInProcessReader(TokenReaderConformance):
    @pytest.fixture
    def reader(self, stepped: SteppedWorld) -> InProcessReader:
        return InProcessReader(stepped.world, [1])

    @pytest.fixture
    def present(self, stepped: SteppedWorld) -> Present:
        return lambda value, kind: stepped.world.present_token(value, kind, [1])

    @pytest.fixture
    def silence(self, stepped: SteppedWorld) -> Silence:
        return lambda: stepped.world.set_fault(1, "reader_silent", active=True)


class TestInProcessMeter(EnergyMeterConformance):
    @pytest.fixture
    def meter(self, stepped: SteppedWorld) -> InProcessMeter:
        return InProcessMeter(stepped.world, 1)

    @pytest.fixture
    def silence(self, stepped: SteppedWorld) -> Silence:
        return lambda: stepped.world.set_fault(1, "meter_silent", active=True)
