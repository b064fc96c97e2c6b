"""One EVSE in the loop: sample, classify, decide, act, look again. Told the time, owns its EVSE's parts."""

from dataclasses import dataclass

from chargepoint.iec61851 import timing
from chargepoint.iec61851.diode_check import DiodeCheck, check_diode
from chargepoint.iec61851.pilot_debounce import PilotDebounce, debounce
from chargepoint.iec61851.proximity_pilot import RATING_AMPS, Cable
from chargepoint.iec61851.supply_machine import SupplyMachine
from chargepoint.iec61851.supply_words import LockPlug, Order, SupplyInputs, UnlockPlug
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.pilot import DEMAND_STATES, PLUGGED_STATES, PilotState
from chargepoint.model.power import ContactorState, EvseObservation, PowerDirective, WhyOpen
from chargepoint.safety.indicators import Indicators, light_for
from chargepoint.safety.interlocks import PILOT_FAULTS, TOLERABLE, faults_told, latched_after, temperature_fault
from chargepoint.safety.lease import Lease, renewed
from chargepoint.safety.monitor_test import MonitorTest
from chargepoint.safety.outputs import Outputs
from chargepoint.safety.plan import EvsePlan
from chargepoint.safety.plug_watch import PlugWatch
from chargepoint.safety.residual_watch import ResidualScene, ResidualWatch
from chargepoint.safety.self_test import MonitorScene
from chargepoint.safety.sensors import FastReadings, Sensors, SlowReadings
from chargepoint.safety.watches import (
    ContactorWatch,
    LockWatch,
    Opening,
    WordWatch,
    begun,
    timed,
    watch_contactor,
    watch_controlled,
    watch_lock,
    watch_word,
)
from chargepoint_hal.contract import EvseHardware

CALM_SECONDS = 0.05
"""While nothing moves, every tick looks but only this often one thinks: its deadlines are all seconds long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the plan sets for every EVSE alike."""

    lease_seconds: float
    maximum_temperature_celsius: float
    tolerates_lost_thermometer: bool = False


