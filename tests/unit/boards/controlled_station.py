"""The safety loop on a board whose pilot belongs to a controller, driven by hand."""

from dataclasses import replace

from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import EvseObservation, PowerDirective
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from chargepoint_hal.contract import Board

GO = PowerDirective(evse_id=EvseId(1), power_allowed=True, limit_amps=16.0, lease_seconds=3600.0)
TETHERED = SupplyRules(has_socket=False, phases=1, minimum_off_seconds=0.0, wake_up=False)


class ControlledStation:
    """Each look is a tick, `step_seconds` after the one before; the controller lives by the real clock.

    Looks come about a hundredth of a second apart: with steps of that the station lives no faster than its controller.
    """

    def __init__(self, board: Board, rules: SupplyRules = TETHERED) -> None:
        self.board = board
        self.loop = SafetyLoop(board, SafetyPlan(evses=(EvsePlan(EvseId(1), rules),), lease_seconds=3600.0))
        self.now = 0.0
        self.step_seconds = 0.1

    def seen(self) -> EvseObservation:
        self.now += self.step_seconds
        self.loop.tick(self.now)
        return self.loop.observe(self.now)[0]

    def allow(self, amps: float = 16.0) -> None:
        self.loop.apply(replace(GO, limit_amps=amps, plug=self.seen().plug), self.now)
