"""A recording as board, meter and reader again. The clock is an argument, so that a night passes in a second.

The station that listens now may act some ticks earlier or later than the recorded one: its own signal and its own
command are carried out, and only what contradicted them in the recording (a weld, a pilot without negative half) is
shown as it was.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from chargepoint_hal.contract import (
    AliveLine,
    EvseHardware,
    EvseNumber,
    LockPosition,
    MeterReading,
    PilotSample,
    PilotSignal,
    TokenSighting,
)
from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError
from chargepoint_hal.recording.events import BoardSeen, CardSeen, EvseFitted, MeterSeen, Recording
from chargepoint_hal.recording.replay_controller import ReplayController

MINIMUM_DUTY_PERCENT, MAXIMUM_DUTY_PERCENT = 4.5, 96.0
NEGATIVE_RAIL_VOLTS = -12.0
GRACE_SECONDS = 1e-5
"""Times are written with six digits."""
SILENT_AFTER_SECONDS = 10.0

Clock = Callable[[], float]


class _Track:
    """What one EVSE's board said, by time."""

    def __init__(self, recording: Recording, evse: EvseNumber, clock: Clock) -> None:
        rows = [
            (line.at_seconds, line.seen)
            for line in recording.lines
            if isinstance(line.seen, BoardSeen) and line.seen.evse == evse
        ]
        self._times = [at for at, _ in rows]
        self._seen = [seen for _, seen in rows]
        self._clock = clock
        self.has_lock = any(seen.lock is not None for seen in self._seen)
        self.has_controller = any(seen.letter for seen in self._seen) and not any(
            seen.high_volts is not None for seen in self._seen
        )
        self.has_thermometer = any(seen.celsius is not None for seen in self._seen)
        self.has_external_limit = any(seen.is_limited_externally is not None for seen in self._seen)

    def now(self) -> BoardSeen:
        """HardwareError(BOARD_SILENT) before the first word."""
        index = self._index()
        if index < 0:
            raise HardwareError(Fault.BOARD_SILENT, "the recording has not begun yet")
        return self._seen[index]

    def pilot_high_volts(self) -> float | None:
        """The last that was measured without state F on the line."""
        for seen in reversed(self._seen[: self._index() + 1]):
            if seen.pilot_signal is not PilotSignal.FAULT:
                return seen.high_volts
        return None

    def pilot_low_volts(self) -> float:
        """The last that was measured with a negative half on the line; at first the rail."""
        for seen in reversed(self._seen[: self._index() + 1]):
            if seen.pilot_signal is not PilotSignal.STEADY and seen.low_volts is not None and seen.low_volts < 0.0:
                return seen.low_volts
        return NEGATIVE_RAIL_VOLTS

    def _index(self) -> int:
        return bisect_right(self._times, self._clock() + GRACE_SECONDS) - 1


class ReplayPilot:
    def __init__(self, track: _Track) -> None:
        self._track = track
        self._signal = PilotSignal.STEADY

    def signal_steady(self) -> None:
        self._signal = PilotSignal.STEADY

    def signal_pwm(self, duty_percent: float) -> None:
        if not MINIMUM_DUTY_PERCENT <= duty_percent <= MAXIMUM_DUTY_PERCENT:
            raise ValueError(f"duty {duty_percent} percent: the PWM has 4.5 to 96 percent, else signal steady or fault")
        self._signal = PilotSignal.PWM

    def signal_fault(self) -> None:
        self._signal = PilotSignal.FAULT

    def sample(self) -> PilotSample:
        self._track.now()
        high_volts, low_volts = self._track.pilot_high_volts(), self._track.pilot_low_volts()
        if high_volts is None:
            raise HardwareError(Fault.BOARD_SILENT, "the recorded board could not sample its pilot")
        match self._signal:
            case PilotSignal.STEADY:
                return PilotSample(high_volts, high_volts)
            case PilotSignal.PWM:
                return PilotSample(high_volts, low_volts)
            case PilotSignal.FAULT:
                return PilotSample(low_volts, low_volts)


class ReplayContactor:
    """Follows its command, but where the recorded one contradicted its own."""

    def __init__(self, track: _Track) -> None:
        self._track = track
        self._is_commanded = False

    def open(self) -> None:
        self._is_commanded = False

    def close(self, phases: int) -> None:
        self._is_commanded = True

    def is_closed(self) -> bool | None:
        seen = self._track.now()
        if seen.contactor_closed is None:
            return None
        is_moving = not seen.faults & {Fault.CONTACTOR_WELDED, Fault.CONTACTOR_STUCK_OPEN}
        if seen.contactor_closed is seen.contactor_commanded or is_moving:
            return self._is_commanded
        return seen.contactor_closed


class ReplayLock:
    """Where it was; while it obeyed it obeys again."""

    def __init__(self, track: _Track) -> None:
        self._track = track
        self._position = LockPosition.UNLOCKED

    def lock(self) -> None:
        self._position = LockPosition.LOCKED

    def unlock(self) -> None:
        self._position = LockPosition.UNLOCKED

    def position(self) -> LockPosition:
        seen = self._track.now()
        is_jammed = Fault.LOCK_JAMMED in seen.faults
        return seen.lock if is_jammed and seen.lock is not None else self._position


