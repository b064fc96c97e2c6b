"""A safety loop on a fake board, driven by hand: the test is the clock and the controller."""

from dataclasses import replace

from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import EvseObservation, PowerDirective
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from unit.safety.fake_board import FakeBoard, FakeEvse

TICK_SECONDS = 0.01
GO = PowerDirective(evse_id=EvseId(1), power_allowed=True, limit_amps=16.0, lock_wanted=True)


class DrivenLoop:
    """`run` ticks and renews the directive each second while there is one."""

    def __init__(self, rules: SupplyRules | None = None, board: FakeBoard | None = None) -> None:
        self.board = board or FakeBoard()
        self.evse: FakeEvse = self.board.fakes[0]
        plan = SafetyPlan(evses=(EvsePlan(EvseId(1), rules or SupplyRules()),))
        self.loop = SafetyLoop(self.board, plan)
        self.loop.link_opened()
        self.now = 1000.0
        self.directive: PowerDirective | None = None
        self.told: list[EvseObservation] = []
        self._renewed_at = 0.0

    def run(self, seconds: float, tick_seconds: float = TICK_SECONDS) -> EvseObservation:
        """Tick for so long; the last observation."""
        for _ in range(max(1, round(seconds / tick_seconds))):
            self.tick(tick_seconds)
        return self.seen

    def tick(self, tick_seconds: float = TICK_SECONDS) -> list[EvseObservation]:
        self.now += tick_seconds
        if self.directive is not None and self.now - self._renewed_at >= 1.0:
            self.tell(self.directive)
        told = self.loop.tick(self.now)
        self.told += told
        return told

    def tell(self, directive: PowerDirective | None) -> None:
        """The controller's word from now on, for the plug-in that it sees now; None: it falls silent."""
        seen = self.loop.observe(self.now)
        if directive is not None and seen and directive is not self.directive:
            directive = replace(directive, plug=seen[0].plug)
        self.directive = directive
        if directive is not None:
            self._renewed_at = self.now
            self.loop.apply(directive, self.now)

    def change(self, **fields: object) -> None:
        """The same directive, but."""
        self.tell(replace(self.directive or GO, **fields))  # type: ignore[arg-type]  # named fields of a directive

    @property
    def seen(self) -> EvseObservation:
        return self.loop.observe(self.now)[0]

    def charge(self) -> EvseObservation:
        """Past the start, EV plugged in, permission given, contactor closed."""
        self.run(3.5)
        self.evse.plug_in()
        self.run(0.5)
        self.tell(GO)
        self.run(0.5)
        self.evse.want_power()
        seen = self.run(1.0)
        assert self.evse.is_live(), seen
        return seen