class EvseGuard:
    """Keeps one EVSE's contactor open unless everything allows it to be closed."""

    def __init__(self, plan: EvsePlan, hardware: EvseHardware, limits: Limits, start: str) -> None:
        self.evse_id = plan.evse_id
        self._limits = limits
        self._has_socket = plan.rules.has_socket
        self._has_controller = hardware.controller is not None
        self._sensors = Sensors(plan.evse_id, hardware, plan.rules.has_socket)
        self._outputs = Outputs(plan.evse_id, hardware)
        self._indicators = Indicators(hardware)
        self._machine = SupplyMachine(plan.rules)
        self._pilot = PilotDebounce()
        self._plug = PlugWatch(start)
        self._diode = DiodeCheck()
        self._contactor = ContactorWatch()
        self._residual = ResidualWatch()
        self._monitor_test = MonitorTest(plan.evse_id, hardware.residual_current_monitor)
        self._lock = LockWatch()
        self._word = WordWatch()
        self._lease = Lease()
        self._directive: PowerDirective | None = None
        self._acknowledged: frozenset[Fault] = frozenset()
        self._is_linked = False
        self._own_f_until: float | None = None
        self._faults: frozenset[Fault] = frozenset()
        self._latched: frozenset[Fault] = frozenset()
        self._slow = SlowReadings()
        self._fast: FastReadings | None = None
        self._opening = Opening()
        self._was_made_safe = False
        self._decide_at = 0.0

    def apply(self, directive: PowerDirective, now: float) -> None:
        """A directive arrived. Only a newly named fault is an acknowledgement: repeating it clears nothing later."""
        before = self._directive.faults_acknowledged if self._directive is not None else frozenset()
        self._acknowledged = self._acknowledged | (directive.faults_acknowledged - before)
        if directive != self._directive:
            self._decide_at = now
        self._directive = directive
        self._monitor_test.recall(directive.self_tested_at)
        self._lease = renewed(directive.lease_seconds, self._limits.lease_seconds, now)

    def link_changed(self, is_linked: bool) -> None:
        """The lease is what counts; this only makes the reason true."""
        self._is_linked, self._decide_at = is_linked, 0.0

    def made_safe(self) -> None:
        """The board was made safe: nothing here closes any more."""
        self._was_made_safe = True
        self._monitor_test.stop()

    def tick(self, now: float) -> bool:
        """Sample, decide and act; an opening goes out before anything slow is read. True when it had to decide."""
        if self._was_made_safe:
            return True
        fast = self._sensors.read_fast()
        is_calm = now < self._decide_at and fast == self._fast and self._is_as_settled(fast)
        self._fast = fast
        if is_calm:
            self._plug.see(self._pilot.state, now)
            return False
        self._decide(fast, now)
        self._decide_at = now + CALM_SECONDS if self.is_quiescent else now
        return True

    def _is_as_settled(self, fast: FastReadings) -> bool:
        """The pilot shows the state that has settled."""
        return fast.shows_pilot and fast.pilot_state(self._pilot.state) is self._pilot.state

    def _decide(self, fast: FastReadings, now: float) -> None:
        demand_ended_before = self._pilot.demand_ended_at
        self._see_pilot(fast, now)
        self._plug.see(self._pilot.state if fast.shows_pilot else None, now)
        self._judge(fast, now)
        was_closed = self._machine.contactor_commanded
        orders = self._machine.step(self._inputs(fast, now), now)
        self._outputs.perform(orders + self._lock_retries(fast, now, orders))
        if self._outputs.signal is PilotSignal.FAULT:
            self._own_f_until = now + timing.OWN_STATE_F_AFTERMATH_SECONDS
        if was_closed and not self._machine.contactor_commanded:
            ended_at = self._pilot.demand_ended_at
            since = now if ended_at is None or ended_at == demand_ended_before else ended_at
            self._opening = begun(since, fast.contactor_closed)
        self._opening = timed(self._opening, self._machine.contactor_commanded, fast.contactor_closed, now)
        self._slow = self._sensors.read_slow(now)
        self._indicators.show(
            light_for(bool(self._faults), self._is_plugged_in, self._machine.contactor_commanded), now
        )

    @property
    def _is_plugged_in(self) -> bool:
        return self._pilot.state in PLUGGED_STATES

    @property
    def is_quiescent(self) -> bool:
        """Nothing is on its way."""
        return not self.is_looking_closely and self._machine.next_deadline() is None

    @property
    def is_looking_closely(self) -> bool:
        """What the next samples show matters, not only when they are taken: no tick may be left out."""
        return (
            self._pilot.is_moving
            or self._pilot.state is None
            or self._contactor.disagrees_since is not None
            or self._lock.off_since is not None
            or self._word.untold_since is not None
            or self._opening.since is not None
            or self._own_f_until is not None
            or self._monitor_test.is_running
            or self._residual.is_counting
        )

    def next_deadline(self) -> float | None:
        """When time alone moves its supply on; None while nothing of the kind is under way."""
        return self._machine.next_deadline()

    def change_key(self) -> tuple[object, ...]:
        """Equal keys: nothing worth telling happened between two ticks."""
        machine, outputs, fast = self._machine, self._outputs, self._fast
        return (
            self._pilot.state,
            self._plug.mark,
            outputs.signal,
            outputs.duty_percent,
            machine.contactor_commanded,
            machine.why_open,
            machine.is_settled,
            machine.simplified_ev,
            machine.closings,
            machine.most_phases,
            self._faults,
            self._latched,
            self._monitor_test.verdict,
            self._slow.cable,
            self._opening.lasted_seconds,
            self._was_made_safe,
            None if fast is None else (fast.contactor_closed, fast.lock, fast.mains_present),
        )

    def observe(self, now: float) -> EvseObservation | None:
        """What there is to tell; None before the first tick."""
        fast, machine = self._fast, self._machine
        if fast is None:
            return None
        return EvseObservation(
            evse_id=self.evse_id,
            at_monotonic=now,
            pilot_state=self._pilot.state or PilotState.FAULT,
            pilot_signal=PilotSignal.STEADY if self._was_made_safe else self._outputs.signal,
            duty_percent=None if self._was_made_safe else self._outputs.duty_percent,
            contactor=self._contactor_state(fast),
            contactor_commanded=machine.contactor_commanded and not self._was_made_safe,
            lock=fast.lock,
            faults=self._faults | self._supply_faults(now),
            why_open=(WhyOpen.MAKE_SAFE, *machine.why_open) if self._was_made_safe else machine.why_open,
            is_settled=machine.is_settled,
            cable_rating_amps=self._cable_rating_amps(),
            simplified_ev=machine.simplified_ev,
            latched_faults=self._latched,
            lockout_remaining_seconds=machine.chatter.lockout_remaining_seconds(now),
            lease_remaining_seconds=self._lease.remaining_seconds(now),
            pilot_high_volts=None if fast.pilot is None else fast.pilot.high_volts,
            pilot_low_volts=None if fast.pilot is None else fast.pilot.low_volts,
            temperature_celsius=self._slow.temperature_celsius,
            last_open_seconds=self._opening.lasted_seconds,
            closings=machine.closings,
            phases=0 if self._was_made_safe else machine.phases,
            most_phases=machine.most_phases,
            mains_present=fast.mains_present is not False,
            plug=self._plug.mark,
            self_test=self._monitor_test.verdict,
            self_test_age_seconds=self._monitor_test.age_seconds(now),
            self_test_cause=self._monitor_test.cause,
            is_limited_externally=fast.is_limited_externally,
        )

    def _see_pilot(self, fast: FastReadings, now: float) -> None:
        """Under our own state F, and just after, the pilot says nothing about the EV: what was known stays."""
        if self._has_controller:
            is_excused = self._outputs.signal is PilotSignal.FAULT or bool(fast.broken)
            self._word = watch_word(fast.told is not None, is_excused, self._word, now)
        if self._outputs.signal is PilotSignal.FAULT:
            return
        if self._own_f_until is not None:
            if now < self._own_f_until:
                return
            self._own_f_until = None
        sampled = PilotState.FAULT if self._word.is_overdue else fast.pilot_state(self._pilot.state)
        if sampled is None:
            return
        if fast.mains_present is False and sampled in PILOT_FAULTS:
            return  # a generator without supply: no short, and nothing about the EV
        self._pilot = debounce(self._pilot, sampled, now)
        if fast.pilot is not None:
            volts = (fast.pilot.high_volts, fast.pilot.low_volts)
            self._diode = check_diode(self._diode, volts, self._outputs.signal, self._pilot.state, now)

    def _judge(self, fast: FastReadings, now: float) -> None:
        commanded, offers = self._machine.contactor_commanded, self._outputs.signal is PilotSignal.PWM
        watch = watch_controlled(offers) if self._has_controller else watch_contactor
        self._contactor = watch(self._contactor, commanded, fast.contactor_closed, now)
        self._lock = watch_lock(self._lock, self._outputs.lock_wanted, fast.lock, now)
        self._monitor_test.see(self._monitor_scene(fast), self._acknowledged, now)
        self._acknowledged |= self._monitor_test.cleared
        is_unplugged = self._pilot.state is PilotState.A and self._own_f_until is None
        self._residual = self._residual.seen(self._residual_scene(fast), is_unplugged, now)
        present = self._present_faults(fast)
        if not present and not self._latched:
            self._faults, self._acknowledged = present, frozenset()
            return
        lasting = present - (self._residual.passing - fast.broken)
        self._latched = latched_after(self._latched, lasting, is_unplugged, self._acknowledged)
        self._acknowledged = frozenset()
        self._faults = present | self._latched

    def _residual_scene(self, fast: FastReadings) -> ResidualScene:
        is_tripped = False if self._monitor_test.is_running else fast.residual_current_tripped
        return ResidualScene(is_tripped, self._machine.contactor_commanded, self._may_be_live(fast))

    def _monitor_scene(self, fast: FastReadings) -> MonitorScene:
        is_live = self._may_be_live(fast)
        is_seen = self._machine.is_settled and self._own_f_until is None and fast.mains_present is not False
        is_free = is_seen and not is_live and self._pilot.state is PilotState.A
        return MonitorScene(is_free, is_live, fast.residual_current_tripped)

    def _present_faults(self, fast: FastReadings) -> frozenset[Fault]:
        claims = (
            (Fault.RESIDUAL_CURRENT, self._residual.stands),
            (Fault.PE_LOST, fast.protective_earth_connected is False),
            (Fault.EMERGENCY_STOP, fast.emergency_stop_pressed is True),
            (Fault.MAINS_LOST, fast.mains_present is False),
            (Fault.DIODE, self._diode.is_faulted),
            (Fault.LOCK_JAMMED, self._lock.is_jammed),
            (Fault.PROXIMITY_SHORT, self._slow.cable is Cable.SHORT),
            (Fault.PROXIMITY_LOST, self._slow.cable is Cable.NONE and self._machine.contactor_commanded),
        )
        found = {fault for fault, stands in claims if stands}
        found |= fast.broken | self._slow.broken | self._outputs.faults
        found |= self._monitor_test.faults | faults_told(self._directive)
        if self._pilot.state in PILOT_FAULTS:
            found.add(PILOT_FAULTS[self._pilot.state])
        if self._contactor.fault is not None:
            found.add(self._contactor.fault)
        was_too_hot = Fault.OVER_TEMPERATURE in self._faults
        hot = temperature_fault(self._slow.temperature_celsius, self._limits.maximum_temperature_celsius, was_too_hot)
        return frozenset(found | hot)

    def _inputs(self, fast: FastReadings, now: float) -> SupplyInputs:
        return SupplyInputs(
            pilot=self._pilot.state,
            plug=self._plug.mark,
            directive=self._plug.permitted(self._directive),
            lease_is_valid=self._lease.is_valid(now),
            controller_is_linked=self._is_linked,
            faults=self._faults - TOLERABLE if self._limits.tolerates_lost_thermometer else self._faults,
            cable_rating_amps=self._cable_rating_amps(),
            lock=fast.lock,
            diode_is_proven=self._diode.is_proven or fast.told is not None,
            contactor_may_be_live=self._contactor_state(fast).may_be_live,
            is_limited_externally=fast.is_limited_externally is True,
            is_testing=self._monitor_test.is_running,
        )

    def _lock_retries(self, fast: FastReadings, now: float, orders: tuple[Order, ...]) -> tuple[Order, ...]:
        """A lock that is not where it was sent is sent again, unless it would open on a live contactor."""
        ordered_anew = any(isinstance(order, LockPlug | UnlockPlug) for order in orders)
        if ordered_anew or not self._lock.must_resend:
            return ()
        if self._lock.wanted:
            return (LockPlug(),)
        return () if self._may_be_live(fast) else (UnlockPlug(),)

    def _may_be_live(self, fast: FastReadings) -> bool:
        return self._machine.contactor_commanded or self._contactor_state(fast).may_be_live

    def _supply_faults(self, now: float) -> frozenset[Fault]:
        """What the supply machine holds back for; told, but it needs no interlock."""
        is_unventilated = self._pilot.state in DEMAND_STATES and WhyOpen.VENTILATION in self._machine.why_open
        claims = (
            (Fault.CHATTER_LOCKOUT, self._machine.chatter.lockout_remaining_seconds(now) > 0.0),
            (Fault.VENTILATION_UNAVAILABLE, is_unventilated),
        )
        return frozenset(fault for fault, stands in claims if stands)

    def _cable_rating_amps(self) -> float | None:
        cable = self._slow.cable
        return RATING_AMPS[cable] if self._has_socket and cable is not None else None

    def _contactor_state(self, fast: FastReadings) -> ContactorState:
        return fast.contactor_state(self._machine.contactor_commanded and not self._was_made_safe)
