"""Which move of the supply table is due in each state. Pure; a fault in a sound state comes before all else."""

from collections.abc import Callable, Mapping
from typing import Protocol

from chargepoint.iec61851.obstacles import closing_obstacles
from chargepoint.iec61851.supply_table import SOUND, Supply
from chargepoint.iec61851.supply_words import SupplyInputs, SupplyRules
from chargepoint.model.pilot import PilotState


class SupplyScene(Protocol):
    """What the moves are decided on, at one step."""

    rules: SupplyRules

    @property
    def inputs(self) -> SupplyInputs: ...

    @property
    def has_lasted(self) -> bool:
        """The state has reached its deadline; only for one that has a deadline."""
        ...

    @property
    def has_demand(self) -> bool:
        """The EV asks for power that it may have here."""
        ...

    @property
    def is_withheld(self) -> bool:
        """By the controller, or by a limit that is too low."""
        ...

    @property
    def is_free_to_offer(self) -> bool:
        """Nothing keeps the PWM off."""
        ...

    @property
    def wake_up_is_due(self) -> bool: ...

    @property
    def phases_differ(self) -> bool:
        """Those that are wanted from those that the EV was supplied by."""
        ...

    @property
    def must_interrupt(self) -> bool:
        """The pilot has to be interrupted before another number of phases, and may be now."""
        ...


def next_move(state: Supply, scene: SupplyScene) -> str | None:
    """The trigger that is due; None: it stays as it is."""
    if scene.inputs.faults and state in SOUND:
        return "fault_with_state_f" if scene.rules.state_f_on_fault else "fault_without_state_f"
    return MOVES[state](scene)


def _when_starting(scene: SupplyScene) -> str | None:
    settled = scene.inputs.pilot is not None and scene.has_lasted
    return "started" if settled else None


def _when_idle(scene: SupplyScene) -> str | None:
    return "ev_came" if scene.inputs.is_plugged_in else None


def _when_held(scene: SupplyScene) -> str | None:
    if scene.inputs.pilot is PilotState.A:
        return "ev_left"
    if not scene.inputs.is_plugged_in:
        return None
    if scene.must_interrupt:
        return "break_pilot"
    return "offer" if scene.is_free_to_offer else None


def _when_offered(scene: SupplyScene) -> str | None:
    if scene.inputs.pilot is PilotState.A:
        return "ev_left"
    if not scene.is_free_to_offer or not scene.inputs.is_plugged_in:
        return "withdraw"
    if not closing_obstacles(scene.inputs, is_offered=True):
        return "energise"
    return "wake" if scene.rules.wake_up and scene.wake_up_is_due else None


def _when_energised(scene: SupplyScene) -> str | None:
    if not scene.has_demand:
        return "demand_ended"
    return "stop_softly" if scene.is_withheld or scene.phases_differ else None


def _when_stopping(scene: SupplyScene) -> str | None:
    if not scene.has_demand:
        return "demand_ended"
    return "stop_overdue" if scene.has_lasted else None


def _in_wake_pulse(scene: SupplyScene) -> str | None:
    return "wake_rest" if scene.has_lasted else None


def _in_wake_rest(scene: SupplyScene) -> str | None:
    if not scene.has_lasted:
        return None
    if scene.inputs.pilot is PilotState.A:
        return "ev_left"
    return "offer" if scene.inputs.is_plugged_in and scene.is_free_to_offer else "withdraw"


def _in_phase_break(scene: SupplyScene) -> str | None:
    return "break_over" if scene.has_lasted else None


def _in_fault_pulse(scene: SupplyScene) -> str | None:
    return "pulse_over" if scene.has_lasted else None


def _when_faulted(scene: SupplyScene) -> str | None:
    return None if scene.inputs.faults or scene.inputs.pilot is None else "fault_cleared"


MOVES: Mapping[Supply, Callable[[SupplyScene], str | None]] = {
    Supply.STARTING: _when_starting,
    Supply.IDLE: _when_idle,
    Supply.HELD: _when_held,
    Supply.OFFERED: _when_offered,
    Supply.ENERGISED: _when_energised,
    Supply.STOPPING: _when_stopping,
    Supply.WAKE_PULSE: _in_wake_pulse,
    Supply.WAKE_REST: _in_wake_rest,
    Supply.PHASE_BREAK: _in_phase_break,
    Supply.FAULT_PULSE: _in_fault_pulse,
    Supply.FAULTED: _when_faulted,
}
