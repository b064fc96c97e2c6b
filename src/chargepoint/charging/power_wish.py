"""What a session asks of the safety process: its directive, its limit and whose limit it is."""

from chargepoint.charging.context import CoreContext, EvseConfiguration
from chargepoint.charging.effects import Direct, UnlockFinished
from chargepoint.charging.meter_watch import MeterWatch
from chargepoint.charging.safety_view import SafetyView
from chargepoint.charging.temperature_limit import TemperatureLimit
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.limits import Limit
from chargepoint.model.power import EvseObservation, LockState, PowerDirective
from chargepoint.settings import catalogue
from chargepoint.smart_charging.current_limit import resolve

ACKNOWLEDGEMENT_SECONDS = 2.0
"""How long a person's word is repeated. Only a new one counts: one that stood for ever could not be given again."""


class PowerWish:
    """Emits a `Direct` whenever the wish differs from the last one."""

    def __init__(self, configuration: EvseConfiguration, context: CoreContext, watch: MeterWatch) -> None:
        self._configuration = configuration
        self._context = context
        self._watch = watch
        self._last: PowerDirective | None = None
        self._acknowledged: frozenset[Fault] = frozenset()
        self._acknowledged_at = 0.0
        self.remote_limit_amps: float | None = None
        self.imposed: tuple[Limit, ...] = ()
        """By charging profiles, and by having been offline for long."""
        self.imposed_phases: int | None = None
        """On which the profiles' limit is used; None: they say nothing."""
        self.is_unlocking = False
        self._temperature = TemperatureLimit()
        self.limit = Limit(configuration.max_current_amps, "board")

    def direct(self, power_allowed: bool, safety: SafetyView, lock_wanted: bool) -> None:
        """Say what is wanted now, if that is news. Power is allowed to the EV that was seen last, and to no other."""
        seen = safety.observation
        self._follow_lock(seen)
        if seen is not None:
            self._temperature = self._temperature.seen(seen, self._configuration.temperature)
        self.limit = resolve([*self._own_limits(seen), *self.imposed])
        if seen is not None:
            is_heard = seen.at_monotonic - self._acknowledged_at >= ACKNOWLEDGEMENT_SECONDS
            self._acknowledged = frozenset() if is_heard else self._acknowledged & seen.latched_faults
        directive = PowerDirective(
            evse_id=self._configuration.evse_id,
            power_allowed=power_allowed,
            limit_amps=self.limit.amps,
            phases=self._phases(),
            lock_wanted=lock_wanted and not self.is_unlocking,
            unlock_forced=self.is_unlocking,
            lease_seconds=self._context.lease_seconds,
            faults_seen=self._watch.faults,
            faults_acknowledged=self._acknowledged,
            plug=safety.plug if power_allowed else None,
            self_tested_at=safety.self_test.tested_at,
        )
        last, self._last = self._last, directive
        if directive != last:
            self._context.emit(Direct(directive, raises_power(last, directive)))

    def repeat(self) -> None:
        """A new safety process has heard nothing yet: the next `direct` is news."""
        self._last = None

    def acknowledge(self, safety: SafetyView) -> frozenset[Fault]:
        """A person clears what is latched now, there and here."""
        seen = safety.observation
        self._acknowledged = frozenset() if seen is None else seen.latched_faults
        self._acknowledged_at = 0.0 if seen is None else seen.at_monotonic
        return self._acknowledged | safety.kept_faults.acknowledge(seen)

    @property
    def power_allowed(self) -> bool:
        """What was last asked for."""
        return self._last is not None and self._last.power_allowed

    def unlock(self) -> None:
        self.is_unlocking = True

    def unlock_failed(self, reason: str) -> None:
        self._finish_unlock(False, reason)

    def offered_amps(self, seen: EvseObservation | None) -> float | None:
        """What the pilot offers now; 0 without PWM; None when nothing is known."""
        if seen is None:
            return None
        return self.limit.amps if seen.pilot_signal is PilotSignal.PWM else 0.0

    def _phases(self) -> int:
        """Fewer than are wired only where they can be switched."""
        wired = self._configuration.phases
        return wired if self.imposed_phases is None else min(self.imposed_phases, wired)

    def _follow_lock(self, seen: EvseObservation | None) -> None:
        if self.is_unlocking and seen is not None and seen.lock in (LockState.UNLOCKED, LockState.ABSENT):
            self._finish_unlock(True, "the lock is open")

    def _finish_unlock(self, is_unlocked: bool, reason: str) -> None:
        if self.is_unlocking:
            self.is_unlocking = False
            self._context.emit(UnlockFinished(self._configuration.evse_id, is_unlocked, reason))

    def own_limit(self, seen: EvseObservation | None) -> Limit:
        """What holds without any charging profile."""
        return resolve(self._own_limits(seen))

    def _own_limits(self, seen: EvseObservation | None) -> list[Limit]:
        configuration = self._configuration
        limits = [Limit(configuration.max_current_amps, "board")]
        if configuration.installer_limit_amps is not None:
            limits.append(Limit(configuration.installer_limit_amps, "installer"))
        limits.append(Limit(self._context.settings.get(catalogue.MAXIMUM_CURRENT_AMPS), "operator"))
        if self._temperature.amps is not None:
            limits.append(Limit(self._temperature.amps, "temperature"))
        if seen is not None and seen.cable_rating_amps is not None:
            limits.append(Limit(seen.cable_rating_amps, "cable"))
        if seen is not None and seen.simplified_ev:
            limits.append(Limit(10.0, "simplified_ev"))
        if self.remote_limit_amps is not None:
            limits.append(Limit(self.remote_limit_amps, "remote_start"))
        return limits


def raises_power(last: PowerDirective | None, directive: PowerDirective) -> bool:
    """True when it allows what the last one did not. Of another number of phases the sum counts: the EV
    is switched off in between."""
    if not directive.power_allowed:
        return False
    if last is None or not last.power_allowed or directive.plug != last.plug:
        return True
    if directive.phases != last.phases:
        return directive.limit_amps * directive.phases > last.limit_amps * last.phases
    return directive.limit_amps > last.limit_amps
