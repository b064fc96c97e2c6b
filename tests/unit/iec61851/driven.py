"""A supply machine whose inputs stay until changed, on a clock of its own."""

from collections.abc import Iterable
from dataclasses import replace

from chargepoint.iec61851.supply_machine import SupplyMachine
from chargepoint.iec61851.supply_words import Order, SupplyInputs, SupplyRules
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import PowerDirective, WhyOpen

GO = PowerDirective(EvseId(1), True, 16.0)
EMPTY = SupplyInputs(pilot=PilotState.A)
READY_TO_CHARGE = SupplyInputs(
    pilot=PilotState.C, directive=GO, lease_is_valid=True, cable_rating_amps=32.0, diode_is_proven=True
)


class Driven:
    """A machine whose inputs stay until changed."""

    def __init__(self, rules: SupplyRules | None = None) -> None:
        self.machine = SupplyMachine(rules or SupplyRules())
        self.inputs = EMPTY
        self.now = 100.0
        self.orders: list[tuple[float, Order]] = []

    def run(self, seconds: float = 0.0, step_seconds: float = 0.05, **changes: object) -> list[Order]:
        """Change the inputs, step at once, then for so long; the orders of that span."""
        self.inputs = replace(self.inputs, **changes)  # type: ignore[arg-type]  # named fields of the inputs
        given_orders: list[Order] = []
        for _ in range(1 + round(seconds / step_seconds)):
            orders = self.machine.step(self.inputs, self.now)
            self.orders += [(self.now, order) for order in orders]
            given_orders += orders
            self.now += step_seconds
        return given_orders

    def why(self) -> tuple[WhyOpen, ...]:
        return self.machine.why_open

    def tell(self, **fields: object) -> None:
        self.inputs = replace(self.inputs, directive=replace(self.inputs.directive or GO, **fields))  # type: ignore[arg-type]  # named fields

    def charge(self) -> None:
        self.run(4.0)
        self.run(1.0, pilot=PilotState.B, directive=GO, lease_is_valid=True, cable_rating_amps=32.0)
        self.run(0.2, pilot=PilotState.C, diode_is_proven=True)
        assert self.machine.contactor_commanded


def kinds(orders: Iterable[Order]) -> list[type[Order]]:
    return [type(order) for order in orders]
