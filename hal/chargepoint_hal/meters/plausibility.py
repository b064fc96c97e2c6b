"""Judges meter readings before anyone may bill or report them. Pure: time is an argument.

The energy register that comes out is one monotone lifetime register: it never falls and never jumps further than the
supply could have delivered. A register that does is *held*: the reading goes on without energy, and with a fault. Only
after several readings that agree with each other is it accepted as a new base, with our own offset, so that what is
reported goes on where it stopped; the energy in between is unknown and is not invented.

A reading is as old as its energy register, and stale when that is older than two cycles. Of a meter whose answers take
so long that a cycle can not be kept, the cycle is what it took to read it; its readings go on with their own age.
"""

import math
from dataclasses import dataclass, field, replace

from chargepoint_hal.contract import MeterReading
from chargepoint_hal.faults import Fault
from chargepoint_hal.meters.movement import SECONDS_PER_HOUR, MovementWatch

NO_FAULTS: frozenset[Fault] = frozenset()
IMPLAUSIBLE = frozenset({Fault.METER_IMPLAUSIBLE})
LEAST_MAXIMUM_WATTS = 30_000.0
"""Any outlet is granted this: 22 kW and a good third."""
OVER_RATING_SHARE = 1.3
"""A high voltage and an over-current that does not last, both at once."""
NOMINAL_VOLTS = 230.0
MOST_PHASES = 3
CHECKPOINT_AND_STOP_SECONDS = 70.0
"""Without being stored, power flows for a checkpoint's minute and the EV's seconds to stop, and for the lease."""
SLOWEST_READ_SECONDS = 10.0
"""Three meters on one bus with six answers of half a second each; what takes longer is held up, and no slow meter."""


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """The bounds of what a wallbox's meter can say."""

    max_power_watts: float = LEAST_MAXIMUM_WATTS
    register_slack_wh: float = 200.0
    """Two steps of the coarsest register (100 Wh)."""
    fall_slack_wh: float = 0.01
    cycle_seconds: float = 1.0
    consistent_readings: int = 5
    """So many in a row make a held register the new base."""
    unknown_gap_seconds: float = 90.0
    """Counted since the last energy of a former run where no clock can tell: no longer does power flow unstored."""
    max_measured_watts: float = 90_000.0
    """More is no measurement (300 V and 100 A on three phases); what exceeds the rating is, and must be seen."""
    min_volts: float = 100.0
    max_volts: float = 300.0
    max_amps: float = 100.0
    min_hertz: float = 45.0
    max_hertz: float = 65.0
    frozen_after_seconds: float = 120.0
    frozen_after_wh: float = 250.0
    """Frozen: so much should have been counted, and so long nothing was."""

    @classmethod
    def of_outlet(cls, rating_amps: float, lease_seconds: float, cycle_seconds: float) -> "GatePolicy":
        """For a meter behind an outlet of this rating per phase, whose power outlives its controller by the lease."""
        rated_watts = rating_amps * NOMINAL_VOLTS * MOST_PHASES
        return cls(
            max_power_watts=max(LEAST_MAXIMUM_WATTS, OVER_RATING_SHARE * rated_watts),
            cycle_seconds=cycle_seconds,
            unknown_gap_seconds=CHECKPOINT_AND_STOP_SECONDS + lease_seconds,
        )

    def stale_after_seconds(self, read_seconds: float) -> float:
        """More than two cycles without an answer, of a meter that took `read_seconds` for its last."""
        return 2 * max(self.cycle_seconds, read_seconds if read_seconds <= SLOWEST_READ_SECONDS else 0.0)


@dataclass(frozen=True, slots=True)
class HeldRegister:
    """A register value that does not continue the last one, and what agreed with it since."""

    first_raw_wh: float
    last_raw_wh: float
    last_at: float
    readings: int
    serial_number: str | None
    why: str


