"""When the contactor may be closed: the supply sequences of IEC 61851-1 clause A.4 as one table.

One object per EVSE. `step` is told what the tick saw and returns orders; the table's callbacks only append orders.
It holds no clock and touches nothing. An opening is always the first order of its step.
"""

from collections.abc import Callable
from dataclasses import replace

from transitions import Machine

from chargepoint.iec61851 import timing
from chargepoint.iec61851.chatter_limit import ChatterLimit, noted_closing, noted_opening, noted_plug
from chargepoint.iec61851.duty_cycle import duty_for
from chargepoint.iec61851.ev_switch import EvSwitch, note_switch
from chargepoint.iec61851.lock_policy import LockPolicy, steer_lock
from chargepoint.iec61851.obstacles import (
    Pauses,
    closing_obstacles,
    limit_amps,
    offer_obstacles,
    permission_obstacles,
)
from chargepoint.iec61851.phase_change import PhaseChange, note_plug
from chargepoint.iec61851.start_ramp import StartRamp
from chargepoint.iec61851.supply_moves import next_move
from chargepoint.iec61851.supply_table import DEADLINES, TRANSITIONS, Supply
from chargepoint.iec61851.supply_words import (
    CloseContactor,
    LockPlug,
    OpenContactor,
    Order,
    SignalFault,
    SignalPwm,
    SignalSteady,
    SupplyInputs,
    SupplyRules,
    UnlockPlug,
)
from chargepoint.iec61851.wake_up import WakeUp, note_offer
from chargepoint.model.pilot import DEMAND_STATES, PilotState
from chargepoint.model.power import LockState, WhyOpen

MOVES_PER_STEP = 6
"""More than any real chain of transitions; a bound instead of a loop that might not end."""


