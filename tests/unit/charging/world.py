"""The wires of a story: an EV, a contactor, a lock, a meter and the CSMS's lists, each behaving by itself."""

from dataclasses import dataclass, field, replace

from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, LockState, PlugMark, PowerDirective, WhyOpen
from chargepoint.model.tokens import IdToken, TokenVerdict, look_up


@dataclass(slots=True)
class FakeTokens:
    """List and cache as dictionaries, as a disk would hold them."""

    list: dict[str, TokenVerdict] = field(default_factory=dict)
    cache: dict[str, TokenVerdict] = field(default_factory=dict)

    list_version: int = 1

    def cached(self, token: IdToken, moment: Moment) -> TokenVerdict | None:
        return look_up(token, self.cache)

    def forget(self, token: IdToken) -> None:
        for key in token.keys:
            self.cache.pop(key, None)

    def unlist(self, token: IdToken) -> None:
        for key in token.keys:
            self.list.pop(key, None)


@dataclass(slots=True)
class Outlet:
    """One EVSE's wires, EV, contactor and meter; does what the last directive allows."""

    evse_id: EvseId
    is_plugged_in: bool = False
    ev_is_ready: bool = True
    pilot: PilotState | None = None
    """Overrides what the EV would show."""
    faults: frozenset[Fault] = frozenset()
    contactor_sticks: bool = False
    lock_sticks: bool = False
    has_lock: bool = True
    cable_rating_amps: float | None = None
    directive: PowerDirective | None = None
    register_wh: float = 1000.0
    flowed_wh: float = 0.0
    """What really went to EVs, whatever the register says."""
    meter_speaks: bool = True
    is_settled: bool = True
    is_closed: bool = False
    lock: LockState = LockState.UNLOCKED
    plug: PlugMark = field(default_factory=lambda: PlugMark("first", 0))
    was_empty: bool = False

    def restart_safety(self, now: float) -> None:
        """Another process watches the plug and has heard nothing yet; the contactor has dropped."""
        self.directive = None
        self.plug = PlugMark(f"started at {now}", 0)
        self.observe(now)

    def draw(self, energy_wh: float) -> None:
        self.register_wh += energy_wh
        self.flowed_wh += energy_wh

    def observe(self, now: float) -> EvseObservation:
        pilot = self.pilot or self._ev()
        self._count_unplugs(pilot)
        why = self._why_open(pilot)
        self.is_closed = not why or (self.contactor_sticks and self.is_closed)
        self._move_lock()
        return EvseObservation(
            evse_id=self.evse_id,
            at_monotonic=now,
            pilot_state=pilot,
            pilot_signal=PilotSignal.PWM if not why or why == (WhyOpen.EV_NOT_READY,) else PilotSignal.STEADY,
            duty_percent=None,
            contactor=ContactorState.CLOSED if self.is_closed else ContactorState.OPEN,
            contactor_commanded=not why,
            lock=self.lock if self.has_lock else LockState.ABSENT,
            faults=self.faults,
            why_open=why,
            is_settled=self.is_settled,
            cable_rating_amps=self.cable_rating_amps if pilot is not PilotState.A else None,
            latched_faults=self.faults & {Fault.CONTACTOR_WELDED},
            plug=self.plug,
        )

    def _count_unplugs(self, pilot: PilotState) -> None:
        if not self.is_settled:
            return
        is_empty = pilot is PilotState.A
        if is_empty and not self.was_empty:
            self.plug = replace(self.plug, generation=self.plug.generation + 1)
        self.was_empty = is_empty

    def _ev(self) -> PilotState:
        if not self.is_plugged_in:
            return PilotState.A
        return PilotState.C if self.ev_is_ready else PilotState.B

    def _why_open(self, pilot: PilotState) -> tuple[WhyOpen, ...]:
        allowed = self.directive
        checks = (
            (bool(self.faults), WhyOpen.FAULT),
            (not self.is_settled, WhyOpen.STARTING),
            (pilot is PilotState.A, WhyOpen.NO_EV),
            (allowed is None or not allowed.power_allowed or allowed.plug != self.plug, WhyOpen.NOT_PERMITTED),
            (allowed is not None and allowed.limit_amps < 6.0, WhyOpen.LIMIT_BELOW_MINIMUM),
            (pilot is not PilotState.C, WhyOpen.EV_NOT_READY),
        )
        return tuple(why for holds, why in checks if holds)

    def _move_lock(self) -> None:
        if self.directive is None or self.lock_sticks:
            return
        if self.directive.unlock_forced and not self.is_closed:
            self.lock = LockState.UNLOCKED
        else:
            self.lock = LockState.LOCKED if self.directive.lock_wanted else self.lock
            if not self.directive.lock_wanted and not self.is_closed:
                self.lock = LockState.UNLOCKED