@dataclass(frozen=True, slots=True)
class GateState:
    """`offset_wh`, `last_energy_wh` and `serial_number` are worth keeping over a restart; the rest is of this run."""

    offset_wh: float = 0.0
    """Reported = the meter's register + this."""
    last_energy_wh: float | None = None
    """Last reported, offset included."""
    serial_number: str | None = None
    energy_at: float | None = None
    held: HeldRegister | None = None
    heard_at: float | None = None
    read_seconds: float = 0.0
    """What the last answered cycle took."""
    movement: MovementWatch = field(default_factory=MovementWatch)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What may be passed on: None when there is nothing fresh; `energy_import_wh` is None while it is held."""

    reading: MeterReading | None
    faults: frozenset[Fault] = NO_FAULTS
    why: str = ""
    is_new_base: bool = False
    """The register goes on with another offset from here: what was counted in between is unknown."""


class MeterGate:
    """One meter's gate. Give it every cycle's outcome; persist `state.offset_wh` and `state.last_energy_wh`."""

    def __init__(self, policy: GatePolicy | None = None, state: GateState | None = None) -> None:
        self.policy = policy or GatePolicy()
        self.state = state or GateState()

    def judge(self, reading: MeterReading | None, now: float | None = None) -> Judgement:
        """`None` is a cycle that failed and needs `now`; without `now` a reading is judged at its own time."""
        moment = now if now is not None else reading.at_monotonic if reading else self.state.heard_at or 0.0
        self.state, judgement = step(self.policy, self.state, reading, moment)
        return judgement


def step(policy: GatePolicy, state: GateState, reading: MeterReading | None, now: float) -> tuple[GateState, Judgement]:
    """The next state and what may be passed on."""
    if state.heard_at is None and reading is None:
        # The silence is counted from the first cycle that failed.
        return replace(state, heard_at=now), Judgement(None, NO_FAULTS, "the meter has not answered yet")
    if reading is None or now - reading.at_monotonic > policy.stale_after_seconds(reading.read_seconds):
        return state, _silence(policy, state, now)
    if state.heard_at is not None and reading.at_monotonic < state.heard_at:
        return state, Judgement(None, NO_FAULTS, "an older reading came after a newer one")
    state = replace(state, heard_at=reading.at_monotonic, read_seconds=reading.read_seconds)
    reading, doubts = _without_impossible_values(policy, reading)
    state, reading, energy_doubt = _judge_energy(policy, state, reading)
    doubts += [energy_doubt] if energy_doubt else []
    faults = IMPLAUSIBLE if doubts else NO_FAULTS
    state = replace(state, movement=state.movement.after(reading))
    if state.movement.is_frozen(policy.frozen_after_wh, policy.frozen_after_seconds):
        faults |= {Fault.METER_FROZEN}
        doubts.append(f"power flows, but the energy register did not move for {state.movement.expected_wh:.0f} Wh")
    is_new_base = bool(energy_doubt) and reading.energy_import_wh is not None
    return state, Judgement(reading, faults, "; ".join(doubts), is_new_base)


def _silence(policy: GatePolicy, state: GateState, now: float) -> Judgement:
    age = now - state.heard_at if state.heard_at is not None else math.inf
    if age > policy.stale_after_seconds(state.read_seconds):
        return Judgement(None, frozenset({Fault.METER_SILENT}), f"no answer for {age:.1f} s")
    return Judgement(None, NO_FAULTS, "one cycle without an answer")


def _without_impossible_values(policy: GatePolicy, reading: MeterReading) -> tuple[MeterReading, list[str]]:
    doubts: list[str] = []

    def kept(value: float | None, low: float, high: float, what: str) -> float | None:
        if value is None or low <= value <= high:
            return value
        doubts.append(f"{what} {value:g} is not in {low:g} to {high:g}")
        return None

    def kept_volts(value: float | None) -> float | None:
        return value if value == 0 else kept(value, policy.min_volts, policy.max_volts, "voltage")

    def kept_watts(value: float | None) -> float | None:
        # An EV that feeds back is negative.
        return kept(value, -policy.max_measured_watts, policy.max_measured_watts, "power")

    frequency = reading.frequency_hertz
    cleaned = replace(
        reading,
        energy_import_wh=kept(reading.energy_import_wh, 0, math.nextafter(math.inf, 0), "energy"),
        energy_export_wh=kept(reading.energy_export_wh, 0, math.nextafter(math.inf, 0), "exported energy"),
        power_watts=kept_watts(reading.power_watts),
        powers_watts=tuple(kept_watts(value) for value in reading.powers_watts),
        voltages_volts=tuple(kept_volts(value) for value in reading.voltages_volts),
        currents_amps=tuple(
            kept(value, -policy.max_amps, policy.max_amps, "current") for value in reading.currents_amps
        ),
        frequency_hertz=frequency
        if frequency == 0
        else kept(frequency, policy.min_hertz, policy.max_hertz, "frequency"),
    )
    return cleaned, doubts


def _judge_energy(policy: GatePolicy, state: GateState, reading: MeterReading) -> tuple[GateState, MeterReading, str]:
    raw = reading.energy_import_wh
    if raw is None:
        return state, reading, ""
    if why := _discontinuity(policy, state, reading, raw):
        return _hold(policy, state, reading, why)
    return _accepted(state, reading, raw)


def _accepted(state: GateState, reading: MeterReading, raw_wh: float) -> tuple[GateState, MeterReading, str]:
    energy = max(raw_wh + state.offset_wh, state.last_energy_wh or 0.0)
    state = replace(
        state,
        last_energy_wh=energy,
        energy_at=reading.at_monotonic,
        serial_number=reading.serial_number or state.serial_number,
        held=None,
    )
    return state, replace(reading, energy_import_wh=energy), ""


def _discontinuity(policy: GatePolicy, state: GateState, reading: MeterReading, raw_wh: float) -> str:
    """Why this register does not continue the last one; empty if it does."""
    if state.serial_number and reading.serial_number and reading.serial_number != state.serial_number:
        return f"the meter's serial number changed from {state.serial_number} to {reading.serial_number}"
    if state.last_energy_wh is None:
        return ""
    gap = policy.unknown_gap_seconds if state.energy_at is None else reading.at_monotonic - state.energy_at
    rise = raw_wh + state.offset_wh - state.last_energy_wh
    if rise < -policy.fall_slack_wh:
        return f"the energy register fell by {-rise:g} Wh"
    if rise > _most_wh(policy, gap) + state.movement.expected_wh:  # a frozen register catches up
        return f"the energy register jumped by {rise:g} Wh in {gap:g} s"
    return ""


def _most_wh(policy: GatePolicy, seconds: float) -> float:
    return policy.max_power_watts * seconds / SECONDS_PER_HOUR + policy.register_slack_wh


def _hold(policy: GatePolicy, state: GateState, reading: MeterReading, why: str) -> tuple[GateState, MeterReading, str]:
    raw = reading.energy_import_wh or 0.0
    held = _held_with(policy, state.held, reading, raw) or HeldRegister(
        raw, raw, reading.at_monotonic, 1, reading.serial_number, why
    )
    if held.readings < policy.consistent_readings:
        return replace(state, held=held), replace(reading, energy_import_wh=None), f"{held.why}: held"
    offset = 0.0 if state.last_energy_wh is None else state.last_energy_wh - held.first_raw_wh
    rebased = replace(state, offset_wh=offset, serial_number=reading.serial_number or state.serial_number)
    rebased, accepted, _ = _accepted(rebased, reading, raw)
    return rebased, accepted, f"{held.why}: accepted as a new base with {offset:g} Wh offset"


def _held_with(
    policy: GatePolicy, held: HeldRegister | None, reading: MeterReading, raw_wh: float
) -> HeldRegister | None:
    """What was held, confirmed by this reading; None if they do not agree."""
    if held is None or reading.serial_number != held.serial_number:
        return None
    if reading.at_monotonic <= held.last_at:
        return held  # the same reading again confirms nothing
    rise, most = raw_wh - held.last_raw_wh, _most_wh(policy, reading.at_monotonic - held.last_at)
    if not -policy.fall_slack_wh <= rise <= most:
        return None
    return replace(held, last_raw_wh=raw_wh, last_at=reading.at_monotonic, readings=held.readings + 1)
