"""The station's side of the wires, as tests of the bench play it: a mock board on a world, both stepped by hand."""

from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.bench.settings import BenchSettings
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard
from chargepoint_hal.contract import PilotSample


class StationSide:
    """EVSE 1 of a world in memory; `advance` moves time and keeps the alive line toggling."""

    def __init__(self, settings: BenchSettings | None = None, step_seconds: float = 0.02) -> None:
        self.settings = settings or BenchSettings(monoflop_seconds=None)
        self.wires = Wires.in_memory(len(self.settings.evses))
        self.world = World(self.settings, self.wires)
        self.now = 0.0
        self.step_seconds = step_seconds
        self.world.step(self.now)
        self.board = MockBoard(self.wires)
        self.hardware = self.board.evses[1]

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            if self.board.alive_line is not None:
                self.board.alive_line.toggle()
            self.now = min(end, self.now + self.step_seconds)
            self.world.step(self.now)

    def offer(self, amps: float) -> None:
        self.hardware.control_pilot.signal_pwm(amps / 0.6)

    def charge(self, plug: PlugIn | None = None, amps: float = 32.0) -> None:
        """Plug in, offer and close, without waiting for the current."""
        self.world.plug_in(1, plug or PlugIn(ready_after_seconds=0.0))
        self.offer(amps)
        self.hardware.contactor.close(3)

    def volts(self) -> PilotSample:
        return self.hardware.control_pilot.sample()

    def amps(self) -> tuple[float, float, float]:
        return self.world.evse(1).flow().amps

    def energy_wh(self) -> float:
        return self.world.evse(1).meter.energy_import_wh
