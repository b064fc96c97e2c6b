"""The EV at the other end of the cable: S2, current and appetite. Pure: time is an argument, no clock is read.

Between two changes the current is a straight line, so that whoever integrates it by trapezoids is exact.
"""

import math
from dataclasses import dataclass, field
from enum import Enum

from chargepoint_hal.bench.pilot_circuit import CABLE_OHMS, PilotLoad, amps_offered, ev_ohms
from chargepoint_hal.bench.quirks import QUIRKS, TIME_GRAIN_SECONDS, Manners
from chargepoint_hal.contract import PilotSignal

MINIMUM_AMPS = 6.0  # IEC 61851-1: no current below 6 A can be offered
SIMPLIFIED_MAXIMUM_AMPS = 10.0  # IEC 61851-1 A.2.3
STOP_SECONDS = 2.0  # table A.6 sequence 10.1 allows 3 s from PWM off to S2 open
STOP_RAMP_SECONDS = 1.5
START_DELAY_SECONDS = 0.5
WAKE_UP_SECONDS = 2.0
ENERGY_GRAIN_WH = 1e-6
STANDARD_CABLE_AMPS = 32


class Unchanged(Enum):
    """Stands for "leave as it is" where None already means something."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class PlugIn:
    """The cable and the EV that somebody plugs in."""

    max_current_amps: float = 32.0
    phases: int = 3
    ready_after_seconds: float = 1.0
    energy_wanted_wh: float | None = None
    ventilation: bool = False
    quirk: str | None = None
    cable_amps: int | Unchanged | None = UNCHANGED
    """The cable's coding; left out, it is one that carries the EV; None is a cable without a resistor."""

    def cable_rating_amps(self) -> int | None:
        if self.cable_amps is not UNCHANGED:
            return self.cable_amps
        return STANDARD_CABLE_AMPS if self.max_current_amps <= STANDARD_CABLE_AMPS else max(CABLE_OHMS)


@dataclass(frozen=True, slots=True)
class EvChange:
    """What changes about the plugged EV or its cable."""

    ready: bool | None = None
    max_current_amps: float | None = None
    diode_ok: bool | None = None
    pilot_shorted: bool | None = None
    cable_amps: int | Unchanged | None = UNCHANGED