class SupplyMachine:
    """One EVSE's supply. Starts with the contactor open and X1 on the pilot, as the board must."""

    state: Supply
    trigger: Callable[[str], bool]

    def __init__(self, rules: SupplyRules) -> None:
        self.rules = rules
        self.why_open: tuple[WhyOpen, ...] = (WhyOpen.STARTING,)
        self.contactor_commanded = False
        self.phases = 0
        """What the contactor is commanded to connect; 0 while it is commanded open."""
        self.closings = 0
        self.chatter = ChatterLimit()
        self._lock = LockPolicy()
        self._orders: list[Order] = []
        self.inputs = SupplyInputs(pilot=None)
        self._started_at: float | None = None
        self._now = 0.0
        self._entered_at = 0.0
        self._steady_since = 0.0
        self._duty_percent: float | None = None
        self._duty_changed_at = 0.0
        self._wake_up = WakeUp()
        self._switch: EvSwitch | None = None
        self._phase_change = PhaseChange(is_unknown=True)
        self._live_at = 0.0
        """When the contactor was last commanded closed, or not seen open."""
        self._ramp = StartRamp()
        self._machine = Machine(
            model=self,
            states=Supply,
            transitions=TRANSITIONS,
            initial=Supply.STARTING,
            auto_transitions=False,
            after_state_change="_note_entry",
        )

    def step(self, inputs: SupplyInputs, now: float) -> tuple[Order, ...]:
        """Decide one tick; the orders are to be carried out at once and in this order. The first step is the start."""
        if self._started_at is None:
            self._started_at = self._entered_at = self._steady_since = self._live_at = now
        self._orders = []
        self._note_pilot(self.inputs.pilot, inputs, now)
        self.inputs, self._now = inputs, now
        for _ in range(MOVES_PER_STEP):
            move = next_move(self.state, self)
            if move is None:
                break
            self.trigger(move)
        self._adjust_duty()
        self._steer_lock()
        self.why_open = () if self.contactor_commanded else tuple(self._reasons())
        return tuple(self._orders)

    @property
    def is_settled(self) -> bool:
        """X1 was held long enough since the start and the pilot has a settled state."""
        return self._is_past_start and self.inputs.pilot is not None

    def next_deadline(self) -> float | None:
        """When time alone ends its present waiting; None while it waits for something else."""
        times = [self._entered_at + DEADLINES[self.state]] if self.state in DEADLINES else []
        if self._started_at is not None and not self._is_past_start:
            times.append(self._started_at + timing.STEADY_BEFORE_PWM_SECONDS)
        answers_at = self._s2_answers_at()
        return min(times if answers_at is None else [*times, answers_at], default=None)

    @property
    def simplified_ev(self) -> bool:
        """The EV at the plug has no S2 to open, as far as is known."""
        return self._switch is not None and self._switch.is_missing

    def _s2_answers_at(self) -> float | None:
        return None if self._switch is None else self._switch.answers_at(self.inputs.pilot)

    @property
    def _is_past_start(self) -> bool:
        return self._started_at is not None and self._now - self._started_at >= timing.STEADY_BEFORE_PWM_SECONDS

    def _note_entry(self) -> None:
        self._entered_at = self._now

    def _order_open(self) -> None:
        self._orders.insert(0, OpenContactor())
        if self.contactor_commanded:
            self.contactor_commanded, self.phases = False, 0
            by_ev = self.state is Supply.HELD and self._duty_percent is not None
            self._ramp = self._ramp.after_opening(by_ev, self._now)
            self.chatter = noted_opening(self.chatter, self.rules.max_closings, self._now)

    def _order_close(self) -> None:
        wanted_phases = self._wanted_phases()
        self._phase_change = self._phase_change.after_closing(wanted_phases, self._now)
        self.contactor_commanded, self.phases = True, wanted_phases
        self.closings += 1
        self._ramp = self._ramp.after_closing(self._now)
        self.chatter = noted_closing(self.chatter, self._now)
        self._orders.append(CloseContactor(wanted_phases))

    def _order_steady(self) -> None:
        self._duty_percent = None
        self._steady_since = self._now
        self._orders.append(SignalSteady())

    def _spend_wake_up(self) -> None:
        self._wake_up = replace(self._wake_up, is_spent=True)

    def _note_interruption(self) -> None:
        self._phase_change = self._phase_change.after_interruption()

    def _order_state_f(self) -> None:
        self._duty_percent = None
        self._orders.append(SignalFault())

    def _order_pwm(self) -> None:
        duty_percent = self._wanted_duty()
        if duty_percent is None:
            raise ValueError("an offer below 6 A has no duty: the obstacles let it pass")
        self._duty_percent, self._duty_changed_at = duty_percent, self._now
        self._wake_up = replace(self._wake_up, in_b2_since=self._now)
        self._orders.append(SignalPwm(duty_percent))

    @property
    def has_lasted(self) -> bool:
        return self._now - self._entered_at >= DEADLINES[self.state]

    @property
    def has_demand(self) -> bool:
        pilot = self.inputs.pilot
        return pilot in DEMAND_STATES and (pilot is not PilotState.D or self.rules.ventilation)

    @property
    def is_withheld(self) -> bool:
        return bool(permission_obstacles(self.inputs, self.rules, self.simplified_ev))

    @property
    def is_free_to_offer(self) -> bool:
        return not self._offer_obstacles()

    @property
    def wake_up_is_due(self) -> bool:
        return self._wake_up.is_due(self.inputs.pilot, self._now)

    def _wanted_phases(self) -> int:
        directive = self.inputs.directive
        asked = None if directive is None else directive.phases
        return self._phase_change.wanted(self.rules, asked, self._now)

    @property
    def phases_differ(self) -> bool:
        return self._phase_change.differs(self.rules, self._wanted_phases())

    @property
    def must_interrupt(self) -> bool:
        """Not for power that is withheld anyway, and never before the contactor is seen open."""
        if not self.phases_differ or not self._phase_change.must_interrupt(
            self.rules, self._wanted_phases(), self._now
        ):
            return False
        return not self.is_withheld and not self.inputs.contactor_may_be_live

    @property
    def _is_changing_phases(self) -> bool:
        if self.state is Supply.PHASE_BREAK:
            return True
        return self.phases_differ and self._phase_change.must_wait(
            self.rules, self._wanted_phases(), self._live_at, self._now
        )

    @property
    def most_phases(self) -> int:
        """More the EV would not be supplied by now, whatever is asked."""
        return self._phase_change.wanted(self.rules, self.rules.phases, self._now)

    def _wanted_duty(self) -> float | None:
        amps = limit_amps(self.inputs, self.rules, self.simplified_ev)
        return duty_for(self._ramp.held(amps, self.rules, self._now))

    def _offer_obstacles(self) -> list[WhyOpen]:
        return offer_obstacles(self.inputs, self.rules, self._pauses(), self.simplified_ev)

    def _pauses(self) -> Pauses:
        chatter, now = self.chatter, self._now
        x1_is_fresh = now - self._steady_since < timing.STEADY_BEFORE_PWM_SECONDS
        return Pauses(
            locked_out=chatter.lockout_remaining_seconds(now) > 0.0,
            resting=(x1_is_fresh and self.state is Supply.HELD)
            or self._s2_answers_at() is not None
            or chatter.is_resting(self.rules.minimum_off_seconds, now),
            changing_phases=self._is_changing_phases,
        )

    def _note_pilot(self, before: PilotState | None, inputs: SupplyInputs, now: float) -> None:
        pilot = inputs.pilot
        self.chatter = noted_plug(self.chatter, pilot is PilotState.A, now)
        if pilot is PilotState.A:
            self._ramp = StartRamp()
        self._phase_change = note_plug(self._phase_change, inputs, now)
        if self.contactor_commanded or inputs.contactor_may_be_live:
            self._live_at = now
        self._switch = note_switch(self._switch, inputs, self._duty_percent is not None, now)
        is_withheld = bool(permission_obstacles(inputs, self.rules, self.simplified_ev))
        self._wake_up = note_offer(self._wake_up, (before, pilot), is_withheld, self._duty_percent is not None, now)

    def _adjust_duty(self) -> None:
        if self._duty_percent is None:
            return
        wanted = self._wanted_duty()
        due = self._now - self._duty_changed_at >= timing.DUTY_CHANGE_INTERVAL_SECONDS
        if wanted is not None and wanted != self._duty_percent and due:
            self._duty_percent, self._duty_changed_at = wanted, self._now
            self._orders.append(SignalPwm(wanted))

    def _steer_lock(self) -> None:
        if self.inputs.lock is LockState.ABSENT:
            return
        before = self._lock
        self._lock = steer_lock(before, self.inputs, self.contactor_commanded)
        if self._lock.wanted is not before.wanted and self._lock.wanted is not None:
            self._orders.append(LockPlug() if self._lock.wanted else UnlockPlug())

    def _reasons(self) -> list[WhyOpen]:
        found: list[WhyOpen] = []
        if self.inputs.faults or self.state in (Supply.FAULT_PULSE, Supply.FAULTED):
            found.append(WhyOpen.FAULT)
        found += self._offer_obstacles()
        if self.state is Supply.STARTING:
            found.insert(0, WhyOpen.STARTING)
        if self.state in (Supply.WAKE_PULSE, Supply.WAKE_REST):
            found.append(WhyOpen.WAKE_UP)
        found += closing_obstacles(self.inputs, self.state is Supply.OFFERED)
        order = list(WhyOpen)
        return sorted(set(found), key=order.index) or [WhyOpen.CLOSING]