class ReplaySensors:
    """Everything that only reports."""

    def __init__(self, track: _Track) -> None:
        self._track = track

    def resistance_ohms(self) -> float:
        return self._track.now().cable_ohms

    def is_tripped(self) -> bool:
        return Fault.RESIDUAL_CURRENT in self._track.now().faults

    def is_connected(self) -> bool:
        return Fault.PE_LOST not in self._track.now().faults

    def is_pressed(self) -> bool:
        return Fault.EMERGENCY_STOP in self._track.now().faults

    def is_present(self) -> bool:
        return self._track.now().mains_present

    def is_limited(self) -> bool:
        """Also where it did not answer, as with a broken wire."""
        return self._track.now().is_limited_externally is not False

    def celsius(self) -> float:
        celsius = self._track.now().celsius
        if celsius is None:
            raise HardwareError(Fault.TEMPERATURE_SENSOR, "the recorded thermometer gave no value")
        return celsius


class ReplayBoard:
    """`clock` counts seconds since the recording's start."""

    def __init__(self, recording: Recording, clock: Clock) -> None:
        self._evses = {
            number: _hardware(_Track(recording, number, clock), fitted)
            for number, fitted in recording.header.evses.items()
        }
        self._name = f"recording of {recording.header.board}"

    @property
    def name(self) -> str:
        return self._name

    @property
    def evses(self) -> Mapping[EvseNumber, EvseHardware]:
        return MappingProxyType(self._evses)

    @property
    def alive_line(self) -> AliveLine | None:
        return None

    def make_safe(self) -> None:
        for hardware in self._evses.values():
            hardware.contactor.open()
            hardware.control_pilot.signal_steady()

    def close(self) -> None:
        self.make_safe()


class ReplayMeter:
    """An EnergyMeter whose cycles are the recorded ones; times are on the clock that is given plus `starts_at`."""

    def __init__(self, recording: Recording, evse: EvseNumber, clock: Clock, starts_at: float = 0.0) -> None:
        rows = [
            (line.at_seconds, line.seen)
            for line in recording.lines
            if isinstance(line.seen, MeterSeen) and line.seen.evse == evse
        ]
        self._times = [at for at, _ in rows]
        self._cycles = [seen for _, seen in rows]
        self._clock = clock
        self._starts_at = starts_at
        self._evse = evse

    @property
    def name(self) -> str:
        return f"recorded meter {self._evse}"

    async def read(self) -> MeterReading:
        now = self._clock()
        index = bisect_right(self._times, now + GRACE_SECONDS) - 1
        if index < 0 or now - self._times[index] > SILENT_AFTER_SECONDS:
            raise HardwareTimeoutError(Fault.METER_SILENT, "the recording holds no answer of the meter here")
        cycle = self._cycles[index]
        if cycle.reading is None:
            raise HardwareTimeoutError(cycle.fault or Fault.METER_SILENT, "the recorded meter did not answer")
        return replace(cycle.reading, at_monotonic=cycle.reading.at_monotonic + self._starts_at)

    async def close(self) -> None:
        """Nothing is held."""


class ReplayReader:
    """A TokenReader that never blocks: what was not seen until now is None."""

    def __init__(self, recording: Recording, reader: int, clock: Clock) -> None:
        self._cards = [
            (line.at_seconds, line.seen.sighting)
            for line in recording.lines
            if isinstance(line.seen, CardSeen) and line.seen.reader == reader
        ]
        self._clock = clock
        self._next = 0

    @property
    def name(self) -> str:
        return "recorded reader"

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        sightings = self.sightings(1)
        return sightings[0] if sightings else None

    def sightings(self, most: int | None = None) -> list[TokenSighting]:
        """What was seen since the last look."""
        until = self._clock() + GRACE_SECONDS
        found: list[TokenSighting] = []
        while self._next < len(self._cards) and self._cards[self._next][0] <= until:
            if most is not None and len(found) >= most:
                break
            found.append(self._cards[self._next][1])
            self._next += 1
        return found

    def close(self) -> None:
        """Nothing is held."""


def _hardware(track: _Track, fitted: EvseFitted) -> EvseHardware:
    sensors = ReplaySensors(track)
    return EvseHardware(
        control_pilot=ReplayPilot(track),
        contactor=ReplayContactor(track),
        phases=fitted.phases,
        proximity_pilot=sensors if fitted.has_socket else None,
        connector_lock=ReplayLock(track) if track.has_lock else None,
        residual_current_monitor=sensors,
        protective_earth_monitor=sensors,
        emergency_stop=sensors,
        thermometer=sensors if track.has_thermometer else None,
        mains_monitor=sensors,
        switches_phases=fitted.switches_phases,
        external_limit=sensors if track.has_external_limit else None,
        controller=ReplayController(track.now) if track.has_controller else None,
    )