@dataclass(slots=True)
class Ev:
    """One plugged EV. `update` after every change of what it sees; `advance` moves time to it."""

    plug: PlugIn
    at: float
    max_current_amps: float = field(init=False)
    cable_amps: int | None = field(init=False)
    ready_at: float = field(init=False)
    is_awake: bool = field(init=False)
    manners: Manners = field(init=False)
    is_ready: bool = True
    diode_ok: bool = True
    pilot_shorted: bool = False
    s2_closed: bool = False
    current_amps: float = 0.0
    energy_drawn_wh: float = 0.0
    is_broken: bool = False
    """Three phases have met inputs that were joined: it never wants power again."""
    _are_inputs_joined: bool = False
    _target_amps: float = 0.0
    _amps_per_second: float = 0.0
    _offered_amps: float = 0.0
    _last_offered_amps: float = 0.0
    _offer_changed_at: float = 0.0
    _state_f_since: float | None = None
    _live_since: float | None = None

    def __post_init__(self) -> None:
        self.manners = QUIRKS[self.plug.quirk] if self.plug.quirk is not None else Manners()
        self.max_current_amps = self.plug.max_current_amps
        self.cable_amps = self.plug.cable_rating_amps()
        self.ready_at = self.at + self.plug.ready_after_seconds
        self.is_awake = not self.manners.is_asleep
        self._offer_changed_at = self.at
        self.s2_closed = not self.manners.has_s2

    def change(self, change: EvChange) -> None:
        """Apply what a person did to the EV or the cable."""
        if change.ready is not None:
            self.ready_at = self.at if change.ready and not self.wants_power() else self.ready_at
            self.is_ready = change.ready
        if change.max_current_amps is not None:
            self.max_current_amps = change.max_current_amps
        if change.diode_ok is not None:
            self.diode_ok = change.diode_ok
        if change.pilot_shorted is not None:
            self.pilot_shorted = change.pilot_shorted
        if change.cable_amps is not UNCHANGED:
            self.cable_amps = change.cable_amps

    def wants_power(self) -> bool:
        """Ready, past its delay and not full."""
        is_due = self.at >= self.ready_at - TIME_GRAIN_SECONDS
        return self.is_ready and is_due and not self._is_full() and not self.is_broken

    def load(self, ventilation_asked: bool) -> PilotLoad:
        """What the EV hangs on the pilot now."""
        ohms = ev_ohms(self.s2_closed, self.plug.ventilation or ventilation_asked)
        return PilotLoad(ohms, has_diode=self.diode_ok, is_shorted=self.pilot_shorted)

    def cable_ohms(self) -> float:
        return CABLE_OHMS[self.cable_amps] if self.cable_amps is not None else math.inf

    def advance(self, now: float) -> None:
        """Let the current follow its line until `now`."""
        change_amps = self._amps_per_second * (now - self.at)
        self.at = now
        gap_amps = self._target_amps - self.current_amps
        if abs(gap_amps) <= abs(change_amps) + 1e-9:
            self.current_amps = self._target_amps
        else:
            self.current_amps += math.copysign(change_amps, gap_amps)

    def update(self, signal: PilotSignal | None, duty_percent: float, live_phases: int, over_current: bool) -> None:
        """React to the pilot (None: no pilot at all) and to power on the cable, at the present moment."""
        self._notice(signal, duty_percent)
        self._mind_phases(signal, live_phases)
        self.s2_closed = self._s2_wanted()
        if live_phases == 0 or not self.s2_closed or (not self.manners.has_s2 and not self.wants_power()):
            self._live_since = None
            self.current_amps = self._target_amps = self._amps_per_second = 0.0
            return
        if self._live_since is None:
            self._live_since = self.at
        self._aim(1.3 if over_current else self.manners.draws_factor)

    def next_change(self, watts_per_amp: float) -> float | None:
        """When something about the EV changes by itself."""
        times = [self.ready_at, self._state_f_end(), self._ramp_end(), self._full_at(watts_per_amp), *self._s2_times()]
        if self._live_since is not None:
            times.append(self._live_since + START_DELAY_SECONDS)
        coming = [time for time in times if time is not None and time > self.at + TIME_GRAIN_SECONDS]
        return min(coming, default=None)

    def _is_full(self) -> bool:
        wanted_wh = self.plug.energy_wanted_wh
        return wanted_wh is not None and self.energy_drawn_wh >= wanted_wh - ENERGY_GRAIN_WH

    def _notice(self, signal: PilotSignal | None, duty_percent: float) -> None:
        offered_amps = amps_offered(signal, duty_percent) if signal is not None and not self.pilot_shorted else 0.0
        if (offered_amps > 0) != (self._offered_amps > 0):
            self._offer_changed_at = self.at
        self._offered_amps = offered_amps
        if offered_amps > 0:
            self._last_offered_amps = offered_amps
        if signal is not PilotSignal.FAULT:
            self._state_f_since = None
        elif self._state_f_since is None:
            self._state_f_since = self.at
        elif self.at >= self._state_f_since + WAKE_UP_SECONDS - TIME_GRAIN_SECONDS:
            self.is_awake = True

    def _mind_phases(self, signal: PilotSignal | None, live_phases: int) -> None:
        if live_phases == 0:
            self._are_inputs_joined = self._are_inputs_joined and signal is not PilotSignal.FAULT
        elif live_phases == 1 and self.plug.phases == 3 and self.manners.bridges_phases:
            self._are_inputs_joined = True
        elif live_phases == 3 and self._are_inputs_joined:
            self.is_broken = True

    def _s2_wanted(self) -> bool:
        if not self.manners.has_s2:
            return True
        if not self.wants_power() or not self.is_awake:
            return False
        if self._offered_amps > 0:
            return self.manners.s2_pattern.is_closed(self.at - self._asking_since())
        if self.manners.ignores_pwm_off:
            return self.s2_closed
        return self.s2_closed and self.at < self._offer_changed_at + STOP_SECONDS - TIME_GRAIN_SECONDS

    def _asking_since(self) -> float:
        return max(self._offer_changed_at, self.ready_at)

    def _aim(self, factor: float) -> None:
        """Set the line of the current: nothing below 6 A, and a start straight at 6 A."""
        offered_amps = self._last_offered_amps if self.manners.ignores_pwm_off else self._offered_amps
        wanted_amps = offered_amps * factor if factor > 1.0 else min(self.max_current_amps, offered_amps)
        if not self.manners.has_s2:
            wanted_amps = min(wanted_amps, SIMPLIFIED_MAXIMUM_AMPS)
        self._target_amps = wanted_amps if wanted_amps >= MINIMUM_AMPS else 0.0
        ramp_seconds = self.manners.follow_seconds if self._target_amps > 0 else STOP_RAMP_SECONDS
        self._amps_per_second = max(self.max_current_amps, self.current_amps) / ramp_seconds
        if self.current_amps < MINIMUM_AMPS <= self._target_amps:
            live_since = self._live_since if self._live_since is not None else self.at
            is_started = self.at >= live_since + START_DELAY_SECONDS - TIME_GRAIN_SECONDS
            self.current_amps = MINIMUM_AMPS if is_started else 0.0
            self._amps_per_second = self._amps_per_second if is_started else 0.0

    def _slope(self) -> float:
        """Amps per second with its sign; 0 on the level."""
        gap_amps = self._target_amps - self.current_amps
        return math.copysign(self._amps_per_second, gap_amps) if gap_amps and self._amps_per_second else 0.0

    def _ramp_end(self) -> float | None:
        slope = self._slope()
        return self.at + (self._target_amps - self.current_amps) / slope if slope else None

    def _full_at(self, watts_per_amp: float) -> float | None:
        """When the energy wanted is reached on the present line of the current."""
        if self.plug.energy_wanted_wh is None or self._is_full():
            return None
        missing_ws = (self.plug.energy_wanted_wh - self.energy_drawn_wh) * 3600.0
        power_watts = self.current_amps * watts_per_amp
        discriminant = power_watts**2 + 2.0 * self._slope() * watts_per_amp * missing_ws
        if discriminant <= 0.0:
            return None
        return self.at + 2.0 * missing_ws / (power_watts + math.sqrt(discriminant))

    def _state_f_end(self) -> float | None:
        return None if self._state_f_since is None or self.is_awake else self._state_f_since + WAKE_UP_SECONDS

    def _s2_times(self) -> list[float | None]:
        if self._offered_amps <= 0:
            return [self._offer_changed_at + STOP_SECONDS]
        edge = self.manners.s2_pattern.next_edge(max(0.0, self.at - self._asking_since()))
        return [None if edge is None else self._asking_since() + edge]
