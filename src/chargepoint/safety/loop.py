"""The safety loop: one call per period over every EVSE. Pure of clocks and sockets, so that a bench can drive it.

Whatever goes wrong inside a tick makes the board safe first and is raised afterwards.
"""

import logging
from dataclasses import fields
from os import urandom

from chargepoint.model.errors import ConfigurationError
from chargepoint.model.identifiers import EvseId
from chargepoint.model.phases import PhaseSwitching
from chargepoint.model.power import EvseObservation, PowerDirective, SafetyHello
from chargepoint.safety.evse_guard import EvseGuard, Limits
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from chargepoint_hal.contract import Board, EvseHardware

logger = logging.getLogger(__name__)

PUBLISH_SECONDS = 0.5
"""An observation goes out on each change, and this often without one."""


class SafetyLoop:
    """Owns the board. `tick` may be called with any step of time, 10 ms or a second."""

    def __init__(self, board: Board, plan: SafetyPlan) -> None:
        self._board = board
        self._plan = plan
        limits = Limits(plan.lease_seconds, plan.maximum_temperature_celsius, plan.tolerates_lost_thermometer)
        start = urandom(8).hex()  # not `secrets`: it brings in all of OpenSSL
        self._guards = {evse.evse_id: EvseGuard(evse, _hardware(board, evse), limits, start) for evse in plan.evses}
        self._published: dict[EvseId, tuple[float, tuple[object, ...]]] = {}
        for evse in plan.evses:
            absent = ", ".join(absent_parts(board.evses[evse.evse_id])) or "nothing"
            logger.info("EVSE %s on the board %s: not fitted: %s", evse.evse_id, board.name, absent)

    def hello(self) -> SafetyHello:
        """What a new controller is told first."""
        hardware = {evse.evse_id: self._board.evses[evse.evse_id] for evse in self._plan.evses}
        return SafetyHello(
            board=self._board.name,
            evse_ids=tuple(hardware),
            has_lock={evse_id: parts.connector_lock is not None for evse_id, parts in hardware.items()},
            phases={evse.evse_id: min(evse.rules.phases, hardware[evse.evse_id].phases) for evse in self._plan.evses},
            switches_phases={
                evse.evse_id: evse.rules.phase_switching is not PhaseSwitching.NEVER for evse in self._plan.evses
            },
        )

    def tick(self, now: float) -> list[EvseObservation]:
        """One period; the observations that are worth publishing."""
        try:
            eventful = {evse_id for evse_id, guard in self._guards.items() if guard.tick(now)}
            alive_line = self._board.alive_line
            if alive_line is not None:
                alive_line.toggle()
        except BaseException:
            self.make_safe()
            raise
        return self._worth_telling(eventful, now)

    def apply(self, directive: PowerDirective, now: float) -> None:
        """A directive of the controller; ValueError for an EVSE that this process does not serve."""
        guard = self._guards.get(directive.evse_id)
        if guard is None:
            served = ", ".join(str(evse_id) for evse_id in self._guards)
            raise ValueError(f"evse_id: {directive.evse_id} is not served here, only {served}")
        guard.apply(directive, now)

    def link_opened(self) -> None:
        """A controller is there: it is told everything with the next tick."""
        self._published.clear()
        for guard in self._guards.values():
            guard.link_changed(True)

    def link_lost(self, now: float) -> None:
        """The controller is gone. Its leases run on, so that one that restarts in time cuts nothing."""
        logger.warning("the controller left at %.3f: leases run out unless it comes back", now)
        for guard in self._guards.values():
            guard.link_changed(False)

    def make_safe(self) -> None:
        """Every contactor open, for good; never raises."""
        self._board.make_safe()
        for guard in self._guards.values():
            guard.made_safe()

    def observe(self, now: float) -> list[EvseObservation]:
        """Every EVSE as it is now, changed or not."""
        seen = (guard.observe(now) for guard in self._guards.values())
        return [observation for observation in seen if observation is not None]

    @property
    def is_looking_closely(self) -> bool:
        """Samples are being counted at some EVSE. Otherwise a rig on virtual time may step to the next change in the
        world or to `next_deadline`, whichever is first."""
        return any(guard.is_looking_closely for guard in self._guards.values())

    def next_deadline(self) -> float | None:
        """When time alone moves some EVSE's supply on; None while nothing of the kind is under way."""
        times = (guard.next_deadline() for guard in self._guards.values())
        return min((time for time in times if time is not None), default=None)

    def _worth_telling(self, eventful: set[EvseId], now: float) -> list[EvseObservation]:
        told: list[EvseObservation] = []
        for evse_id, guard in self._guards.items():
            last = self._published.get(evse_id)
            is_fresh = last is not None and now - last[0] < PUBLISH_SECONDS
            if is_fresh and evse_id not in eventful:
                continue
            key = guard.change_key()
            if is_fresh and last is not None and key == last[1]:
                continue
            self._published[evse_id] = (now, key)
            observation = guard.observe(now)
            if observation is not None:
                told.append(observation)
        return told


def absent_parts(hardware: EvseHardware) -> list[str]:
    """What this board can not do at this EVSE, in words."""
    names = (field.name for field in fields(hardware) if field.name != "controller")
    return [name.replace("_", " ") for name in names if getattr(hardware, name) is None]


def _hardware(board: Board, evse: EvsePlan) -> EvseHardware:
    hardware = board.evses.get(evse.evse_id)
    if hardware is None:
        offered = ", ".join(str(number) for number in board.evses)
        raise ConfigurationError(
            f"evse.id: {evse.evse_id} is not on the board {board.name!r}: change the [[evse]] tables, it has {offered}"
        )
    if evse.rules.has_socket and hardware.proximity_pilot is None:
        raise ConfigurationError(
            f"evse {evse.evse_id}: a socket needs a proximity pilot and the board {board.name!r} has none: "
            'set outlet = "tethered" if the cable is fixed'
        )
    if evse.rules.phase_switching is not PhaseSwitching.NEVER and not hardware.switches_phases:
        raise ConfigurationError(
            f"evse {evse.evse_id}: phase_switching needs a contactor of its own for L2 and L3, with feedback, and the "
            f'board {board.name!r} has none: take phase_switching out or set it to "never"'
        )
    return hardware
